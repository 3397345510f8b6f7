"""``export``: a SavedModel that takes raw values, with its schema and tables, in TensorFlow Serving's layout."""

from __future__ import annotations

__all__ = ["export"]

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from ..io.errors import DataError
from ..io.writes import check_writable
from ..nn.extract import extract_tables
from ..nn.packed import pack_spec, unpack
from ..schema.schema import Schema
from ..tables import save_tables
from .layout import EXTRA, METRICS, SCHEMA, TABLES, TRAINING, next_version
from .outputs import check_inputs, outputs
from .raw import raw_input
from .signatures import Signature, embed, from_examples, lookups
from .warmup import WARMUP, write_warmup


def export(
    model: keras.Model,
    schema: Schema,
    path: str | Path,
    *,
    metrics: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
) -> Path:
    """Write the model as a SavedModel that takes the raw rows.

    The signature ``serving_default`` takes rank-1 inputs named by ``schema.input_names``: strings for categories and
    booleans ("" missing), float32 for numbers (NaN missing). It gives ``prediction`` (n,) and, for classes,
    ``probabilities`` (n, classes); quantiles and labels are (n, quantiles) and (n, labels). Of several targets each
    output is named by its target: ``delay``, ``late``, ``late.probabilities``. ``serving_examples`` takes the same as
    serialised ``tf.train.Example``, ``embed`` gives a row's vectors end to end, and ``lookup_dest`` those of labels.
    Plain ``tf.saved_model.load`` loads it where tabembed isn't installed.

    Args:
        model: built by ``build_model(schema)``.
        schema: the same one.
        path: ``saved_models/NAME``; the version ``1``, ``2``, ... is added.
        metrics: kept in ``assets.extra/metrics.json``.
        training: settings, kept in ``assets.extra/training.json``.

    Returns:
        The folder of the new version; it appears whole or not at all.

    Raises:
        DataError: when the folder can't be written, or the model isn't one of this schema.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"dest": ["LAX", "BOS", "LAX"], "delay": [4.5, -1.5, 7.0]})
        >>> schema = te.infer_schema(df, target="delay")
        >>> te.export(te.build_model(schema), schema, "saved_models/flights").name
        '1'
    """
    path = Path(path).expanduser()
    tables = extract_tables(model, schema)
    with _aside(path) as aside:
        rows = _write_graph(model, schema, aside)
        extra = aside / EXTRA
        extra.mkdir(exist_ok=True)
        write_warmup(extra / WARMUP, path.name, rows)
        schema.to_json(extra / SCHEMA)
        save_tables(tables, extra / TABLES)
        _write_json(metrics or {}, extra / METRICS)
        _write_json(training or {}, extra / TRAINING)
        return _publish(aside, path)


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """Give a hidden folder in a model's folder; on failure it goes, with the folders that were made for it."""
    if (path / "saved_model.pb").exists():
        raise DataError(
            f"output '{path}' is one version of a model; export to {str(path.parent)!r}, which holds the versions"
        )
    check_writable(path, directory=True)
    made = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".writing-", dir=path))
    aside.chmod(0o755)
    try:
        yield aside
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        with suppress(OSError):  # somebody else may have put something there
            for folder in made:
                folder.rmdir()
        raise


def _write_json(values: Mapping[str, Any], path: Path) -> None:
    text = json.dumps(dict(values), indent=1, ensure_ascii=False, default=_plain)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else repr(value)


def _publish(aside: Path, path: Path) -> Path:
    """Rename a whole version into place; where another process took the number, take the next."""
    while True:
        version = path / str(next_version(path))
        try:
            os.rename(aside, version)
        except OSError:
            if not version.exists():
                raise
        else:
            return version


class _Variables(NamedTuple):
    """What Keras asks of a traced function."""

    trainable_variables: list[tf.Variable]
    variables: list[tf.Variable]


def _write_graph(model: keras.Model, schema: Schema, folder: Path) -> dict[str, list[tf.TensorSpec]]:
    """Write the graph; return {signature: what it takes} of those that take rows."""
    target = schema.need_targets()
    raw = {name: raw_input(kind, name, schema.input_names) for name, kind in schema.features.items()}
    check_inputs(model, [schema.input_names[part] for part in schema.parts])
    specs = {spec.name: spec for column in raw.values() for spec in column.specs}

    def encode(*values: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the model's inputs for raw values, each (n,) or of lists (n, longest)."""
        given = dict(zip(specs, values, strict=True))
        inputs: dict[str, tf.Tensor] = {}
        for column in raw.values():
            inputs |= column.encode(*(given[spec.name] for spec in column.specs))
        return inputs

    def serving_default(*values: tf.Tensor) -> dict[str, tf.Tensor]:
        """Answer raw values."""
        return outputs(model(encode(*values), training=False), target)

    def encoded(*packed: tf.Tensor) -> dict[str, tf.Tensor]:
        """Answer what Python encoded, packed into matrices."""
        return outputs(model(unpack(schema, *packed), training=False), target)

    vectors = embed(model, schema, encode, specs)
    rows = {
        "serving_default": Signature(serving_default, list(specs.values())),
        "serving_examples": from_examples(serving_default, specs),
        **({} if vectors is None else {"embed": vectors}),
    }
    others = {"encoded": Signature(encoded, pack_spec(schema)), **lookups(model, schema, raw)}
    # The model itself is not tracked: its variables would be written again, as Keras', which no loader reads.
    archive = keras.export.ExportArchive()
    resources = [column.resources for column in raw.values()] + [one.resources for one in others.values()]
    for resource in (resource for some in resources for resource in some):
        archive.track(resource)
    known = _Variables([one.value for one in model.trainable_variables], [one.value for one in model.variables])
    for name, signature in (rows | others).items():
        endpoint = archive.add_endpoint(name, signature.answer, input_signature=signature.specs)
        # Keras reads the variables off these; without, it traces to find them, and again to write.
        endpoint.concrete_functions = [known]
    archive.write_out(str(folder), verbose=False)
    return {name: signature.specs for name, signature in rows.items()}
