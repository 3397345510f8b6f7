"""Wide & Deep (Cheng et al. 2016, arXiv 1606.07792, sections 3.1 to 3.3).

The wide part is linear in every column and in the crossed ones (``te.Cross``), which it alone sees; the deep part is
ReLU layers over the embeddings and numbers. Their scores are summed and trained together.

Departures: the wide part weighs the labels' vectors, where the paper weighs one-hot columns (a vector of any dim gives
each label a weight of its own); one optimizer trains both parts, where the paper takes FTRL and AdaGrad; columns of
many labels are dropped whole from the deep part, as in ``mlp``.
"""

from __future__ import annotations

__all__ = ["TRAINING", "wide_deep"]

from collections.abc import Mapping, Sequence
from typing import Any

from ..seeds import Seeds
from .dense import dense_layers
from .joined import Joined

TRAINING: Mapping[str, Any] = {}
"""The recipe's own: the paper (section 4.2) states no learning rate, and its optimizers are not ours."""


def wide_deep(
    inputs: Joined, seeds: Seeds, *, hidden: Sequence[int] = (1024, 512, 256), dropout: float = 0.1
) -> list[Any]:
    """Return the end of the deep part, and the concatenated branches for the wide one.

    **Shape**: (batch, width) -> (batch, hidden[-1]) and (batch, width)

    Args:
        inputs: the branches.
        seeds: of initializers and dropout.
        hidden: units of each layer of the deep part; the paper's are 1024, 512 and 256 (figure 4).
        dropout: share of units dropped after each layer while training; the paper has none.

    Raises:
        DataError: for units below 1 or a dropout outside [0, 1).
    """
    deep = inputs.only(lambda column: column not in inputs.crossed, "wide_deep.deep")
    x = dense_layers(deep.seen_deep(seeds, "wide_deep"), hidden, dropout, seeds, "wide_deep")
    return [x, inputs.values] if hidden else [inputs.values]
