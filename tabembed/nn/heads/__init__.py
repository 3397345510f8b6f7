"""The heads: one short file each, from the network's scores to the target's own terms."""

from __future__ import annotations

__all__ = ["Head", "head_of"]

from ...schema.objectives import POWERS, SHIFTS
from ...schema.target import Target
from .amount import amount
from .base import Head
from .classes import binary, multiclass, multilabel
from .log_link import log_link
from .ordinal import ordinal
from .quantile import quantile

_CLASSES = {"binary": binary, "multiclass": multiclass, "ordinal": ordinal, "multilabel": multilabel}


def head_of(target: Target) -> Head:
    """Return the head that fits a target.

    Args:
        target: learned.
    """
    if target.is_classification:
        return _CLASSES[target.task](target)
    if target.objective in {*POWERS, *SHIFTS, "tweedie"}:
        return log_link(target)
    return quantile(target) if target.quantiles else amount(target)
