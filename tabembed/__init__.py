"""Learned vectors for the categories of a table.

A ``Schema`` goes in, a Keras model and embedding tables come out. The public names load when they are first used, so
``import tabembed`` costs next to nothing and tables can be used without TensorFlow.

Example:
    >>> import tabembed as te
    >>> issubclass(te.DataError, ValueError)
    True
"""

from __future__ import annotations

__all__ = [
    "BERTEmbedder",
    "Boolean",
    "Categorical",
    "CoVeEmbedder",
    "Cross",
    "DataError",
    "DataWarning",
    "Datetime",
    "ELMoEmbedder",
    "EmbeddingTable",
    "EntityEmbedder",
    "FastTextEmbedder",
    "GPTEmbedder",
    "GloVeEmbedder",
    "Ignored",
    "LDAEmbedder",
    "LabelError",
    "LatLon",
    "MultiCategorical",
    "Numeric",
    "OnnxPredictor",
    "PCAEmbedder",
    "Predictor",
    "RowwiseAdam",
    "RowwiseEmbedding",
    "Schema",
    "Sequence",
    "TableEncoder",
    "TabularClassifier",
    "TabularRegressor",
    "Target",
    "Text",
    "TextEmbedder",
    "Word2VecEmbedder",
    "build_model",
    "compare_embedders",
    "embedding_matrix",
    "export",
    "export_onnx",
    "extract_statistics",
    "extract_tables",
    "history",
    "importance",
    "infer_schema",
    "load",
    "load_onnx",
    "load_tables",
    "one_hot",
    "safe_name",
    "save_tables",
]

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .embedders import (
        BERTEmbedder,
        CoVeEmbedder,
        ELMoEmbedder,
        EntityEmbedder,
        FastTextEmbedder,
        GloVeEmbedder,
        GPTEmbedder,
        LDAEmbedder,
        PCAEmbedder,
        TextEmbedder,
        Word2VecEmbedder,
        compare_embedders,
    )
    from .estimators import TabularClassifier, TabularRegressor
    from .estimators.importance import importance
    from .io.errors import DataError, DataWarning, LabelError
    from .nn.embedding import RowwiseEmbedding
    from .nn.extract import extract_statistics, extract_tables
    from .nn.model import build_model
    from .nn.optimizer import RowwiseAdam
    from .schema.history import history
    from .schema.infer import infer_schema
    from .schema.kinds import (
        Boolean,
        Categorical,
        Cross,
        Datetime,
        Ignored,
        LatLon,
        MultiCategorical,
        Numeric,
        Sequence,
        Text,
    )
    from .schema.names import safe_name
    from .schema.schema import Schema
    from .schema.target import Target
    from .serving.export import export
    from .serving.onnx.export import export_onnx
    from .serving.onnx.predictor import OnnxPredictor, load_onnx
    from .serving.predictor import Predictor, load
    from .tables import EmbeddingTable, TableEncoder, load_tables, save_tables
    from .tables.one_hot import embedding_matrix, one_hot

__version__ = "0.1.0"

_HOMES = {
    "BERTEmbedder": ".embedders",
    "Boolean": ".schema.kinds",
    "Categorical": ".schema.kinds",
    "Cross": ".schema.kinds",
    "DataError": ".io.errors",
    "DataWarning": ".io.errors",
    "Datetime": ".schema.kinds",
    "EmbeddingTable": ".tables",
    "EntityEmbedder": ".embedders",
    "CoVeEmbedder": ".embedders",
    "ELMoEmbedder": ".embedders",
    "GPTEmbedder": ".embedders",
    "FastTextEmbedder": ".embedders",
    "GloVeEmbedder": ".embedders",
    "Ignored": ".schema.kinds",
    "LabelError": ".io.errors",
    "LDAEmbedder": ".embedders",
    "LatLon": ".schema.kinds",
    "MultiCategorical": ".schema.kinds",
    "Numeric": ".schema.kinds",
    "OnnxPredictor": ".serving.onnx.predictor",
    "PCAEmbedder": ".embedders",
    "TextEmbedder": ".embedders",
    "compare_embedders": ".embedders",
    "Predictor": ".serving.predictor",
    "RowwiseAdam": ".nn.optimizer",
    "RowwiseEmbedding": ".nn.embedding",
    "Schema": ".schema.schema",
    "Sequence": ".schema.kinds",
    "TableEncoder": ".tables",
    "TabularClassifier": ".estimators",
    "TabularRegressor": ".estimators",
    "Target": ".schema.target",
    "Text": ".schema.kinds",
    "Word2VecEmbedder": ".embedders",
    "build_model": ".nn.model",
    "export": ".serving.export",
    "export_onnx": ".serving.onnx.export",
    "extract_statistics": ".nn.extract",
    "extract_tables": ".nn.extract",
    "history": ".schema.history",
    "importance": ".estimators.importance",
    "infer_schema": ".schema.infer",
    "load": ".serving.predictor",
    "load_onnx": ".serving.onnx.predictor",
    "load_tables": ".tables",
    "embedding_matrix": ".tables.one_hot",
    "one_hot": ".tables.one_hot",
    "safe_name": ".schema.names",
    "save_tables": ".tables",
}


def __getattr__(name: str) -> object:
    """Load a public name at its first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names too, loaded or not."""
    return sorted({*globals(), *__all__})
