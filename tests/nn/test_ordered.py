"""Labels that are numbers in order: the network gets the number too, beside the label's vector."""

import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.nn.grow import grow_model


def rows(count=600, seed=0):
    rng = np.random.default_rng(seed)
    df = pd.DataFrame({"grade": rng.integers(0, 12, count), "name": rng.choice(list("abc"), count)})
    df["flag"], df["y"] = rng.integers(0, 2, count), df["grade"] * 0.5 + rng.normal(size=count)
    df.loc[::50, "grade"] = None
    return df


def declared(df, **how):
    return te.infer_schema(df, "y", kinds={"grade": te.Categorical(ordered=True, **how)})


def test_between_two_borders_there_are_about_equally_many_rows():
    kind = declared(pd.DataFrame({"grade": [*range(8)] * 10 + [100] * 80, "y": np.arange(160.0)}))["grade"]
    assert kind.edges == (0, 1, 3, 5, 7, 100)  # half of the rows are below 100


def test_the_presets_take_numbers_of_few_values_so_and_nothing_else():
    X, y = (df := rows()).drop(columns="y"), df["y"]
    est = te.TabularRegressor(epochs=1, random_state=0, verbose=0).fit(X, y)
    kinds = est.schema_.features
    assert kinds["grade"].ordered
    assert not any(getattr(kinds[name], "ordered", False) for name in ("name", "flag"))
    assert sorted(est.tables_["grade"].labels, key=int) == [str(grade) for grade in range(12)]
    assert not te.TabularRegressor(preset="fast", epochs=1, verbose=0).fit(X, y).schema_["grade"].ordered
    text = te.TabularRegressor(epochs=1, verbose=0).fit(X.assign(grade=X["grade"].map(str)), y)
    assert not text.schema_["grade"].ordered  # text is a label, whatever stands in it


def test_the_number_stands_behind_the_vector_and_missing_ones_are_told_apart():
    schema = declared(rows(), unknown_rate=0.0)
    model = te.build_model(schema, random_state=0, hidden=(4,))
    codes = model.get_layer("grade.numbers").get_weights()[0]
    numbers = np.array([float(label) for label in schema["grade"].labels])
    assert np.corrcoef(codes[2:, 0], numbers)[0, 1] == pytest.approx(1)
    np.testing.assert_array_equal(codes[:, 1], [1, 1, *[0] * 12])  # neither a missing nor an unknown label has one
    assert model.get_layer("grade.ordered").output.shape[-1] == schema["grade"].dim + 6
    assert not model.get_layer("grade.numbers").trainable


def test_order_is_learned_where_a_label_has_few_rows():
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"n": rng.integers(0, 30, 200)}).assign(y=lambda d: 0.3 * d["n"] + rng.normal(size=200))
    new = pd.DataFrame({"n": np.arange(30)})
    error = {}
    for ordered in (False, True):
        kinds = {"n": te.Categorical(ordered=ordered)}
        est = te.TabularRegressor(preset="fast", kinds=kinds, epochs=30, random_state=0, verbose=0)
        error[ordered] = np.mean((est.fit(df[["n"]], df["y"]).predict(new) - 0.3 * new["n"]) ** 2)
    assert error[True] < 0.7 * error[False]


def test_a_schema_of_ordered_columns_comes_back_from_its_json(tmp_path):
    schema = declared(rows())
    schema.to_json(tmp_path / "schema.json")
    again = te.Schema.from_json(tmp_path / "schema.json")
    assert again["grade"] == schema["grade"]
    assert again["grade"].edges == schema["grade"].edges


@pytest.mark.parametrize("more", [{"grade": [40.0, 41.0]}, {"grade": [3.0] * 400}])
def test_a_grown_model_reads_the_numbers_of_its_new_ids(more):
    df = rows().drop(columns=["name", "flag"])
    schema = declared(df)
    model = te.build_model(schema, random_state=0, hidden=(4,))
    before = model.predict(schema.inputs(df[:9]), verbose=0)
    count = len(more["grade"])
    grown = schema.grown({**more, "y": np.zeros(count)})
    after = grow_model(model, schema, grown, hidden=(4,))
    assert grown["grade"].edges == schema["grade"].edges
    np.testing.assert_allclose(after.predict(grown.inputs(df[:9]), verbose=0), before, atol=1e-6)
    codes = after.get_layer("grade.numbers").get_weights()[0][2:, 0]
    assert np.all(np.diff(codes[np.argsort([float(label) for label in grown["grade"].labels])]) > 0)


def test_a_label_that_comes_later_and_is_no_number_has_none():
    df = rows().dropna()
    est = te.TabularRegressor(epochs=1, random_state=0, verbose=0).fit(df[["grade", "flag"]], df["y"])
    later = df.assign(grade=df["grade"].astype(int).astype(str).where(df["grade"] > 3, "none"))
    est.partial_fit(later[["grade", "flag"]], later["y"])
    labels = est.tables_["grade"].labels
    codes = est.model_.get_layer("grade.numbers").get_weights()[0][2:]
    np.testing.assert_array_equal(codes[labels.index("none")], [0, 1])
    assert codes[:, 1].sum() == 1
    assert np.isfinite(est.predict(later[["grade", "flag"]])).all()


def test_what_is_no_order_is_refused():
    df = rows()
    with pytest.raises(
        te.DataError, match="`ordered` is for labels that are numbers, however: the first are '[abc]', "
    ):
        te.infer_schema(df, "y", kinds={"name": te.Categorical(ordered=True)})
    with pytest.raises(te.DataError, match="`ordered` must be True or False, however: ordered='yes'"):
        te.Categorical(ordered="yes")
    for many in (te.Cross, te.MultiCategorical):
        with pytest.raises(te.DataError, match=f"`ordered` is for te.Categorical, however: te.{many.__name__}"):
            many(ordered=True, **({"columns": ("a", "b")} if many is te.Cross else {}))
    with pytest.raises(te.DataError, match="`ordered` must be False in steps, however: 'grade' is ordered"):
        te.Sequence({"grade": te.Categorical(ordered=True)})
    for other in ({"table": "t"}, {"one_hot": True}, {"hash_buckets": 8}):
        with pytest.raises(
            te.DataError, match=f"`ordered` is for a column with a row a label, however: {next(iter(other))}="
        ):
            te.Categorical(ordered=True, **other)


def test_a_model_of_ordered_columns_is_exported_as_it_is(tmp_path):
    X, y = (df := rows()).drop(columns="y"), df["y"]
    est = te.TabularRegressor(epochs=2, random_state=0, verbose=0).fit(X, y)
    new = X[:40].assign(grade=[*range(38), None, 99.0])
    est.export(tmp_path / "model")
    np.testing.assert_array_equal(np.ravel(te.load(tmp_path / "model").predict(new)), est.predict(new))
    est.save(tmp_path / "est")
    np.testing.assert_array_equal(te.TabularRegressor.load(tmp_path / "est").predict(new), est.predict(new))
