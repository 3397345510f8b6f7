"""The networks: one short file each, from the concatenated branches to the values that the head takes."""

from __future__ import annotations

__all__ = ["NETWORKS", "build_network"]

from collections.abc import Callable
from typing import Any

from ...io.errors import DataError
from ..seeds import Seeds
from .joined import Joined
from .mlp import mlp

NETWORKS: dict[str, Callable[..., Any]] = {"mlp": mlp}


def build_network(name: str, inputs: Joined, seeds: Seeds, options: dict[str, Any]) -> list[Any]:
    """Return what the named network gives the head: values (batch, width) each, whose scores the head sums.

    Args:
        name: a name in ``NETWORKS``.
        inputs: the concatenated branches.
        seeds: of initializers and dropout.
        options: the network's own arguments.

    Raises:
        DataError: for a network that doesn't exist or an option it doesn't take.
    """
    if name not in NETWORKS:
        raise DataError(f"`network` must be one of {', '.join(NETWORKS)}, however: network={name!r}")
    network = NETWORKS[name]
    taken = set(network.__kwdefaults__ or {})
    for option in options:
        if option not in taken:
            raise DataError(f"network {name!r} takes {', '.join(sorted(taken))}, however: {option}={options[option]!r}")
    last: list[Any] = network(inputs, seeds, **options)
    return last
