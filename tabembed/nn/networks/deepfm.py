"""DeepFM: a factorization machine and a deep network over the same embeddings (Guo et al. 2017, arXiv 1703.04247).

Three parts are summed: the linear one and the products of all pairs of columns (section 2.1, equation 2), and ReLU
layers (section 2.1). Departures: our columns have vectors of different lengths, so the pairs are of each column's
vector times a matrix of its own; each output weighs the ``dim`` numbers of the pairs' products by itself, where the
paper's only one sums them (He & Chua 2017, "Neural Factorization Machines", arXiv 1708.05027, section 3); columns of
many labels are dropped whole from the deep layers, as in ``mlp``; the pairs are of bounded values (``SoftClip``), since
the product of two extreme numbers is beyond all that was learned from.
"""

from __future__ import annotations

__all__ = ["TRAINING", "deepfm"]

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from ..column_tokens import ColumnTokens
from ..pairs import PairProducts
from ..seeds import Seeds
from ..soft_clip import SoftClip
from .checks import check_whole
from .dense import dense_layers
from .joined import Joined

TRAINING: Mapping[str, Any] = {"learning_rate": 1e-3, "weight_decay": 1e-4}
"""Adam is the paper's (section 3.1), which states no rate: this is Adam's own (Kingma & Ba 2015, arXiv 1412.6980)."""


def deepfm(
    inputs: Joined, seeds: Seeds, *, dim: int = 10, hidden: Sequence[int] = (400, 400, 400), dropout: float = 0.1
) -> list[Any]:
    """Return the end of the deep layers, and the concatenated branches with the products of the pairs behind them.

    **Shape**: (batch, width) -> (batch, hidden[-1]) and (batch, width + dim)

    Args:
        inputs: the branches.
        seeds: of initializers and dropout.
        dim: numbers of each column's vector in the pairs; the paper's 10.
        hidden: units of each deep layer; the paper's are 400, 400 and 400.
        dropout: share of units dropped after each deep layer while training; the paper's 0.5 is for millions of rows.

    Raises:
        DataError: for an argument out of its range.
    """
    check_whole("dim", dim)
    deep = dense_layers(inputs.seen_deep(seeds, "deepfm"), hidden, dropout, seeds, "deepfm")
    bounded = SoftClip(name="deepfm.bounded")(inputs.values)
    tokens = ColumnTokens(inputs.widths, dim, bias=False, seed=seeds.next(), name="deepfm.factors")(bounded)
    pairs = PairProducts(name="deepfm.pairs")(tokens)
    low = keras.layers.Concatenate(name="deepfm.low_order")([inputs.values, pairs])
    return [deep, low] if hidden else [low]
