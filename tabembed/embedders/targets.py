"""The one target that an embedder learns from."""

from __future__ import annotations

__all__ = ["one_target"]

from typing import Any

import numpy as np
import pyarrow as pa

from ..estimators.rows import with_targets
from ..io.errors import DataError
from ..io.row_groups import RowGroups
from ..io.streams import open_rows
from ..schema.learn_target import learn_target
from ..schema.target import Target
from .counted import columns_of


def one_target(
    way: str, table: pa.Table | RowGroups, y: Any, task: str, files: Any = None
) -> tuple[Target, np.ndarray]:
    """Return the target of y and its encoded cells, (n,).

    Args:
        way: the embedder's name, for errors.
        table: the rows, without the target.
        y: (n,) numbers or classes.
        task: as in ``te.infer_schema``.
        files: where ``table`` is of files, these; y is the name of a column in them then.

    Raises:
        DataError: for several targets, lists, or cells that can't be learned from.

    Example:
        >>> target, truth = one_target("LDAEmbedder", pa.table({"dest": ["BOS", "LAX"]}), ["late", "early"], "auto")
        >>> target.classes, truth.tolist()
        (('early', 'late'), [1, 0])
    """
    if isinstance(table, pa.Table):
        whole, names = with_targets(table, y)
    elif isinstance(y, str):
        whole, names = columns_of(open_rows(files), [y]), [y]
    else:
        raise DataError(
            f"`y` must be the name of the target's column when X names files, however: it is a {type(y).__name__}; "
            f"call it as in fit('data/*.parquet', 'arr_delay')"
        )
    if len(names) > 1:
        raise DataError(f"{way} takes one target, however: y holds {', '.join(names)}; fit one for each")
    target = learn_target(whole.column(names[0]), names[0], task)
    if target.task == "multilabel":
        raise DataError(f"{way} takes numbers or classes, however: y holds lists; fit one for each label")
    return target, target.encode(whole.column(names[0]))
