"""Every network with every head: fitted, exported and reloaded, all of which agree."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import tabembed as te
from tabembed.nn.networks import NETWORKS
from tests.later import some_later

ROWS = 300
OPTIONS: dict[str, dict[str, Any]] = {
    "mlp": {"hidden": (8,)},
    "linear": {},
    "wide_deep": {"hidden": (8,)},
    "resnet": {"width": 8},
    "dcn": {"hidden": (8,)},
    "deepfm": {"dim": 3, "hidden": (8,)},
    "transformer": {"blocks": 1, "dim": 8, "heads": 2},
    "tabm": {"k": 3, "hidden": (8,)},
    "lstm": {"units": 4, "hidden": (8,)},
}
HEADS: dict[str, dict[str, Any]] = {
    "mse": {},
    "mae": {"objective": "mae"},
    "huber": {"objective": "huber"},
    "log": {"objective": "log"},
    "log1p": {"objective": "log1p"},
    "poisson": {"objective": "poisson"},
    "gamma": {"objective": "gamma"},
    "tweedie": {"objective": "tweedie"},
    "quantile": {"quantiles": (0.1, 0.9)},
    "binary": {"task": "binary"},
    "multiclass": {"task": "multiclass"},
    "ordinal": {"task": "ordinal"},
    "multilabel": {"task": "multilabel"},
}
FEATURES = ["city", "size", "past"]


@cache
def rows() -> pd.DataFrame:
    """Return two columns and a list of numbers, and a target for each head."""
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"city": rng.choice(list("abcd"), ROWS), "size": rng.normal(size=ROWS)})
    df["past"] = [rng.normal(size=rng.integers(0, 4)).tolist() for _ in range(ROWS)]
    effect = df["city"].map({"a": 0.0, "b": 0.5, "c": 1.0, "d": -1.0}) + 0.3 * df["size"]
    amount = np.exp(effect) * rng.gamma(2, 0.5, ROWS) + 1e-3
    step = np.clip(np.round(effect + 2 + rng.normal(0, 0.5, ROWS)), 0, 3).astype(int)
    for head, how in HEADS.items():
        df[head] = rng.poisson(amount) if head in ("poisson", "log1p", "tweedie") else amount
        if "task" in how:
            df[head] = step > 1 if head == "binary" else step
    df["multiclass"] = df["multiclass"].map(lambda at: "abcd"[at])
    df["multilabel"] = [["tea", "milk"][: at % 3] for at in step]
    return df


def kinds() -> dict[str, Any]:
    return {"steps": te.Sequence({"past": te.Numeric()}, units=4)}


@cache
def answers(network: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return what one model of all heads predicts, what its export does, and what the saved estimator does."""
    df = rows()
    schema = te.infer_schema(df, [te.Target(head, **how) for head, how in HEADS.items()], kinds=kinds())
    tf.config.run_functions_eagerly(True)  # tracing the graph of all heads would take longer than four steps
    try:
        est = te.TabularRegressor(
            network=network, network_options=OPTIONS[network], epochs=2, batch_size=150, random_state=0, verbose=0
        ).fit_schema(schema, df)
    finally:
        tf.config.run_functions_eagerly(False)
    assert np.isfinite(est.history_["loss"]).all()
    assert max(est.history_["loss"]) < 3 * len(HEADS)  # each head's best constant has a loss of about 1
    with TemporaryDirectory() as folder:
        served = te.load(est.export(Path(folder) / "served")).predict(df)
        est.save(Path(folder) / "saved")
        again = te.TabularRegressor.load(Path(folder) / "saved").predict(df[FEATURES])
    return est.predict(df[FEATURES]), served, again


def assert_same(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    assert list(found) == list(wanted)
    for name in wanted:
        if wanted[name].dtype.kind == "f":
            np.testing.assert_allclose(found[name], wanted[name], rtol=1e-4, atol=1e-5)
        else:
            assert (found[name].to_numpy() == wanted[name].to_numpy()).mean() > 0.99  # a score may lie at the border


def test_these_are_all() -> None:
    assert set(OPTIONS) == set(NETWORKS)


def test_the_guide_marks_each_cell() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "networks.md").read_text(encoding="utf-8")
    lines = guide.split("## Network by task\n")[1].split("\n## ")[0].splitlines()
    head, _, *marked = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"]
    assert head[1:] == [*HEADS, "several at once"]
    assert {network for network, *_ in marked} == set(OPTIONS)
    assert all(set(cells) == {"✓"} and len(cells) == len(HEADS) + 1 for _, *cells in marked)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("network", some_later([*OPTIONS], "transformer", "lstm"))
def test_fit_export_reload_agree(network: str, head: str) -> None:
    predicted, served, again = (
        frame[[name for name in frame if name.split("_")[0] == head]] for frame in answers(network)
    )
    assert predicted.shape == (ROWS, {"quantile": 2, "multilabel": 2}.get(head, 1))
    if predicted.iloc[:, 0].dtype.kind == "f":
        assert np.isfinite(predicted).all(axis=None)
    assert_same(served, predicted)
    assert_same(again, predicted)
    if head == "quantile":
        assert (predicted.iloc[:, 0] <= predicted.iloc[:, 1]).all()
    if head in ("log", "poisson", "gamma", "tweedie"):
        assert (predicted > 0).all(axis=None)


@pytest.mark.slow
@pytest.mark.parametrize("head", ["gamma", "quantile", "multiclass", "ordinal", "multilabel"])
@pytest.mark.parametrize("network", ["tabm", "lstm"])
def test_one_target_alone(network: str, head: str, tmp_path: Path) -> None:
    df = rows()[[*FEATURES, head]]
    schema = te.infer_schema(df, te.Target(head, **HEADS[head]), kinds=kinds())
    make = te.TabularClassifier if schema.need_target().is_classification else te.TabularRegressor
    est = make(network=network, network_options=OPTIONS[network], epochs=1, batch_size=50, random_state=0, verbose=0)
    wanted = est.fit_schema(schema, df).predict(df[FEATURES])
    served = te.load(est.export(tmp_path / "served")).predict(df)
    if np.asarray(wanted).dtype.kind == "f":
        np.testing.assert_allclose(np.asarray(served), wanted, rtol=1e-4, atol=1e-5)
    else:
        assert (np.asarray(served) == np.asarray(wanted)).mean() > 0.99
