"""The networks: one short file each, from the branches to the values that the head takes."""

from __future__ import annotations

__all__ = ["NETWORKS", "Network", "build_network", "network_of"]

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ...io.errors import DataError
from ..seeds import Seeds
from . import dcn, deepfm, linear, lstm, mlp, resnet, tabm, transformer, wide_deep
from .joined import Joined


class Network(NamedTuple):
    """A network.

    Args:
        build: takes the branches, the seeds and the network's own arguments by name; returns what the head takes.
        training: {field of ``Recipe``: value}, where it is not the recipe's own.
    """

    build: Callable[..., list[Any]]
    training: Mapping[str, Any]


NETWORKS: dict[str, Network] = {
    "mlp": Network(mlp.mlp, mlp.TRAINING),
    "linear": Network(linear.linear, linear.TRAINING),
    "wide_deep": Network(wide_deep.wide_deep, wide_deep.TRAINING),
    "resnet": Network(resnet.resnet, resnet.TRAINING),
    "dcn": Network(dcn.dcn, dcn.TRAINING),
    "deepfm": Network(deepfm.deepfm, deepfm.TRAINING),
    "transformer": Network(transformer.transformer, transformer.TRAINING),
    "tabm": Network(tabm.tabm, tabm.TRAINING),
    "lstm": Network(lstm.lstm, lstm.TRAINING),
}


def network_of(name: Any) -> Network:
    """Return the named network.

    Args:
        name: a name in ``NETWORKS``.

    Raises:
        DataError: for a network that doesn't exist.
    """
    if not isinstance(name, str) or name not in NETWORKS:
        raise DataError(f"`network` must be one of {', '.join(NETWORKS)}, however: network={name!r}")
    return NETWORKS[name]


def build_network(name: str, inputs: Joined, seeds: Seeds, options: dict[str, Any]) -> list[Any]:
    """Return what the named network gives the head, whose scores of them it sums.

    **Shape**: (batch, width) each, or of members (batch, k, width)

    Args:
        name: a name in ``NETWORKS``.
        inputs: the branches.
        seeds: of initializers and dropout.
        options: the network's own arguments.

    Raises:
        DataError: for a network that doesn't exist or an option it doesn't take.
    """
    network = network_of(name)
    taken = sorted(network.build.__kwdefaults__ or {})
    for option in options:
        if option not in taken:
            shown = ", ".join(taken) or "no options"
            raise DataError(f"network {name!r} takes {shown}, however: {option}={options[option]!r}")
    return network.build(inputs, seeds, **options)
