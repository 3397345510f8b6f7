"""TabM-mini: k copies that share one MLP (Gorishniy et al. 2025, arXiv 2410.24210, section 3.3), as ``tabm.TabM``.

Each member multiplies the values by numbers of its own, goes through the shared layers and has a head of its own. The
members are trained as if alone: the loss is the mean of their losses, not the loss of their mean, which the prediction
is (section 3). Each column still has one table, which all members share.

The departures: a linear path beside the layers, one for all members, and columns of many labels dropped whole from some
rows, as ``mlp``'s (``linear=False`` turns both off); and fewer members and layers than the authors' 32 and two or
three. They train until nothing improves; in 20 epochs one layer did better than two on 40,000 flights and the Olympics
(``benchmarks/networks.py --inner``, two seeds), and eight members take a quarter of the time of 32. With all flights
two layers are better, and a linear path: the presets take them where there are many rows (``estimators/presets.py``).
"""

from __future__ import annotations

__all__ = ["TRAINING", "tabm"]

from collections.abc import Mapping, Sequence
from typing import Any

from ..members import MemberScaling
from ..seeds import Seeds
from .checks import check_choice, check_whole
from .dense import dense_layers
from .joined import Joined

TRAINING: Mapping[str, Any] = {}
"""The recipe's own defaults, which were better here than what the authors advise to start from (README of ``tabm``,
"Hyperparameters": AdamW at 2e-3 with 3e-4)."""


def tabm(
    inputs: Joined,
    seeds: Seeds,
    *,
    k: int = 8,
    hidden: Sequence[int] = (256,),
    dropout: float = 0.1,
    start: str = "random-signs",
    linear: bool = True,
) -> list[Any]:
    """Return the members' ends of the shared layers, and the concatenated branches where there is a linear path.

    **Shape**: (batch, width) -> (batch, k, hidden[-1]) and (batch, width)

    Args:
        inputs: the branches.
        seeds: of initializers and dropout.
        k: members.
        hidden: units of each shared layer; the authors' are 512 and 512 where numbers are embedded.
        dropout: share of units dropped after each layer while training.
        start: how the members' numbers are drawn, one a column: "random-signs", or "normal", which the authors take
            where numbers are embedded.
        linear: whether there is a linear path beside the layers.

    Raises:
        DataError: for an argument out of its range.
    """
    check_whole("k", k)
    check_choice("start", start, ("normal", "random-signs"))
    values = inputs.seen_deep(seeds, "tabm", linear)
    members = MemberScaling(k, inputs.widths, start, seed=seeds.next(), name="tabm.scaling")(values)
    x = dense_layers(members, hidden, dropout, seeds, "tabm")
    return [x, inputs.values] if linear else [x]
