"""The unknown and the missing row are trained: where they answer, the column does no harm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.nn.recipe import Recipe, train

SEEN, UNSEEN = [f"s{n}" for n in range(120)], [f"s{n}" for n in range(1_000, 1_400)]
Score = Callable[[pd.DataFrame], float]


def stores(labels: list[str], rows: int, seed: int) -> pd.DataFrame:
    """Sales that hang on the store (its number gives its effect) and on two numbers."""
    rng = np.random.default_rng(seed)
    effect = {label: np.random.default_rng(int(label[1:])).normal(3, 2) for label in labels}
    frame = pd.DataFrame({"store": rng.choice(labels, rows), "a": rng.normal(size=rows), "b": rng.normal(size=rows)})
    return frame.assign(y=3 * frame["a"] - frame["b"] * frame["a"] + frame["store"].map(effect) + rng.normal(size=rows))


def fitted(kind: te.Categorical | te.Ignored) -> Score:
    """Train on seen stores; return what gives the root mean squared error on other rows."""
    training = stores(SEEN, 4_000, 1)
    schema = te.infer_schema(training, "y", kinds={"store": kind})
    model = te.build_model(schema, hidden=(32,), random_state=1)
    recipe = Recipe(epochs=8, batch_size=64, verbose=0)
    train(model, schema, schema.encode(training), schema.encode_target(training), recipe, random_state=1)

    def score(frame: pd.DataFrame) -> float:
        output = np.asarray(model(schema.inputs(frame), training=False))[:, 0]
        return float(np.sqrt(np.mean((output - frame["y"]) ** 2)))

    return score


@pytest.fixture(scope="module")
def unseen() -> pd.DataFrame:
    return stores(UNSEEN, 8_000, 51)


@pytest.fixture(scope="module")
def gone(unseen: pd.DataFrame) -> pd.DataFrame:
    return unseen.assign(store=pd.Series([None] * len(unseen), dtype="str"))


@pytest.fixture(scope="module")
def without(unseen: pd.DataFrame) -> float:
    return fitted(te.Ignored())(unseen)


@pytest.fixture(scope="module")
def with_column() -> Score:
    return fitted(te.Categorical())


def test_known_labels_are_learned(with_column: Score, without: float) -> None:
    assert with_column(stores(SEEN, 2_000, 2)) < 0.75 * without


def test_unseen_labels_do_no_harm(with_column: Score, unseen: pd.DataFrame, without: float) -> None:
    assert with_column(unseen) <= 1.02 * without


def test_missing_labels_do_no_harm_though_training_missed_none(
    with_column: Score, gone: pd.DataFrame, without: float
) -> None:
    assert with_column(gone) <= 1.02 * without


def test_rare_labels_train_the_unknown_row(unseen: pd.DataFrame, without: float) -> None:
    assert fitted(te.Categorical(min_count=37, unknown_rate=0.0))(unseen) <= 1.02 * without


def test_rows_that_nothing_trains_do_harm(gone: pd.DataFrame, without: float) -> None:
    assert fitted(te.Categorical(unknown_rate=0.0))(gone) > 1.02 * without, "else the tests above show nothing"
