"""A plain network beside one that sees target statistics, which must find in the tables alone what they say.

What statistics tell a network its tables need not hold, and then they tell little elsewhere: in KNN, in linear models.
The plain network shares the tables, is trained with them and has no say in the prediction. An auxiliary task on shared
layers as in Caruana 1997, "Multitask Learning", Machine Learning 28.

Chosen on seeds 10 to 13 (``benchmarks/reuse.py``), KNN and a linear model on tables of InstEval: AUC .6938 and .6927
where it counts twice as much as the members, .6922 and .6914 as much, .6913 and .6914 half as much; of the Olympics by
year .7146 and .7095, .7124 and .7089 as much, .700 and .699 where there is none (two seeds). On the tables of ``mlp``
without statistics .6920 and .6923, .7127 and .7070. A second layer gained nothing.
"""

from __future__ import annotations

__all__ = ["NAME", "aside"]

from dataclasses import replace
from typing import Any

from ..schema.targets import AnyTarget
from .head import build_head
from .networks.joined import Joined
from .networks.mlp import mlp
from .seeds import Seeds

NAME = "target.aside"
"""The prefix of its layers' names: none of a column's, whatever it is called, as no safe name holds a dot."""
_HIDDEN = (256,)


def aside(columns: Joined, target: AnyTarget, seeds: Seeds) -> Any:
    """Return what the network ``mlp`` says that sees the columns alone, as ``build_head``.

    **Shape**: (batch, width); of several targets by output

    Args:
        columns: the branches, without statistics.
        target: learned.
        seeds: of initializers and dropout.
    """
    own = replace(columns, name=f"{NAME}.concatenate")
    return build_head(mlp(own, seeds, NAME, hidden=_HIDDEN), target, seeds, NAME)
