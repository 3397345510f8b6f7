"""The kinds by themselves: what they take, learn, encode and write."""

from __future__ import annotations

import contextlib
import copy
import datetime
import decimal
import json
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError, DataWarning, column_of
from tabembed.schema.boolean import SPELLINGS
from tabembed.schema.kinds import KINDS, Boolean, Categorical, ColumnKind, Cross, Ignored, LatLon, Numeric, Sequence
from tabembed.schema.numeric import numbers_of


def learn(kind: ColumnKind, values: Any) -> Any:
    return kind.learn(column_of(values, "c"), "c")[0]


def encode(kind: ColumnKind, values: Any) -> list[Any]:
    return kind.encode(column_of(values, "c"), "c").tolist()


LEARNED = [
    learn(Categorical(), ["a", "b", "a", None]),
    learn(Categorical(dim=3, min_count=2, max_size=9, unknown_rate=0.1), ["a", "b", "a"]),
    learn(Numeric(), [1.0, 2.5, None]),
    learn(Boolean(), [True, False, None]),
    learn(Categorical(hash_buckets=7, embedding_dropout=0.25), ["a", "b", None]),
    learn(Categorical(one_hot=True), ["a", "b", None]),
    learn(Cross("u", "v"), ["a|b", None]),
    LatLon("lat", "lon").learn_parts([np.array([[1.0, 2.0], [3.0, np.nan]])], "c")[0],
    Sequence({"past": Categorical(), "km": Numeric()}, units=3).learn(
        pa.array([{"past": ["a", None], "km": [0.5, 1.5]}, {"past": None, "km": []}]), "c"
    )[0],
    Ignored("because"),
]


COLUMNS = {"cross": ("a", "b"), "latlon": ("lat", "lon")}
"""What kinds that are made of columns are told."""


@pytest.mark.parametrize("kind", LEARNED, ids=lambda kind: kind.key)
def test_a_learned_kind_comes_back_from_json(kind: ColumnKind) -> None:
    assert kind.learned
    assert type(kind).from_dict(json.loads(json.dumps(kind.to_dict()))) == kind


@pytest.mark.parametrize("key", KINDS)
def test_a_kind_is_immutable_and_named(key: str) -> None:
    arguments: dict[str, Any] = {"sequence": {"steps": {"past": Categorical()}}}.get(key, {})
    kind, again = (KINDS[key](*COLUMNS.get(key, ()), **arguments) for _ in range(2))
    assert kind.key == key
    assert kind == again
    assert hash(kind) == hash(again)
    assert copy.deepcopy(kind) == pickle.loads(pickle.dumps(kind)) == kind
    with pytest.raises(AttributeError, match="cannot assign to field"):
        kind.key = "other"  # type: ignore[misc]


# Categorical


@pytest.mark.parametrize("argument", ["dim", "min_count", "max_size"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "8"])
def test_a_categorical_argument_out_of_range(argument: str, value: Any) -> None:
    with pytest.raises(
        DataError, match=f"`{argument}` must be a whole number of 1 or more, however: {argument}={value!r}"
    ):
        Categorical(**{argument: value})


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_an_unknown_rate_out_of_range(rate: float) -> None:
    with pytest.raises(DataError, match=r"`unknown_rate` must be in \[0, 1\), however: unknown_rate="):
        Categorical(unknown_rate=rate)


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_a_dropout_out_of_range(rate: float) -> None:
    with pytest.raises(DataError, match=r"`dropout` must be in \[0, 1\), however: dropout="):
        Categorical(dropout=rate)


@pytest.mark.parametrize("strength", [-1, float("inf"), float("nan")])
def test_a_prior_out_of_range(strength: float) -> None:
    with pytest.raises(DataError, match="`l2` must be a number of 0 or more, however: l2="):
        Categorical(l2=strength)


def test_an_unknown_dim_rule() -> None:
    with pytest.raises(DataError, match="`dim_rule` must be one of fourth_root, .* however: dim_rule='sqrt'"):
        Categorical(dim_rule="sqrt")
    with pytest.raises(DataError, match="give `dim` or `dim_rule`, not both, however: dim=3, dim_rule='half'"):
        Categorical(dim=3, dim_rule="half")


def test_a_categorical_without_labels_says_so() -> None:
    bare = Categorical(dim=4)
    assert not bare.learned
    assert bare.pinned
    assert bare.describe() == ("", "4")
    for ask in (lambda: bare.labels, lambda: bare.size, lambda: encode(bare, ["a"])):
        with pytest.raises(DataError, match="this Categorical has no labels yet: te.infer_schema"):
            ask()


def test_a_categorical_with_labels() -> None:
    kind = learn(Categorical(dim_rule="half"), ["b", "a", "b", "c", None])
    assert (kind.labels, kind.counts.tolist(), kind.kept, kind.size) == (["b", "a", "c"], [2, 1, 1], 3, 5)
    assert (kind.dim, kind.pinned, kind.describe()) == (2, False, ("3", "2 (half)"))
    assert encode(kind, ["b", "a", "c", "z", None, ""]) == [2, 3, 4, 1, 0, 0]


def test_rare_labels_share_the_unknown_row() -> None:
    kind = learn(Categorical(dim=2, min_count=2), ["b", "a", "b", "c"])
    assert (kind.labels, kind.size, kind.describe()) == (["b"], 3, ("1 of 3", "2 (declared)"))
    assert encode(kind, ["b", "a", "c"]) == [2, 1, 1]


# Numeric


@pytest.mark.parametrize(
    "values",
    [
        [1, None, 3],
        pd.array([1, None, 3], "Int64"),
        pd.Series([1, None, 3], dtype="float32"),
        pd.Series([1, None, 3], dtype="category"),
        np.array([1, np.nan, 3], dtype=np.float16),
        [decimal.Decimal(1), None, decimal.Decimal(3)],
        pa.chunked_array([[1, None], [3]]),
        pa.array([1.0, None, 3.0]).dictionary_encode(),
    ],
    ids=lambda values: f"{type(values).__name__}-{getattr(values, 'dtype', '')}",
)
def test_numbers_of_every_type(values: Any) -> None:
    kind = learn(Numeric(), values)
    assert (kind.mean, kind.scale, kind.indicator) == (2.0, 1.0, True)
    numbers = kind.encode(column_of(values), "c")
    assert numbers.dtype == np.float32
    np.testing.assert_array_equal(numbers, np.array([1, np.nan, 3], np.float32))


def test_bools_are_numbers_and_nothing_at_all_is_missing() -> None:
    assert numbers_of(pa.array([True, False, None]), "c").tolist()[:2] == [1.0, 0.0]
    for nothing in (pa.nulls(2), pa.array([None, None], pa.string()), pa.array([None] * 2, pa.date32())):
        assert np.isnan(numbers_of(nothing, "c")).all()
    assert numbers_of(pa.array([], pa.int64()), "c").shape == (0,)
    assert np.isnan(numbers_of(pa.array([np.nan, np.nan]), "c")).all()


@pytest.mark.parametrize(
    ("values", "came"),
    [
        (["1", "2"], "its type is .*string, first '1' in row 0"),
        ([None, datetime.date(2024, 1, 1)], r"its type is date32\[day\], first datetime.date\(2024, 1, 1\) in row 1"),
        (pd.Series(["a"], dtype="category"), "its type is .*string, first 'a' in row 0"),
    ],
)
def test_what_is_no_number_is_refused(values: Any, came: str) -> None:
    with pytest.raises(DataError, match=f"column 'c' must hold numbers, however: {came}; convert it"):
        learn(Numeric(), values)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("bad", [np.inf, -np.inf])
def test_infinities_are_refused_with_their_row(bad: float, dtype: str) -> None:
    with pytest.raises(
        DataError, match=f"column 'c' must hold finite numbers, however: 2 of 4 are infinite, first {bad} in row 1"
    ):
        numbers_of(column_of(np.array([np.nan, bad, 1, bad], dtype)), "c")


def test_numbers_beyond_float32_are_refused() -> None:
    with pytest.raises(
        DataError,
        match=r"column 'c' must hold finite numbers, however: 1 of 2 are beyond float32, first 1e\+39 in row 1",
    ):
        numbers_of(pa.array([1.0, 1e39]), "c")
    assert numbers_of(pa.array([3.4e38, -3.4e38]), "c").dtype == np.float32


@given(st.lists(st.none() | st.floats(-1e30, 1e30), min_size=1))
def test_statistics_skip_missing(values: list[float | None]) -> None:
    present = np.array([value for value in values if value is not None])
    column = column_of([None if value is None else float(value) for value in values])
    warned = pytest.warns(DataWarning) if is_narrow(present) else contextlib.nullcontext()
    with np.errstate(over="raise", divide="raise", invalid="raise"), warned:
        kind, missing = Numeric().learn(column, "c")
    assert missing == len(values) - len(present)
    assert kind.indicator == (missing > 0)
    if len(present):
        assert np.isclose(kind.mean, present.mean())
        assert np.isfinite((present - kind.mean) / kind.scale).all()


def is_narrow(present: np.ndarray) -> bool:
    spread = bool(len(present)) and present.min() < present.max()
    return spread and present.std() < max(abs(present.mean()) * 1e-5, np.finfo(np.float32).tiny)


def test_a_constant_column_has_scale_one() -> None:
    assert learn(Numeric(), [7.1] * 50) == Numeric(pytest.approx(7.1), 1.0, False)


@pytest.mark.parametrize("values", [[1e9, 1e9 + 1], [1e-60, 2e-60]])
def test_values_that_float32_cant_tell_apart_warn(values: list[float]) -> None:
    with pytest.warns(DataWarning, match="column 'c': float32 can't tell its values apart well"):
        kind = learn(Numeric(), values)
    assert 0 < np.float32(kind.scale) < np.inf


# Boolean


def test_every_spelling_of_a_bool() -> None:
    kind = learn(Boolean(), list(SPELLINGS))
    assert kind == Boolean(indicator=False, true_share=0.5)
    assert encode(kind, list(SPELLINGS)) == list(SPELLINGS.values())
    for values in (
        [1, 0],
        [1.0, 0.0],
        [True, False],
        pd.array([True, False], "boolean"),
        pd.Categorical([True, False]),
    ):
        assert encode(kind, values) == [1.0, 0.0]


def test_missing_bools() -> None:
    kind, missing = Boolean().learn(column_of([True, None, None]), "c")
    assert (kind, missing) == (Boolean(indicator=True, true_share=1.0), 2)
    assert np.isnan(encode(kind, ["", None])).all()
    assert kind.encode(column_of([True]), "c").dtype == np.float32


def test_another_label_is_no_bool() -> None:
    with pytest.raises(DataError, match="column 'c' must hold true and false .* however: 'yes' in row 1; convert it"):
        encode(Boolean(), ["True", "yes"])
    unused = pa.DictionaryArray.from_arrays([0, 0], ["True", "yes"])
    assert Boolean().encode(unused, "c").tolist() == [1.0, 1.0]


# Ignored


def test_an_ignored_column_has_no_array() -> None:
    with pytest.raises(DataError, match=r"column 'c' is ignored \(a note\) and can't be encoded"):
        encode(Ignored("a note"), ["a"])
    assert Ignored().learn(pa.array([1, None]), "c") == (Ignored(), 1)
    assert te.Ignored().describe() == ("", "")
