"""Tables in other libraries: Keras, PyTorch and gensim, and pretrained vectors in."""

from __future__ import annotations

__all__ = ["KerasTable", "TorchTable", "gensim_of", "keras_of", "parts_of_gensim", "parts_of_word2vec", "torch_of"]

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..io.errors import DataError, DataWarning, require
from ..schema.names import safe_name
from .base import LabelledVectors
from .formats import word2vec
from .parts import Parts, checked_labels

_ATTRIBUTE = "tabembed"  # of gensim's KeyedVectors: what these don't keep


class KerasTable(NamedTuple):
    """A ``keras.layers.Embedding`` and the ``keras.layers.StringLookup`` that turns labels into its ids."""

    embedding: Any
    lookup: Any


class TorchTable(NamedTuple):
    """A ``torch.nn.Embedding`` and the map from each label to its id."""

    embedding: Any
    ids: dict[str, int]


def keras_of(table: LabelledVectors, trainable: bool) -> KerasTable:
    """Answer ``EmbeddingTable.to_keras``."""
    import keras

    oov = "[UNK]"
    while oov in table:  # Keras takes this text for its own in the vocabulary
        oov = f"[{oov}]"
    lookup = keras.layers.StringLookup(vocabulary=list(table.labels), mask_token="", oov_token=oov)
    name = None if table.name is None else f"{safe_name(table.name)}_table"
    embedding = keras.layers.Embedding(len(table) + 2, table.dim, trainable=trainable, name=name)
    embedding.build((None,))
    embedding.set_weights([_all_rows(table)])
    return KerasTable(embedding, lookup)


def torch_of(table: LabelledVectors, trainable: bool) -> TorchTable:
    """Answer ``EmbeddingTable.to_torch``."""
    try:
        import torch
    except ImportError as error:  # no extra brings it: which build to install, only the user knows
        raise ImportError("to_torch needs PyTorch, which is not installed: pip install torch") from error
    embedding = torch.nn.Embedding.from_pretrained(torch.from_numpy(_all_rows(table)), freeze=not trainable)
    return TorchTable(embedding, {label: row for row, label in enumerate(table.labels, start=2)})


def _all_rows(table: LabelledVectors) -> np.ndarray:
    """Return the rows by id (n + 2, dim): 0 missing, 1 unknown, 2.. the labels."""
    return np.concatenate([table.missing[None], table.unknown[None], table.vectors])


def gensim_of(table: LabelledVectors) -> Any:
    """Answer ``EmbeddingTable.to_gensim``."""
    keyed = require("gensim.models", "gensim").KeyedVectors(table.dim, dtype=np.float32)
    keyed.add_vectors(list(table.labels), table.vectors)
    if table.counts.any():
        keyed.allocate_vecattrs(["count"], [np.int64])
        keyed.expandos["count"][:] = table.counts
    setattr(
        keyed,
        _ATTRIBUTE,
        {"missing": table.missing, "unknown": table.unknown, "name": table.name, "metric": table.metric},
    )
    return keyed


def parts_of_gensim(keyed: Any, name: str | None) -> Parts:
    """Answer ``EmbeddingTable.from_gensim``."""
    keyed = getattr(keyed, "wv", keyed)
    if not hasattr(keyed, "index_to_key"):
        raise DataError(f"from_gensim takes KeyedVectors, or a model with .wv, however: a {type(keyed).__name__} came")
    kept = {"missing": None, "unknown": None, "name": None, "metric": "cosine", **getattr(keyed, _ATTRIBUTE, {})}
    counts = keyed.expandos.get("count")
    return {
        "labels": list(keyed.index_to_key),
        "vectors": keyed.vectors,
        "counts": counts,
        "missing": kept["missing"],
        "unknown": kept["unknown"],
        "name": name or kept["name"],
        "metric": kept["metric"],
    }


def parts_of_word2vec(path: Path, labels: Iterable[Any] | None, name: str | None) -> Parts:
    """Answer ``EmbeddingTable.from_word2vec``."""
    wanted = None if labels is None else checked_labels(list(dict.fromkeys(labels)))
    if not path.is_file():
        raise DataError(f"there is no file {str(path)!r} to read vectors from")
    read = word2vec.read_binary if path.suffix == ".bin" else word2vec.read_text
    parts = read(path, None if wanted is None else frozenset(wanted))
    if wanted is not None:
        present = frozenset(parts["labels"])
        absent = [label for label in wanted if label not in present]
        if wanted and len(absent) == len(wanted):
            raise DataError(
                f"{path} must hold some of the {len(wanted)} labels, however: it holds none, as {absent[:3]}"
            )
        if absent:
            warnings.warn(
                f"{path} lacks {len(absent)} of {len(wanted)} labels, which will get the unknown vector: "
                f"{', '.join(absent[:5])}",
                DataWarning,
                stacklevel=3,
            )
    return {**parts, "name": name or parts["name"]}
