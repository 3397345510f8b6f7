"""The target: what task it calls for, its scale or classes, and what is refused."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import tabembed as te
from tabembed.io import DataError, DataWarning, column_of
from tabembed.schema.learn_target import learn_target
from tabembed.schema.target import Target


def learn(values: Any, task: str = "auto") -> Target:
    return learn_target(column_of(values, "y"), "y", task)


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        ([0, 1, 1] * 9, "binary", (0, 1)),
        ([0.0, 1.0, 1.0] * 9, "binary", (0.0, 1.0)),
        ([False, True] * 9, "binary", (False, True)),
        (["no", "yes"] * 9, "binary", ("no", "yes")),
        (pd.Categorical(["b", "a"] * 9, ["b", "a", "never"]), "binary", ("a", "b")),
        ([0, 1, 2] * 9, "multiclass", (0, 1, 2)),
        ([0.0, 1.0, 2.0] * 9, "multiclass", (0.0, 1.0, 2.0)),
        (["c", "a", "b"] * 9, "multiclass", ("a", "b", "c")),
        (
            [datetime.date(2024, 1, day) for day in (1, 2, 3)] * 9,
            "multiclass",
            ("2024-01-01", "2024-01-02", "2024-01-03"),
        ),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_classes_are_guessed(values: Any, task: str, classes: tuple[Any, ...]) -> None:
    target = learn(values)
    assert (target.task, target.classes) == (task, classes)
    assert [type(c) for c in target.classes] == [type(c) for c in classes]
    assert target.is_classification
    assert sum(target.counts) == len(values)


@pytest.mark.parametrize(
    "values",
    [
        [0.5, 1.5, 1.0] * 9,
        [0.0, 0.5] * 9,
        list(range(100)),
        [decimal.Decimal("0.5"), decimal.Decimal("1.5")],
        np.arange(50, dtype=np.float32),
        pd.array(range(50), "Int64"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_amounts_are_guessed(values: Any) -> None:
    target = learn(values)
    numbers = np.array(values, dtype=np.float64)
    assert (target.task, target.is_classification, target.classes) == ("regression", False, ())
    assert (target.mean, target.scale) == (pytest.approx(numbers.mean()), pytest.approx(numbers.std()))
    assert target.encode(column_of(values)).dtype == np.float32


@pytest.mark.parametrize(
    ("values", "task", "other"),
    [
        ([1, 2, 3, 4, 5] * 9, "regression", "multiclass"),
        ([1, 2] * 9, "binary", "regression"),
        ([0, 5] * 9, "binary", "regression"),
    ],
)
def test_few_whole_numbers_are_read_one_way_with_a_warning(values: list[int], task: str, other: str) -> None:
    with pytest.warns(
        DataWarning, match=f"target 'y' has . distinct whole numbers .*: read as {task}; pass .*or task='{other}'"
    ) as caught:
        schema = te.infer_schema({"x": np.arange(len(values)) / 7, "y": values}, "y")
    assert schema.target.task == task
    assert caught[0].filename == __file__, "the warning points at the user's own line"
    te.infer_schema({"x": np.arange(len(values)) / 7, "y": values}, "y", task=task)


def test_a_declared_task_wins() -> None:
    assert learn([0, 1, 1], "regression").task == "regression"
    assert learn(list(range(30)), "multiclass").task == "multiclass"
    assert learn([0, 1, 1], "multiclass").task == "multiclass"
    assert learn(["a", "b"], "binary").reason == "declared"


def test_a_task_that_doesnt_exist() -> None:
    with pytest.raises(
        DataError,
        match="`task` must be auto, regression, binary, multiclass, ordinal, multilabel, however: task='ranking'",
    ):
        learn([0, 1], "ranking")


def test_a_task_that_doesnt_fit() -> None:
    with pytest.raises(
        DataError, match="target 'y' must have 2 classes for task='binary', however: it has 3; pass task='multiclass'"
    ):
        learn([0, 1, 2], "binary")
    for values in (["a", "b"], [True, False]):
        with pytest.raises(DataError, match="target 'y' must hold numbers for regression, however: its type is"):
            learn(values, "regression")
    with pytest.raises(
        DataError,
        match="target 'y' must be numbers or classes that repeat, however: 30 distinct values in 30 rows .first 'v0'",
    ):
        learn([f"v{n}" for n in range(30)])


@pytest.mark.parametrize(
    "values",
    [[1.0, None, 2.0, None], ["a", None, "b", ""], [True, None, False, None], pd.Categorical(["a", "", "b", None])],
    ids=["float", "text", "bool", "category"],
)
def test_missing_cells_are_refused_with_their_number(values: Any) -> None:
    with pytest.raises(
        DataError, match="target 'y' must be there in every row, however: 2 of 4 rows miss it; drop them first"
    ):
        learn(values)
    good = (
        Target("y", "binary", classes=("a", "b"), counts=(1, 1))
        if not isinstance(values[0], float)
        else Target("y", "regression")
    )
    with pytest.raises(DataError, match="target 'y' must be there in every row, however: 2 of 4 rows miss it"):
        good.encode(column_of(values, "y"))


@pytest.mark.parametrize("values", [[3, 3, 3], [0.5, 0.5], ["a"] * 3, [True, True], [1, 1]])
def test_a_constant_target_is_refused(values: list[Any]) -> None:
    with pytest.raises(
        DataError, match=f"target 'y' must take two values or more, however: it is {values[0]!r} in every row"
    ):
        learn(values)
    with pytest.raises(DataError, match="target 'y' must take two values or more"):
        learn(values, "multiclass")


def test_a_constant_number_is_refused_for_regression() -> None:
    with pytest.raises(DataError, match="target 'y' must take two values or more, however: it is 3.0 in every row"):
        learn([3, 3], "regression")


@pytest.mark.parametrize("task", ["auto", "regression", "multiclass"])
def test_infinities_are_refused(task: str) -> None:
    with pytest.raises(DataError, match="column 'y' must hold finite numbers, however: 1 of 3 are infinite"):
        learn([1.0, 2.0, float("inf")], task)


@pytest.mark.parametrize("factor", [1e-20, 1e20])
def test_a_scale_that_float32_cant_square_is_refused(factor: float) -> None:
    with pytest.raises(
        DataError, match="target 'y' must have a standard deviation between 1e-15 and 1e15, however: it is"
    ):
        learn([0.5 * factor, 1.5 * factor], "regression")


def test_values_that_float32_cant_tell_apart_warn() -> None:
    with pytest.warns(DataWarning, match="target 'y': float32 can't tell its values apart well"):
        learn([1e9 + 0.25, 1e9 + 0.5])


def test_a_list_is_no_target() -> None:
    with pytest.raises(DataError, match="column 'y' must hold strings, numbers, bools or dates"):
        learn([[1], [2]], "multiclass")


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_json_and_keras_names(task: str) -> None:
    target = learn([0, 1, 0] if task == "binary" else [0, 1, 2], task)
    assert Target.from_dict(target.to_dict()) == target
    assert isinstance(target.loss, str)
    assert all(isinstance(metric, str) for metric in target.metrics)


def test_classes_encode_by_label_and_come_back_in_their_type() -> None:
    target = learn([3, 1, 2, 3], "multiclass")
    for values in ([1, 3], [1.0, 3.0], ["1", "3"], pd.Categorical([1, 3], [1, 3, 99])):
        assert target.encode(column_of(values)).tolist() == [0, 2]
    assert target.encode(pa.array([1])).dtype == np.int32
    assert target.decode(np.array([0, 2])).tolist() == [1, 3]
    assert target.decode(np.array([0])).dtype == np.int64
    assert learn([True, False]).decode(np.array([1])).dtype == np.bool_
    assert learn(["a", "b"]).decode(np.array([1])).dtype == object
    assert learn([0.0, 1.0]).decode(np.array([1])).dtype == np.float64


def test_an_unseen_class_is_refused_with_its_row() -> None:
    with pytest.raises(
        DataError, match="target 'y' must be one of the 2 classes of the schema, however: 'c' in row 1; make the schema"
    ):
        learn(["a", "b"]).encode(pa.array(["a", "c"]))
