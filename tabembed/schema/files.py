"""The schema's files: readable JSON, with large vocabularies beside it in Parquet."""

from __future__ import annotations

__all__ = ["from_text", "read_json", "to_text", "write_json"]

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..io.errors import DataError
from ..io.writes import write_aside

FORMAT, VERSION = "tabembed.schema", 1
INLINE_LABELS = 100_000


def write_json(data: dict[str, Any], path: Path) -> None:
    """Write a schema's values; each file is written aside and renamed, the JSON last."""
    columns = [_moved_out(column, path) for column in data["columns"]]
    with write_aside(path) as aside:
        Path(aside).write_text(to_text({**data, "columns": columns}) + "\n", encoding="utf-8")


def to_text(data: dict[str, Any]) -> str:
    """Return a schema's values as readable JSON."""
    whole = {"format": FORMAT, "version": VERSION, **data}
    return json.dumps(whole, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: Any) -> Any:
    return value.item()  # a NumPy number, as in te.Categorical(dim=np.int64(8))


def _moved_out(column: dict[str, Any], path: Path) -> dict[str, Any]:
    vocabulary = column.get("vocabulary")
    if not vocabulary or len(vocabulary["labels"]) <= INLINE_LABELS:
        return column
    name = f"{path.stem}.{column['input']}.parquet"
    with write_aside(path.with_name(name)) as aside:
        pq.write_table(pa.table({"label": vocabulary["labels"], "count": vocabulary["counts"]}), aside)
    return {**column, "vocabulary": {"file": name}}


def read_json(path: Path) -> dict[str, Any]:
    """Read what ``write_json`` wrote.

    Raises:
        DataError: when a file isn't there, isn't JSON, or isn't a schema of this version.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(f"no schema at {path}; write one with schema.to_json({str(path)!r})") from None
    except (ValueError, OSError) as error:
        raise DataError(f"{path} can't be read as JSON: {error}") from error
    data = from_text(text, path)
    for column in data["columns"]:
        if "file" in (column.get("vocabulary") or {}):
            column["vocabulary"] = _moved_in(path.with_name(column["vocabulary"]["file"]), column["name"])
    return data


def from_text(text: str, path: Path | str) -> dict[str, Any]:
    """Return the values of what ``to_text`` gave.

    Args:
        text: to read.
        path: where it stands, for errors.

    Raises:
        DataError: when it isn't JSON, or isn't a schema of this version.
    """
    try:
        data: Any = json.loads(text)
    except ValueError as error:
        raise DataError(f"{path} can't be read as JSON: {error}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise DataError(f'{path} is JSON but not a schema (no \'"format": "{FORMAT}"\' in it)')
    if data.get("version") != VERSION:
        raise DataError(
            f"{path} is a schema of version {data.get('version')!r}, however: this tabembed reads version {VERSION}"
        )
    found: dict[str, Any] = data
    return found


def _moved_in(path: Path, column: str) -> dict[str, Any]:
    try:
        table = pq.read_table(path)
        return {"labels": table["label"].to_pylist(), "counts": table["count"].to_pylist()}
    except (OSError, KeyError, pa.ArrowInvalid) as error:
        raise DataError(f"the labels of column {column!r} must stand in {path}, however: {error}") from error
