"""Every network: with every column kind through training, export and reload; seeds, warm starts, XLA; its refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.io import DataError
from tabembed.nn.networks import NETWORKS
from tabembed.nn.recipe import Recipe
from tabembed.nn.traced_once import TabularModel
from tests.later import some_later
from tests.serving import test_all_kinds as every_kind

SMALL: dict[str, dict[str, Any]] = {
    "mlp": {"hidden": (6,)},
    "linear": {},
    "wide_deep": {"hidden": (6,)},
    "resnet": {"width": 6, "residual_dropout": 0.1},
    "dcn": {"hidden": (6,)},
    "deepfm": {"dim": 3, "hidden": (6,)},
    "transformer": {"blocks": 1, "dim": 8, "heads": 2, "residual_dropout": 0.1},
    "tabm": {"k": 3, "hidden": (6,)},
    "lstm": {"units": 4, "layers": 2, "hidden": (6,)},
}
ALL = [*SMALL]
PLAIN = [name for name in ALL if name != "lstm"]
"""Those that need no sequence."""
every_frame = every_kind.frame


def test_these_are_all() -> None:
    assert set(ALL) == set(NETWORKS)


def output(model: keras.Model, schema: te.Schema, frame: pd.DataFrame) -> np.ndarray:
    return np.asarray(model(schema.inputs(frame), training=False))


# with every kind


@pytest.mark.parametrize("network", some_later(ALL, "lstm"))
def test_it_learns_from_every_kind_and_answers_the_same_everywhere(
    every_frame: pd.DataFrame, network: str, tmp_path: Path, eagerly: None
) -> None:
    part, kinds = every_kind.some(every_frame, tuple(every_kind.COLUMNS))
    est = te.TabularRegressor(
        preset="fast",
        network=network,
        network_options=SMALL[network],
        kinds=kinds,
        epochs=1,
        batch_size=120,
        random_state=0,
        verbose=0,
    )
    est.fit(part.drop(columns="y"), part["y"])
    model, schema = est.model_, est.schema_
    assert isinstance(model, TabularModel)
    within = 1e-5 * max(1.0, float(part["y"].std(ddof=0)))
    want = output(model, schema, part)[:, 0]
    assert want.shape == (len(part),)
    assert np.isfinite(want).all()
    np.testing.assert_allclose(est.predict(part.drop(columns="y")), want, rtol=0, atol=within)
    served = te.load(est.export(tmp_path / "m"))
    np.testing.assert_allclose(served.predict(part), want, rtol=0, atol=within)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(output(again, schema, part)[:, 0], want, rtol=0, atol=within)
    assert te.extract_tables(again, schema) == te.extract_tables(model, schema) == served.tables
    assert set(served.tables) == set(schema.tables), "one table for each column, whatever the network"


# on a plain table


def classifier(network: str) -> te.TabularClassifier:
    return te.TabularClassifier(
        preset="fast", network=network, network_options=SMALL[network], epochs=2, random_state=0, verbose=0
    )


@pytest.mark.parametrize("network", some_later(PLAIN))
def test_it_learns_classes(frame: pd.DataFrame, features: list[str], network: str) -> None:
    found = classifier(network).fit(frame[features], frame["three"])
    assert found.metrics_["model"]["log_loss"] < 1.5
    np.testing.assert_allclose(found.predict_proba(frame[features]).sum(axis=1), 1, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("network", ["resnet", "transformer", "tabm"])
def test_a_seed_repeats_the_training(frame: pd.DataFrame, features: list[str], network: str) -> None:
    one, other = (classifier(network).fit(frame[features], frame["two"]).model_.get_weights() for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("network", some_later(PLAIN, "transformer"))
def test_it_starts_from_tables_and_leaves_frozen_ones(schema: te.Schema, frame: pd.DataFrame, network: str) -> None:
    table = te.EmbeddingTable(["a", "b", "c", "d"], np.arange(12, dtype=np.float32).reshape(4, 3) / 10)
    options: dict[str, Any] = {"init": {"city": table}, "freeze": "city", "random_state": 0, **SMALL[network]}
    model = te.build_model(schema, network, **options)
    model.compile(te.RowwiseAdam(1e-2), "mse", jit_compile=True)
    before = {name: vectors.vectors for name, vectors in te.extract_tables(model, schema).items()}
    model.fit(schema.dataset(frame, 100, shuffle=True, seed=0), epochs=1, shuffle=False, verbose=0)
    after = te.extract_tables(model, schema)
    np.testing.assert_array_equal(after["city"].vectors, table.lookup(after["city"].labels))
    assert not np.array_equal(after["my state"].vectors, before["my state"]), "others are trained"


@pytest.mark.slow
@pytest.mark.parametrize("network", PLAIN)
def test_it_grows_with_new_rows(frame: pd.DataFrame, features: list[str], network: str) -> None:
    est = te.TabularRegressor(
        preset="fast", network=network, network_options=SMALL[network], epochs=1, random_state=0, verbose=0
    )
    est.fit(frame[features], frame["y"])
    later = frame.assign(city=frame["city"].replace("a", "new"))
    est.partial_fit(later[features], later["y"])
    assert "new" in est.tables_["city"]
    assert np.isfinite(est.predict(later[features])).all()


@pytest.mark.slow
@pytest.mark.parametrize("network", PLAIN)
def test_mixed_precision_keeps_the_values(schema: te.Schema, frame: pd.DataFrame, network: str) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = te.build_model(schema, network, random_state=0, **SMALL[network])
    finally:
        keras.config.set_dtype_policy("float32")
    full = te.build_model(schema, network, random_state=0, **SMALL[network])
    found, want = output(model, schema, frame), output(full, schema, frame)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, want, atol=0.1 * schema.need_target().scale)


# training


def test_a_networks_own_settings_are_used_where_none_are_given(
    frame: pd.DataFrame, features: list[str], tmp_path: Path
) -> None:
    assert Recipe.of("mlp") == Recipe()
    for name, network in NETWORKS.items():
        assert vars(Recipe.of(name)).items() >= dict(network.training).items()
    est = te.TabularRegressor(
        preset="fast", network="resnet", network_options=SMALL["resnet"], epochs=1, random_state=0, verbose=0
    )
    est.fit(frame[features], frame["y"])
    assert est.model_.optimizer.weight_decay == NETWORKS["resnet"].training["weight_decay"]
    est.set_params(weight_decay=0.5, learning_rate=0.1).fit(frame[features], frame["y"])
    assert est.model_.optimizer.weight_decay == 0.5
    settings = (est.export(tmp_path / "m") / "assets.extra" / "training.json").read_text()
    assert '"learning_rate": 0.1' in settings
    assert '"patience": 5' in settings, "what was not given is told too"


# what is in them


def test_crosses_are_for_the_wide_part_alone(frame: pd.DataFrame) -> None:
    kinds = {"both": te.Cross("city", "flag")}
    schema = te.infer_schema(frame[["city", "flag", "km", "y"]], "y", kinds=kinds)
    model = te.build_model(schema, "wide_deep", **SMALL["wide_deep"])
    cross = schema["both"]
    assert isinstance(cross, te.Cross)
    wide = model.get_layer("network.concatenate").output.shape[-1]
    assert model.get_layer("wide_deep.deep").output.shape[-1] == wide - (cross.dim or 0)
    alone = te.infer_schema(
        frame[["city", "flag", "y"]], "y", kinds={**kinds, "city": te.Ignored(), "flag": te.Ignored()}
    )
    assert te.build_model(alone, "wide_deep", **SMALL["wide_deep"]).output.shape == (None, 1)


def test_the_linear_model_is_additive(frame: pd.DataFrame) -> None:
    schema = te.infer_schema(frame[["city", "km", "y"]], "y")
    model = te.build_model(schema, "linear", random_state=0)
    corners = pd.DataFrame({"city": ["a", "b", "a", "b"], "km": [10.0, 10.0, 90.0, 90.0]})
    one, other, third, fourth = output(model, schema, corners)[:, 0].astype(np.float64)
    assert one - other == pytest.approx(third - fourth, abs=1e-2)
    assert one != third


@pytest.mark.parametrize("network", ["dcn", "deepfm"])
def test_extreme_numbers_are_not_multiplied(frame: pd.DataFrame, network: str) -> None:
    """Far out the answer grows as a straight line does, and not as a product of columns."""
    schema = te.infer_schema(frame[["city", "km", "gaps", "y"]], "y")
    model = te.build_model(schema, network, random_state=0, **SMALL[network])
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    far = pd.DataFrame({"city": ["a"] * 3, "km": [50.0, 1e6, 2e6], "gaps": [0.0, 1e5, 2e5]})
    near, there, beyond = output(model, schema, far)[:, 0].astype(np.float64)
    assert abs(beyond - near) == pytest.approx(2 * abs(there - near), rel=0.01)


# refusals


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        ("mlp", {"hidden": 8}, "`hidden` must be whole numbers of 1 or more, however: hidden=8"),
        ("mlp", {"dropout": "a"}, r"`dropout` must be in \[0, 1\), however: dropout='a'"),
        ("linear", {"hidden": (8,)}, r"network 'linear' takes no options, however: hidden=\(8,\)"),
        ("wide_deep", {"hidden": (0,)}, "`hidden` must be whole numbers of 1 or more"),
        ("resnet", {"blocks": 0}, "`blocks` must be a whole number of 1 or more, however: blocks=0"),
        ("resnet", {"hidden_factor": 0.001}, r"`width \* hidden_factor` must be a whole number of 1 or more"),
        ("resnet", {"residual_dropout": 1}, r"`residual_dropout` must be in \[0, 1\)"),
        ("dcn", {"crosses": 1.5}, "`crosses` must be a whole number of 1 or more, however: crosses=1.5"),
        ("dcn", {"structure": "both"}, "`structure` must be one of parallel, stacked, however: structure='both'"),
        ("deepfm", {"dim": True}, "`dim` must be a whole number of 1 or more, however: dim=True"),
        ("transformer", {"dim": 20}, "`dim` must be a multiple of 8, however: dim=20"),
        ("transformer", {"attention_dropout": -1}, r"`attention_dropout` must be in \[0, 1\)"),
        ("tabm", {"k": 0}, "`k` must be a whole number of 1 or more, however: k=0"),
        ("tabm", {"start": "ones"}, "`start` must be one of normal, random-signs, however: start='ones'"),
        ("lstm", {}, "network 'lstm' needs a te.Sequence among the columns, however: the schema has none"),
        (["mlp"], {}, "`network` must be one of mlp, linear, .*, however: network="),
    ],
)
def test_an_option_out_of_range_is_refused(
    schema: te.Schema, network: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        te.build_model(schema, network, **options)


@pytest.mark.parametrize("options", [{"structure": "stacked"}, {"hidden": ()}])
def test_other_forms_of_dcn(schema: te.Schema, frame: pd.DataFrame, options: dict[str, Any]) -> None:
    assert output(te.build_model(schema, "dcn", **options), schema, frame).shape == (300, 1)
