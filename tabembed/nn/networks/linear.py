"""The linear model: what each column adds to the score, and nothing else.

A label's score is its vector times the head's weights: with any dim of 1 or more that is a weight of its own, as of a
one-hot column (the wide part of Cheng et al. 2016, "Wide & Deep", arXiv 1606.07792, section 3.1), under the row prior,
which is ridge regression's for each label (Bishop 2006, "Pattern Recognition and Machine Learning", section 3.3).
Columns of numbers that are embedded make it additive rather than linear in them.
"""

from __future__ import annotations

__all__ = ["TRAINING", "linear"]

from collections.abc import Mapping
from typing import Any

from ..seeds import Seeds
from .joined import Joined

TRAINING: Mapping[str, Any] = {}
"""The recipe's own, whose network has this one as its linear path. (The paper's FTRL with L1 is for labels of one-hot
columns; the row prior is in its place.)"""


def linear(inputs: Joined, seeds: Seeds) -> list[Any]:
    """Return the concatenated branches, which the head weighs and sums.

    **Shape**: (batch, width) -> the same

    Args:
        inputs: the branches.
        seeds: unused.
    """
    return [inputs.values]
