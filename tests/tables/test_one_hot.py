"""One-hot codes times the matrix are the look-up, to the bit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tabembed as te

TABLE = te.EmbeddingTable(["a", "7", "b"], [[0.1, 0.2], [3.0, -4.0], [1e30, 5e-30]], missing=[9, 9], unknown=[8, 7])


@given(st.lists(st.sampled_from(["a", "7", "b", None, "else"]), min_size=1))
def test_one_hot_times_matrix_is_lookup(values: list[object]) -> None:
    codes, matrix = te.one_hot(TABLE, values, special=True), te.embedding_matrix(TABLE, special=True)
    np.testing.assert_array_equal((codes @ matrix).to_numpy(), TABLE.lookup(values))
    np.testing.assert_array_equal(codes.to_numpy() @ matrix.to_numpy(), TABLE.lookup(values))
    assert codes.sum(axis=1).eq(1).all()


def test_the_matrix_has_a_row_a_label() -> None:
    matrix = te.embedding_matrix(TABLE)
    assert matrix.index.tolist() == list(TABLE.labels)
    np.testing.assert_array_equal(matrix, TABLE.vectors)
    np.testing.assert_array_equal(np.eye(3, dtype=np.float32) @ matrix.to_numpy(), TABLE.vectors)
    cells = pd.Series(["b", "a", "7"])
    dummies = pd.get_dummies(cells, dtype=float)[list(TABLE.labels)]
    np.testing.assert_array_equal((dummies @ matrix).astype(np.float32), TABLE.lookup(cells))


def test_special_rows_never_take_a_labels_name() -> None:
    table = te.EmbeddingTable(["(missing)", "((unknown))"], [[1.0], [2.0]], missing=[3], unknown=[4])
    assert te.embedding_matrix(table, special=True).to_dict()[0] == {
        "(missing)": 1.0,
        "((unknown))": 2.0,
        "(((missing)))": 3.0,
        "(((unknown)))": 4.0,
    }


@pytest.mark.parametrize(("value", "what"), [("else", "unknown"), (None, "missing")])
def test_a_value_without_a_column_is_refused(value: object, what: str) -> None:
    with pytest.raises(te.DataError, match=f"labels of the table, however: row 1 is {what}; special=True gives"):
        te.one_hot(TABLE, ["a", value])
