"""``tabembed predict``: a file of rows in, a file of predictions out."""

from __future__ import annotations

__all__ = ["predict"]

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..io.errors import DataError
from .options import data_argument

if TYPE_CHECKING:
    import pyarrow as pa

_CHUNK = 262_144
_SUFFIXES = (".csv", ".parquet")


@click.command(epilog="Example: tabembed predict saved_models/flights new.csv --output predictions.csv")
@click.argument("model_dir")
@data_argument
@click.option("--output", required=True, metavar="FILE", help="Where the predictions go: a .csv or .parquet file.")
def predict(model_dir: str, data: Sequence[str], output: str) -> None:
    """Predict each row of DATA, in its order.

    Writes the column `prediction` and, for classes, `probability_LABEL` of each class.
    """
    _check_output(output, data)
    from ..serving.layout import read_schema, version_dir

    version = version_dir(model_dir)
    schema = read_schema(version)
    table = schema.table(list(data))
    for part in _parts(table):  # every cell is checked before TensorFlow is imported
        schema.encode(part)
    from .quiet import import_tensorflow

    import_tensorflow()
    from ..serving.predictor import load

    _write(_answer(load(version), table), Path(output))
    click.echo(f"{table.num_rows:,} predictions of {schema.need_target().name!r} in {output}")


def _check_output(output: str, data: Sequence[str]) -> None:
    from ..io.files import expand
    from ..io.writes import check_writable

    if not output.casefold().endswith(_SUFFIXES):
        raise DataError(f"output {output!r} must end in {' or '.join(_SUFFIXES)}")
    target = check_writable(output)
    for file in expand(list(data)):
        if target.exists() and os.path.samefile(file, target):
            raise DataError(
                f"output {output!r} must be another file than the data, however: it is {str(file)!r} itself"
            )


def _parts(table: pa.Table) -> Iterator[pa.Table]:
    """Yield the table in parts that fit in memory once encoded; an empty table once."""
    for start in range(0, max(1, table.num_rows), _CHUNK):
        yield table.slice(start, _CHUNK)


def _answer(predictor: Any, table: pa.Table) -> dict[str, Any]:
    """Return {output column: (n,) array}."""
    import numpy as np
    from rich.console import Console
    from rich.progress import track

    from ..schema.labels import label_of

    short, bar = table.num_rows <= _CHUNK, Console(stderr=True)
    parts = track(list(_parts(table)), "predict", console=bar, disable=short, transient=True)
    if not predictor.schema.need_target().is_classification:
        return {"prediction": np.concatenate([predictor.predict(part) for part in parts])}
    shares = np.concatenate([predictor.predict_proba(part) for part in parts])
    classes = predictor.classes_
    columns = {f"probability_{label_of(label)}": shares[:, at] for at, label in enumerate(classes)}
    return {"prediction": classes[shares.argmax(axis=1)], **columns}


def _write(columns: dict[str, Any], output: Path) -> None:
    import pandas as pd

    from ..io.writes import write_aside

    frame = pd.DataFrame(columns)
    with write_aside(output) as aside:
        if output.suffix.casefold() == ".parquet":
            frame.to_parquet(aside, index=False)
        else:
            frame.to_csv(aside, index=False, lineterminator="\n")
