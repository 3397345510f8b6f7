"""Every task: fitted, exported, reloaded, saved and streamed, all of which agree; weights; what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

import tabembed as te

ROWS = 400
TARGETS: dict[str, Any] = {
    "mae": te.Target("amount", objective="mae"),
    "huber": te.Target("amount", objective="huber"),
    "log": te.Target("amount", objective="log"),
    "log1p": te.Target("count", objective="log1p"),
    "poisson": te.Target("count", objective="poisson"),
    "gamma": te.Target("amount", objective="gamma"),
    "tweedie": te.Target("count", objective="tweedie", power=1.3),
    "quantile": te.Target("amount", quantiles=(0.1, 0.5, 0.9)),
    "ordinal": te.Target("stars", "ordinal"),
    "category": te.Target("size"),
    "lists": te.Target("tags"),
    "indicators": te.Target("labels", "multilabel", labels=("meal", "wi fi")),
    "several": [
        te.Target("amount", objective="gamma", weight=2.0),
        "late",
        te.Target("stars", "ordinal"),
        te.Target("count", quantiles=(0.2, 0.8)),
        "my tags",
    ],
}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"c": rng.choice(list("abcd"), ROWS), "x": rng.normal(size=ROWS)})
    effect = df["c"].map({"a": 0.0, "b": 0.5, "c": 1.0, "d": -1.0}) + 0.3 * df["x"]
    df["amount"] = np.exp(effect) * rng.gamma(2, 0.5, ROWS) + 1e-3
    df["count"] = rng.poisson(np.exp(effect))
    df["stars"] = np.clip(np.round(effect + 3 + rng.normal(0, 0.5, ROWS)), 1, 5).astype(int)
    sizes = np.array(["S", "M", "L"], dtype=object)[np.clip(df["stars"] - 2, 0, 2)]
    df["size"] = pd.Categorical(sizes, ["S", "M", "L"], ordered=True)
    df["late"] = np.where(rng.random(ROWS) < 0.3, "late", "no")
    df["tags"] = [list(rng.choice(["meal", "wi fi"], rng.integers(0, 3), replace=False)) for _ in range(ROWS)]
    df["my tags"] = df["tags"]
    df["meal"], df["wi fi"] = ([int(tag in tags) for tags in df["tags"]] for tag in ("meal", "wi fi"))
    return df


def columns_of(target: Any) -> list[str]:
    parts = target if isinstance(target, list) else [target]
    return [column for part in parts for column in (part.columns if isinstance(part, te.Target) else [part])]


def estimator(schema: te.Schema, quick: Any, **settings: Any) -> Any:
    return (quick.classifier if schema.need_targets().is_classification else quick.regressor)(**settings)


def as_columns(found: Any) -> dict[str, np.ndarray]:
    """Return predictions of any shape as {column: (n,)}."""
    if isinstance(found, pd.DataFrame):
        return {name: found[name].to_numpy() for name in found}
    return {str(at): column for at, column in enumerate(np.asarray(found).reshape(len(found), -1).T)}


def assert_agree(found: Any, wanted: Any) -> None:
    left, right = as_columns(found), as_columns(wanted)
    assert left.keys() == right.keys()
    for name, values in right.items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(left[name], values, rtol=1e-5, atol=1e-5)
        else:
            assert (left[name] == values).mean() > 0.99  # a probability may lie at the border


@pytest.fixture(params=list(TARGETS))
def task(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.usefixtures("eagerly")
def test_fit_export_reload_save_agree(task: str, frame: pd.DataFrame, quick: Any, tmp_path: Path) -> None:
    target = TARGETS[task]
    df = frame[["c", "x", *columns_of(target)]]
    schema = te.infer_schema(df, target)
    schema.to_json(tmp_path / "schema.json")
    assert te.Schema.from_json(tmp_path / "schema.json") == schema
    est = estimator(schema, quick).fit_schema(schema, df)
    wanted = est.predict(df[["c", "x"]])
    served = te.load(est.export(tmp_path / "m"))
    assert served.schema == schema
    assert_agree(served.predict(df), wanted)
    est.save(tmp_path / "est")
    assert_agree(type(est).load(tmp_path / "est").predict(df[["c", "x"]]), wanted)
    shares = served.predict_proba(df) if any(part.is_classification for part in schema.target.parts) else {}
    for values in shares.values() if isinstance(shares, dict) else [shares]:
        assert ((values >= 0) & (values <= 1)).all()
    raw = {"c": tf.constant(df["c"].to_list()), "x": tf.constant(df["x"], tf.float32)}
    answers = tf.saved_model.load(str(served.path)).signatures["serving_default"](**raw)
    if task == "several":
        names = {"amount", "late", "stars", "count", schema.target.output_names["my tags"]}
        assert names <= set(answers)
        np.testing.assert_allclose(answers["late.probabilities"], shares["late"], atol=1e-6)
        np.testing.assert_allclose(answers["count"][:, 1], wanted["count_0.8"], rtol=1e-5, atol=1e-5)
    elif not schema.need_target().is_classification:
        np.testing.assert_allclose(answers["prediction"], wanted, rtol=1e-5, atol=1e-5)
    if task == "quantile":
        assert (np.diff(wanted, axis=1) >= 0).all()
    model, baseline = est.metrics_["model"], est.metrics_["baseline"]
    assert model.keys() == baseline.keys()


@pytest.mark.usefixtures("eagerly")
def test_streamed_from_parquet(task: str, frame: pd.DataFrame, quick: Any, tmp_path: Path) -> None:
    target = TARGETS[task]
    df = frame[["c", "x", *columns_of(target)]].assign(w=np.arange(ROWS) % 3)
    pq.write_table(pa.Table.from_pandas(df, preserve_index=False), tmp_path / "a.parquet", row_group_size=150)
    kinds = {"w": te.Ignored()}
    schema = te.infer_schema(tmp_path / "a.parquet", target, kinds=kinds)
    assert schema.target == te.infer_schema(df, target, kinds=kinds).target
    est = estimator(schema, quick).fit_schema(schema, str(tmp_path / "a.parquet"), sample_weight="w")
    assert len(est.predict(df[["c", "x"]])) == ROWS
    assert est.metrics_["model"].keys() == est.metrics_["baseline"].keys()


def test_a_row_without_one_answer_trains_the_others(frame: pd.DataFrame, quick: Any) -> None:
    answers = frame[["amount", "count"]].astype(float)
    rng = np.random.default_rng(1)
    answers["amount"] = answers["amount"].where(rng.random(ROWS) < 0.5)
    answers.loc[5:9] = np.nan
    est = quick.regressor(epochs=8, batch_size=16).fit(frame[["c", "x"]], answers)
    assert np.isfinite(est.predict(frame[["c", "x"]])).all(axis=None)
    r2 = [scores["r2"] for scores in est.evaluate(frame[["c", "x"]], answers)["model"].values()]
    assert est.score(frame[["c", "x"]], answers) == pytest.approx(np.mean(r2))
    for name in answers:
        assert est.metrics_["model"][name]["rmse"] < est.metrics_["baseline"][name]["rmse"]
    both = te.infer_schema(pd.concat([frame[["c"]], answers], axis=1), ["amount", "count"])
    (_, truths, weights), *_ = both.dataset(pd.concat([frame[["c"]], answers], axis=1), ROWS)
    np.testing.assert_array_equal(weights["amount"], answers["amount"].notna())
    np.testing.assert_array_equal(weights["count"], answers["count"].notna())
    assert np.isfinite(truths["amount"]).all()


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("objective", ["gamma", "log", "poisson", "tweedie", "quantile"])
def test_a_missing_answer_spoils_no_loss(objective: str, frame: pd.DataFrame, quick: Any) -> None:
    df = frame[["c", "x", "amount", "late", "stars"]].astype({"stars": object})
    for at, name in enumerate(["amount", "late", "stars"]):
        df.loc[df.index % 7 == at, name] = None
    df["stars"] = df["stars"].astype("Int64")
    schema = te.infer_schema(df, [te.Target("amount", objective=objective), "late", te.Target("stars", "ordinal")])
    est = quick.regressor(epochs=2).fit_schema(schema, df)
    assert np.isfinite(est.history_["loss"]).all()
    assert np.isfinite(est.predict(df[["c", "x"]])["amount" if objective != "quantile" else "amount_0.5"]).all()


@pytest.mark.usefixtures("eagerly")
def test_losses_by_name(frame: pd.DataFrame, quick: Any) -> None:
    X, y = frame[["c", "x"]], frame["count"]
    est = quick.regressor(loss="tweedie", power=1.2).fit(X, y)
    assert (est.schema_.target.objective, est.schema_.target.power) == ("tweedie", 1.2)
    assert "deviance" in est.evaluate(X, y)["model"]
    quantiles = quick.regressor(quantiles=(0.25, 0.75)).fit(X, y)
    assert quantiles.predict(X).shape == (ROWS, 2)
    found = quantiles.evaluate(X, y)
    assert quantiles.score(X, y) == pytest.approx(1 - found["model"]["pinball"] / found["baseline"]["pinball"])
    assert quick.classifier(task="ordinal").fit(X, frame["stars"]).classes_.tolist() == [1, 2, 3, 4, 5]
    labels = quick.classifier(task="multilabel").fit(X, frame[["meal", "wi fi"]])
    assert labels.predict_proba(X).shape == labels.predict(X).shape == (ROWS, 2)


def test_weights_in_a_column_are_weights_in_an_array(frame: pd.DataFrame, quick: Any) -> None:
    X, w = frame[["c", "x"]], (np.arange(ROWS) % 4).astype(float)
    by_array = quick.regressor().fit(X, frame["amount"], sample_weight=w)
    by_name = quick.regressor().fit(X.assign(w=w), frame["amount"], sample_weight="w")
    assert list(by_name.schema_.features) == ["c", "x"]
    np.testing.assert_array_equal(by_array.predict(X), by_name.predict(X))
    assert by_array.metrics_ == by_name.metrics_


def test_class_weights(frame: pd.DataFrame, quick: Any) -> None:
    X, y = frame[["c", "x"]], frame["late"]
    settings = {"epochs": 6, "batch_size": 16}
    plain = quick.classifier(**settings).fit(X, y).predict_proba(X)[:, 0].mean()
    balanced = quick.classifier(class_weight="balanced", **settings).fit(X, y)
    assert balanced.predict_proba(X)[:, 0].mean() > plain + 0.1
    by_hand = {"late": ROWS / 2 / (y == "late").sum(), "no": ROWS / 2 / (y == "no").sum()}
    same = quick.classifier(class_weight=by_hand, **settings).fit(X, y)
    np.testing.assert_allclose(same.predict_proba(X), balanced.predict_proba(X), atol=1e-4)


X = pd.DataFrame({"c": list("abab") * 5, "x": np.arange(20) / 7})


@pytest.mark.parametrize(
    ("target", "values", "message"),
    [
        (
            te.Target("y", objective="poisson"),
            [3, -2, 1, 1] * 5,
            "target 'y' must be 0 or more for loss 'poisson', however: -2 in row 1",
        ),
        (
            te.Target("y", objective="gamma"),
            [3, 2, 0, 1] * 5,
            "target 'y' must be above 0 for loss 'gamma', however: 0 in row 2",
        ),
        (
            te.Target("y", objective="log"),
            [3, 2, 0, 1] * 5,
            "target 'y' must be above 0 for loss 'log', however: 0 in row 2",
        ),
        (
            te.Target("y", "ordinal"),
            [1, 2, 4, 1] * 5,
            "target 'y' must be whole numbers without gaps .* 4 in row 2, and no row between 2 and 4",
        ),
        (
            te.Target("y", "ordinal"),
            [1, 2, 2.5, 1] * 5,
            "target 'y' must hold whole numbers for task='ordinal', however: 2.5 in row 2",
        ),
        (
            te.Target("y", "ordinal"),
            list("aabb") * 5,
            "target 'y' must be an ordered category or whole numbers for task='ordinal'",
        ),
        (
            te.Target("y", "ordinal", classes=["a", "b"]),
            list("aacb") * 5,
            "target 'y' must be one of the 2 classes .*'c' in row 2",
        ),
        (te.Target("y", "multilabel"), [1, 0, 0, 1] * 5, "target 'y' must hold lists of labels for task='multilabel'"),
        (
            te.Target("l", "multilabel", labels=["y", "z"]),
            [1, 0, 2, 1] * 5,
            "target 'y' must be 0 or 1 in every row, however: 2 in row 2",
        ),
        (te.Target("l", "multilabel", labels=["y", "z"]), [1] * 20, "target 'y' must take two values or more"),
        (["y", te.Target("z")], [None] * 20, "target 'y' must be there in some row, however: all 20 rows miss it"),
    ],
)
def test_bad_values_are_refused_with_their_row(target: Any, values: list[Any], message: str) -> None:
    df = X.assign(y=pd.Series(values, dtype=float if values[0] is None else None), z=[0, 1] * 10)
    with pytest.raises(te.DataError, match=message):
        te.infer_schema(df, target)


@pytest.mark.parametrize("objective", ["poisson", "gamma"])
def test_bad_values_of_files_are_refused_with_their_row(objective: str, tmp_path: Path) -> None:
    values = np.arange(1.0, 21)
    values[13] = -1
    pq.write_table(pa.table({"c": list("abab") * 5, "y": values}), tmp_path / "a.parquet", row_group_size=5)
    with pytest.raises(te.DataError, match=f"for loss '{objective}', however: -1 in row 13"):
        te.infer_schema(tmp_path / "a.parquet", te.Target("y", objective=objective))


def test_values_after_the_schema_are_checked_too() -> None:
    schema = te.infer_schema(X.assign(y=[3, 2, 0, 1] * 5), te.Target("y", objective="poisson"))
    with pytest.raises(te.DataError, match="for loss 'poisson', however: -1 in row 0"):
        schema.encode_target({"y": [-1, 2]})
    labels = te.infer_schema(X.assign(y=[["a"], [], ["a", "b"], ["b"]] * 5), "y")
    with pytest.raises(te.DataError, match="target 'y' must hold the 2 labels of the schema, however: 'c' in row 1"):
        labels.encode_target({"y": [["a"], ["c"]]})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantiles": (0.5, 1.0)}, r"`quantiles` of target 'y' must be in \(0, 1\), each above the one before"),
        ({"quantiles": (0.5, 0.1)}, r"`quantiles` of target 'y' must be in \(0, 1\), each above the one before"),
        ({"quantiles": (0.5,), "objective": "mae"}, "`quantiles` go with loss 'quantile'"),
        ({"objective": "hinge"}, "the loss of target 'y' must be one of mse, mae, .*, however: 'hinge'"),
        ({"objective": "tweedie", "power": 2.0}, r"`power` of target 'y' must be in \(1, 2\), however: 2.0"),
        ({"objective": "huber", "delta": 0}, "`delta` of target 'y' must be above 0"),
        ({"weight": -1.0}, "`weight` of target 'y' must be above 0"),
        (
            {"task": "binary", "objective": "mae"},
            "target 'y' must be a regression for loss 'mae', however: task='binary'",
        ),
    ],
)
def test_options_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(te.DataError, match=message):
        te.Target("y", **options)


def test_what_fit_refuses(quick: Any, tmp_path: Path) -> None:
    y = [0, 1] * 10
    with pytest.raises(
        te.DataError, match="`sample_weight` column 'w' must hold numbers of 0 or more, however: -1 in row 2"
    ):
        quick.regressor().fit(X.assign(w=[1, 1, -1, 1] * 5), y, sample_weight="w")
    with pytest.raises(te.DataError, match="`sample_weight` column 'w' must hold .*, however: nothing in row 1"):
        quick.regressor().fit(X.assign(w=[1, None, 1, 1] * 5), y, sample_weight="w")
    with pytest.raises(te.DataError, match="`sample_weight` column 'w' must not be zero in every row"):
        quick.regressor().fit(X.assign(w=0), y, sample_weight="w")
    with pytest.raises(te.LabelError, match="`sample_weight` names column 'v', which the data does not have"):
        quick.regressor().fit(X, y, sample_weight="v")
    with pytest.raises(te.DataError, match="`sample_weight` column 'x' must be no feature"):
        table = X.assign(y=y, x2=1.5)
        quick.classifier().fit_schema(te.infer_schema(table, "y"), table, sample_weight="x")
    with pytest.raises(te.DataError, match="`task` must be one of classes, however: task='regression'"):
        quick.classifier(task="regression").fit(X, y)
    with pytest.raises(te.DataError, match="`y` must hold the targets target, however: it has 2 columns"):
        quick.regressor().fit(X, np.arange(20.0)).evaluate(X, np.zeros((20, 2)))
    with pytest.raises(te.DataError, match="`classes` goes with one target of classes without order"):
        quick.classifier(task="ordinal").partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(te.DataError, match="`target` must name each column once, however: 'y'"):
        te.infer_schema(X.assign(y=y), ["y", "y"])
    both = te.infer_schema(X.assign(y=y, z=y), ["y", "z"])
    with pytest.raises(te.DataError, match="one target is needed here, however: the schema has several, y, z"):
        both.need_target()


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ({"maybe": 1}, r"`class_weight` must name classes of target 'target', \['no', 'yes'\], however: 'maybe'"),
        ({"no": -1}, "`class_weight` must hold numbers of 0 or more, however: -1 for 'no'"),
        ({"no": 0, "yes": 0}, "`class_weight` must not be zero for every class"),
        ("even", "`class_weight` must be 'balanced' or {class: weight}, however: 'even'"),
    ],
)
def test_bad_class_weights(quick: Any, weight: Any, message: str) -> None:
    with pytest.raises(te.DataError, match=message):
        quick.classifier(class_weight=weight).fit(X, ["no", "yes"] * 10)
    with pytest.raises(
        te.DataError, match="`class_weight` goes with one target of classes, however: labels is multilabel"
    ):
        labels = pd.DataFrame({"a": [0, 1] * 10, "b": [1, 0] * 10})
        quick.classifier(task="multilabel", class_weight=weight).fit(X, labels)


def test_a_class_that_training_did_not_have(quick: Any) -> None:
    est = quick.classifier().fit(X, ["no", "yes"] * 10)
    with pytest.raises(te.DataError, match="target 'target' must be one of the 2 classes .*: 'maybe' in row 1"):
        est.evaluate(X, ["no", "maybe"] * 10)
