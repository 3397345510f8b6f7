"""``tabembed predict``: a file of rows in, a file of predictions out."""

from __future__ import annotations

__all__ = ["predict"]

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..io.errors import DataError
from .options import data_argument

if TYPE_CHECKING:
    import pyarrow as pa

    from ..io.row_groups import RowGroup, RowGroups

_LONG = 262_144
_SUFFIXES = (".csv", ".parquet")


@click.command(epilog="Example: tabembed predict saved_models/flights new.csv --output predictions.csv")
@click.argument("model_dir")
@data_argument
@click.option("--output", required=True, metavar="FILE", help="Where the predictions go: a .csv or .parquet file.")
def predict(model_dir: str, data: Sequence[str], output: str) -> None:
    """Predict each row of DATA, in its order.

    Writes the column `prediction` and, for classes, `probability_LABEL` of each class. Quantiles and labels have a
    column each (`prediction_0.1`), and so have several targets (`prediction_COL`, `probability_COL_LABEL`).
    """
    _check_output(output, data)
    from ..serving.layout import read_schema, version_dir

    version = version_dir(model_dir)
    schema = read_schema(version)
    rows = schema.rows(list(data))
    part, group = next(_parts(rows))
    with _said_where(group):
        schema.encode(part)  # most mistakes are found before TensorFlow is imported
    from .quiet import import_tensorflow

    import_tensorflow()
    from ..serving.predictor import load

    _write(_answers(load(version), rows), Path(output))
    click.echo(f"{rows.rows:,} predictions of {schema.need_targets().name!r} in {output}")


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


def _parts(rows: RowGroups) -> Iterator[tuple[pa.Table, RowGroup | None]]:
    """Yield the rows in parts that fit in memory, each with its row group; of no rows an empty table."""
    for group in rows.groups:
        for part in rows.batches(groups=[group]):
            yield part, group
    if not rows.groups:
        yield rows.schema.empty_table(), None


@contextmanager
def _said_where(group: RowGroup | None) -> Iterator[None]:
    """Add to an error about a cell the file that holds it."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{error} (among {group.where})" if group else str(error)) from error


def _answers(predictor: Any, rows: RowGroups) -> Iterator[dict[str, Any]]:
    """Yield {output column: (rows,) array} of each part."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), disable=rows.rows <= _LONG, transient=True) as bar:
        task = bar.add_task("predict", total=rows.rows)
        for part, group in _parts(rows):
            with _said_where(group):
                answer = _answer(predictor, part)
            yield answer
            bar.advance(task, part.num_rows)


def _answer(predictor: Any, part: pa.Table) -> dict[str, Any]:
    from ..schema.labels import label_of

    target = predictor.schema.need_targets()
    several = len(target.parts) > 1
    classes = any(one.is_classification for one in target.parts)
    shares = predictor.predict_proba(part) if classes else {}
    found = predictor.predict(part) if not classes or several else target.choose(shares)
    columns: dict[str, Any] = {}
    for one in target.parts:
        after = f"_{one.name}" if several else ""
        names = one.quantiles or one.classes
        wide = bool(one.quantiles) or one.task == "multilabel"
        for at, name in enumerate(names if wide else ("",)):
            own = f"{one.name}_{name}" if wide else one.name
            values = found[own] if several else found[:, at] if wide else found
            columns[f"prediction{after}_{label_of(name)}" if wide else f"prediction{after}"] = values
        own_shares = shares[one.name] if several and one.is_classification else shares
        for at, label in enumerate(one.classes):
            columns[f"probability{after}_{label_of(label)}"] = own_shares[:, at]
    return columns


def _write(parts: Iterator[dict[str, Any]], output: Path) -> None:
    """Write the parts one after the other, aside; the file appears whole or not at all."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    from ..io.writes import write_aside

    with write_aside(output) as aside, ExitStack() as stack:
        file: Any = None
        for columns in parts:
            frame = pd.DataFrame(columns)
            if output.suffix.casefold() != ".parquet":
                frame.to_csv(aside, index=False, lineterminator="\n", mode="a", header=file is None)
                file = aside
                continue
            table = pa.Table.from_pandas(frame, preserve_index=False)
            if file is None:
                file = stack.enter_context(pq.ParquetWriter(aside, table.schema))
            file.write_table(table)
