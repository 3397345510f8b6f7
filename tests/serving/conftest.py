"""Trained models of every task, exported once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import tabembed as te

TASKS = {"y": "regression", "flag": "binary", "late": "binary", "code": "multiclass", "share": "multiclass"}


class Case(NamedTuple):
    """A trained model with its schema and where it was exported."""

    model: keras.Model
    schema: te.Schema
    path: Path
    frame: pd.DataFrame

    def output(self, frame: pd.DataFrame) -> np.ndarray:
        """Return what the model itself says, (n, width)."""
        return np.asarray(self.model(self.schema.inputs(frame), training=False))

    def probabilities(self, frame: pd.DataFrame) -> np.ndarray:
        """Return (n, classes)."""
        output = self.output(frame)
        return np.concatenate([1 - output, output], axis=1) if output.shape[1] == 1 else output

    def raw(self, frame: pd.DataFrame) -> Mapping[str, tf.Tensor]:
        """Return a frame's cells as the signature takes them: text, and float32 for numbers."""
        return {self.schema.input_names[name]: self.cells(frame[name], name) for name in self.schema.features}

    def cells(self, column: pd.Series, name: str) -> tf.Tensor:
        """Return one column as the signature takes it."""
        if isinstance(self.schema[name], te.Numeric):
            return tf.constant(column.astype("float32"))
        return tf.constant(["" if pd.isna(value) else str(value) for value in column])


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    """200 rows with a column of every kind and a target of every type."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "dest": rng.choice(["LAX", "BOS", "größe", "a\nb"], 200),
            "tail no": pd.Series(rng.integers(1, 9, 200)).where(rng.random(200) < 0.9).astype("Int64"),
            "km": rng.normal(500, 90, 200),
            "gaps": pd.Series(rng.normal(size=200)).where(rng.random(200) < 0.8),
            "night": pd.Series(rng.random(200) < 0.5, dtype="boolean").mask(rng.random(200) < 0.1),
        }
    )
    score = frame["dest"].map({"LAX": 0.0, "BOS": 2.0, "größe": -2.0, "a\nb": 1.0}) + frame["km"] / 90
    return frame.assign(
        y=40 * score + 3_000,
        flag=score > 6,
        late=np.where(score > 6, "late", "early"),
        code=pd.cut(score, 3, labels=[3, 5, 7]).astype(int),
        share=pd.cut(score, 3, labels=[0.25, 0.5, 1.5]).astype(float),
    )


@pytest.fixture(scope="session")
def questions(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows with known, unseen and missing values of every kind."""
    rows = frame.drop(columns=list(TASKS))[:8].reset_index(drop=True).astype({"tail no": "object", "night": "object"})
    for at, name in enumerate(rows):
        rows.loc[at, name] = None
    rows.loc[6, ["dest", "tail no", "km"]] = ["unseen", 99, 1_000.0]
    return rows.astype({"tail no": "Int64", "night": "boolean"})


@pytest.fixture(scope="session")
def cases(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    """Return {target: case}."""
    return {target: _case(frame, target, tmp_path_factory.mktemp("saved_models") / target) for target in TASKS}


def _case(frame: pd.DataFrame, target: str, path: Path) -> Case:
    part = frame.drop(columns=[name for name in TASKS if name != target])
    schema = te.infer_schema(part, target, task=TASKS[target])
    model = te.build_model(schema, random_state=0, hidden=(8,))
    model.compile(te.RowwiseAdam(1e-2), schema.need_target().loss, run_eagerly=True)
    model.fit(schema.dataset(part, 100), epochs=2, shuffle=False, verbose=0)
    metrics: dict[str, Any] = {"r2": np.float32(0.5)}
    te.export(model, schema, path, metrics=metrics, training={"epochs": 2, "random_state": np.random.RandomState(0)})
    return Case(model, schema, path, part)
