"""Named rules for how many dimensions a column's vectors get."""

from __future__ import annotations

__all__ = ["DEFAULT_RULE", "DIM_RULES", "dim_for"]

from collections.abc import Callable

from ..io.errors import DataError


def _fourth_root(labels: int, rows: int) -> int:
    """Twice the fourth root of the labels, at most 24; fewer where a label has few rows to learn from."""
    wide = min(24, round(2 * labels**0.25))
    # A vector of d numbers learned from r rows overfits when d is near r (tested on 7,000 labels in 30,000 rows).
    return max(2, min(wide, rows // labels // 2)) if labels > 2 else labels


def _half(labels: int, rows: int) -> int:
    return min(50, (labels + 1) // 2)


def _fastai(labels: int, rows: int) -> int:
    return min(600, round(1.6 * labels**0.56))


def _realmlp(labels: int, rows: int) -> int:
    return labels if labels <= 9 else 8


def _rows(labels: int, rows: int) -> int:
    """A number for each 100 rows of a label, from 3 to 10, below 16 rows one; ``labels - 1`` tell all labels apart."""
    each = rows // labels
    return min(labels - 1, max(3, min(10, each // 100))) if each >= 16 else 1


DEFAULT_RULE = "fourth_root"
DIM_RULES: dict[str, Callable[[int, int], int]] = {
    "fourth_root": _fourth_root,
    "half": _half,
    "fastai": _fastai,
    "realmlp": _realmlp,
    "rows": _rows,
}
"""``half``: pytorch-tabular's rule; ``fastai``: fastai's ``emb_sz_rule``; ``realmlp``: arXiv 2407.04491, section 3;
``fourth_root``: ours, the default; ``rows``: ours for tables that other models read (``EntityEmbedder``)."""


def dim_for(rule: str, labels: int, rows: int) -> int:
    """Return the dimensions that a named rule gives a column.

    Args:
        rule: a name in ``DIM_RULES``.
        labels: how many labels have a row in the table.
        rows: how many rows of data hold one of them.

    Returns:
        At least 1.

    Raises:
        DataError: for a rule that doesn't exist.

    Example:
        >>> dim_for("fourth_root", 105, 300_000), dim_for("half", 105, 300_000), dim_for("fastai", 105, 300_000)
        (6, 50, 22)
    """
    if rule not in DIM_RULES:
        raise DataError(f"`dim_rule` must be one of {', '.join(DIM_RULES)}, however: dim_rule={rule!r}")
    return max(1, DIM_RULES[rule](max(1, labels), rows))
