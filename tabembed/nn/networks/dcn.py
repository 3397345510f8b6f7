"""DCN v2: layers that multiply features with each other, beside ReLU layers (Wang et al. 2021, arXiv 2008.13535).

A cross layer is ``x0 * (W x + b) + x`` (section 3, equation 1), so that after l of them every product of up to l + 1
columns has a weight. ``structure="parallel"`` (section 3, figure 1) puts the deep layers beside the cross layers,
``"stacked"`` behind them. W is whole, not the paper's mixture of low ranks: our columns are a few hundred values
together, where the paper has thousands. Departures: columns of many labels are dropped whole from the deep layers, as
in ``mlp``, where they are parallel; the cross layers see every column always, and bounded (``SoftClip``), since the
products of a few extreme numbers are beyond all that was learned from.
"""

from __future__ import annotations

__all__ = ["TRAINING", "dcn"]

from collections.abc import Mapping, Sequence
from typing import Any

from ..cross_layer import CrossLayer
from ..seeds import Seeds
from ..soft_clip import SoftClip
from .checks import check_choice, check_whole
from .dense import dense_layers
from .joined import Joined

TRAINING: Mapping[str, Any] = {"learning_rate": 2e-3, "weight_decay": 1e-4}
"""Adam is the paper's (arXiv 2008.13535), its rate tuned for each set: it gives no default, and this one is ours."""


def dcn(
    inputs: Joined,
    seeds: Seeds,
    *,
    crosses: int = 2,
    hidden: Sequence[int] = (256, 128),
    dropout: float = 0.1,
    structure: str = "parallel",
) -> list[Any]:
    """Return the ends of the cross layers and of the deep layers, or of these behind those.

    **Shape**: (batch, width) -> (batch, width) and (batch, hidden[-1])

    Args:
        inputs: the branches.
        seeds: of initializers and dropout.
        crosses: cross layers.
        hidden: units of each deep layer.
        dropout: share of units dropped after each deep layer while training.
        structure: "parallel" or "stacked".

    Raises:
        DataError: for an argument out of its range.
    """
    check_whole("crosses", crosses)
    check_choice("structure", structure, ("parallel", "stacked"))
    first = crossed = SoftClip(name="dcn.bounded")(inputs.values)
    for at in range(1, crosses + 1):
        crossed = CrossLayer(seed=seeds.next(), name=f"dcn.cross_{at}")(first, crossed)
    start = crossed if structure == "stacked" else inputs.seen_deep(seeds, "dcn")
    deep = dense_layers(start, hidden, dropout, seeds, "dcn")
    if not hidden:
        return [crossed]
    return [deep] if structure == "stacked" else [deep, crossed]
