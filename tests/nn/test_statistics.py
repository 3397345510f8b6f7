"""Target statistics: what is learned, that nothing leaks, and that the graph looks up what was learned."""

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import TargetEncoder

import tabembed as te
from tabembed.nn import screen_statistics
from tabembed.nn.learn_statistics import FOLDS, learn_statistics
from tabembed.nn.statistics import TargetStatistics, codes_of, starts_of
from tabembed.nn.statistics_lookup import (
    STATISTICS,
    StatisticsLookup,
    fed_statistics,
    statistics_lookup,
    statistics_of,
)
from tabembed.nn.target_means import Means, answers_of

LABELS = "abcdefghijkl"


def rows(count=600, seed=0):
    """Return labels whose pair decides the target, and one that says nothing."""
    rng = np.random.default_rng(seed)
    df = pd.DataFrame({name: rng.choice(list(LABELS), count) for name in "ab"})
    df["c"] = rng.choice(list("tuv"), count)
    together = (df["a"].isin([*LABELS[::2]]) ^ df["b"].isin([*LABELS[::2]])).to_numpy()
    df["y"] = together + df["a"].map({label: at % 5 for at, label in enumerate(LABELS)}) + 0.1 * rng.normal(size=count)
    return df


def learned(df, task="auto", weights=None, **how):
    schema = te.infer_schema(df, "y", task=task)
    found = learn_statistics(schema, schema.encode(df), schema.encode_target(df), weights, **how)
    return schema, found


def prior_rows(df, name="a", y="y"):
    """Return the variance within labels by that between them, the textbook's one-way analysis of variance."""
    groups = [part.to_numpy(float) for _, part in df.groupby(name)[y]]
    count, labels = len(df), len(groups)
    within = sum(((part - part.mean()) ** 2).sum() for part in groups) / (count - labels)
    between = sum(len(part) * (part.mean() - df[y].mean()) ** 2 for part in groups) / (labels - 1)
    size = (count - sum(len(part) ** 2 for part in groups) / count) / (labels - 1)
    return within / ((between - within) / size)


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_the_means_are_those_of_scikit_learns_target_encoder(task):
    df = rows()
    if task == "binary":
        df["y"] = (df["y"] > 1).astype(int)
    schema, (statistics, _) = learned(df, task, pairs=0)
    kind = "continuous" if task == "regression" else "binary"
    theirs = TargetEncoder(smooth=max(0.5, prior_rows(df)), target_type=kind).fit(df[["a"]], df["y"])
    means = theirs.encodings_[0]
    mean = df["y"].mean()
    expected = (means - mean) / df["y"].std(ddof=0)
    if task == "binary":
        expected = np.log(means / (1 - means)) - np.log(mean / (1 - mean))
    table = te.EmbeddingTable(schema["a"].labels, _of(statistics, "a"))
    np.testing.assert_allclose([table[label][0] for label in theirs.categories_[0]], expected, atol=1e-5)


def _of(statistics, name):
    at = statistics.groups.index((name,))
    ids, places = statistics.ids_of(at)
    assert ids[:, 0].tolist() == list(range(2, 2 + len(ids)))  # every label has rows
    return statistics.vectors[places]


def test_rows_of_a_fold_have_one_vector_whatever_their_targets_are():
    df = rows()
    _, (statistics, crossed) = learned(df, pairs=0)
    of_a = np.split(crossed, len(statistics.groups), axis=1)[0]
    for label in LABELS:  # and that of no label, where it is hidden
        assert len(np.unique(of_a[df["a"] == label], axis=0)) <= FOLDS + 1


def test_noise_is_not_learned():
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"many": rng.integers(0, 300, 1_500).astype(str), "more": rng.integers(0, 20, 1_500).astype(str)})
    df["y"] = rng.normal(size=1_500)
    schema, (statistics, crossed) = learned(df)
    leaking = statistics.of(schema.encode(df))

    def explained(columns):
        half = len(df) // 2
        return LinearRegression().fit(columns[:half], df["y"][:half]).score(columns[half:], df["y"][half:])

    assert explained(crossed) < 0.01
    assert explained(leaking) > 0.1  # the rows' own targets are in it
    assert statistics.groups == (("many",), ("more",))  # a pair of noise is not kept


def test_a_pair_is_kept_that_tells_more_than_its_columns():
    _, (statistics, crossed) = learned(rows())
    assert statistics.groups[:3] == (("a",), ("b",), ("a", "b"))
    assert crossed.shape == (600, 2 * len(statistics.groups))
    np.testing.assert_allclose(crossed[:, ::2].mean(axis=0), 0, atol=0.05)


def test_of_very_many_columns_those_that_tell_most_by_themselves_are_judged_in_pairs(monkeypatch):
    rng = np.random.default_rng(1)
    df = rows()
    df = df.drop(columns="y").assign(**{f"noise {at}": rng.choice(list(LABELS), 600) for at in range(6)}, y=df["y"])
    df["y"] += df["b"].map(LABELS.index) % 3
    _, (every, _) = learned(df)
    monkeypatch.setattr(screen_statistics, "_COLUMNS", 2)
    monkeypatch.setattr(screen_statistics, "_RARE", (-np.inf, -np.inf))  # whatever is judged is kept
    _, (some, crossed) = learned(df)
    assert ("a", "b") in every.groups
    assert [group for group in some.groups if len(group) > 1] == [("a", "b")]
    assert crossed.shape == (600, 2 * len(some.groups)), "all columns keep their own"
    assert {(name,) for name in [*"ab", *(f"noise {at}" for at in range(6))]} == {g for g in some.groups if len(g) == 1}


def cases():
    """Return rows of 500 cases: those of one have all labels alike, and one answer, drawn by chance."""
    rng = np.random.default_rng(0)
    case = rng.integers(0, 500, 2_000)
    return pd.DataFrame({"team": case % 50, "event": case // 10}).astype(str).assign(y=rng.normal(size=500)[case])


def test_rows_of_a_case_tell_of_those_that_come():
    schema, (statistics, crossed) = learned(df := cases())
    assert statistics.groups == (("team",), ("event",), ("team", "event"))
    assert LinearRegression().fit(crossed, df["y"]).score(statistics.of(schema.encode(df)), df["y"]) > 0.6


def test_where_later_rows_come_labels_together_are_hidden_too():
    unknown = []
    for later in (False, True):
        _, (statistics, crossed) = learned(cases(), later=later)
        at = statistics.groups.index(("team", "event"))
        pair, event = (np.all(crossed[:, 2 * i : 2 * i + 2] == statistics.default[i], axis=1) for i in (at, 1))
        unknown.append((pair.mean(), event.mean()))
    (before, single), (after, same) = unknown
    assert 0.8 * before + 0.85 * 0.2 < after + 0.02  # a fifth more of those that were known
    assert after < before + 0.2
    assert single == pytest.approx(same, abs=0.02)


def years(noise):
    """Return the years of businesses, of one row or four each, whose answers are alike but for the noise."""
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"name": np.repeat(np.arange(300), 8), "year": np.tile(np.arange(8), 300)})
    truth = rng.normal(size=len(df))
    more = rng.random(len(df)) < 0.4
    at = np.r_[np.arange(len(df)), np.repeat(np.flatnonzero(more), 3)]
    return df.iloc[at].astype(str).assign(y=truth[at] + noise * rng.normal(size=len(at))), ~more


@pytest.mark.parametrize(("noise", "told"), [(0.3, True), (3.0, False)])
def test_labels_of_a_single_row_have_a_mean_where_one_row_says_enough(noise, told):
    df, alone = years(noise)
    encoded, truth = {name: df[name].astype(int).to_numpy() + 2 for name in ("name", "year")}, df["y"].to_numpy()
    means = Means(answers_of(te.infer_schema(df, "y").target, truth, None), np.arange(len(df)) % FOLDS, FOLDS)
    codes = encoded["name"] * 10 + encoded["year"]
    labels, vectors, counts = means.whole(codes)
    single = np.unique(codes)[alone]
    assert np.isin(single, labels).all() if told else not np.isin(single, labels).any()
    assert counts.min() == (1 if told else 4)
    means.singles = False
    assert means.whole(codes)[2].min() == 4
    # A row of such a label is as one of a label that never was: it is not among those that it is told of.
    own = np.isin(codes, single)
    assert (means.crossed(codes)[own] == means.nothing()).all()
    means.singles = True
    assert (means.crossed(codes)[own] == means.nothing()).all()
    if told:
        there = vectors[np.isin(labels, single)]
        assert np.corrcoef(there[:, 0], truth[own][np.argsort(codes[own])])[0, 1] > 0.99


def test_a_business_with_one_row_a_year_is_told_by_that_row():
    df, _ = years(0.3)
    come = df.drop_duplicates(["name", "year"])
    schema, (statistics, _) = learned(df)
    assert statistics.groups == (("name",), ("name", "year"))
    assert (statistics.of(schema.encode(come))[:, -2:] != statistics.default[-1]).all()
    assert statistics.counts.min() == 1
    _, (later, _) = learned(df, later=True)  # few of the rows to come have such a label then
    assert later.groups == statistics.groups
    assert later.counts.min() == 4


def test_some_labels_are_hidden_since_rare_ones_say_little_of_new_ones():
    rng = np.random.default_rng(0)
    # Labels of two rows are good ones, others are not; what is new later is neither.
    df = pd.DataFrame({"team": np.r_[np.repeat(np.arange(100), 2), 100 + rng.integers(0, 30, 1_800)]}).astype(str)
    df["y"] = np.r_[np.ones(200), np.zeros(1_800)] + 0.1 * rng.normal(size=2_000)
    _, (statistics, crossed) = learned(df)
    unknown = np.all(crossed == statistics.default[0], axis=1)
    assert 0.15 < unknown.mean() < 0.25
    assert df["y"][unknown].mean() < 0.2


def test_weights_weigh_the_means_and_not_the_counts():
    df = rows()
    weights = np.where(df["y"] > 1, 3.0, 1.0).astype(np.float32)
    _, (plain, _) = learned(df, pairs=0)
    schema, (weighed, _) = learned(df, weights=weights, pairs=0)
    np.testing.assert_array_equal(plain.counts, weighed.counts)
    by_label = pd.DataFrame({"y": df["y"] * weights, "w": weights, "a": df["a"]}).groupby("a").sum()
    ids, places = weighed.ids_of(0)
    names = [schema["a"].labels[one - 2] for one in ids[:, 0]]
    theirs = (by_label["y"] / by_label["w"])[names]
    # Labels of many rows are hardly drawn to the prior.
    assert np.corrcoef(weighed.vectors[places, 0], theirs)[0, 1] > 0.9999
    assert np.corrcoef(plain.vectors[places, 0], theirs)[0, 1] < 0.9999


@pytest.mark.parametrize("classes", [3, 11])
def test_classes_have_a_mean_each_but_for_very_many(classes):
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"a": rng.choice(list(LABELS), 400), "y": rng.integers(0, classes, 400).astype(str)})
    _, found = learned(df, "multiclass", pairs=0)
    assert found is None if classes > 10 else found[1].shape == (400, 4)


def test_labels_of_many_rows_and_columns_of_few_labels_have_none():
    df = rows(3_000)
    assert learned(df[["a", "y"]])[1] is None
    assert learned(df[["c", "y"]])[1] is None
    df["d"] = np.arange(3_000) % 60
    df = df.astype({"d": str})
    _, (statistics, _) = learned(df[["a", "c", "d", "y"]].assign(y=df["y"] + (df["d"] > "3") * (df["c"] == "t")))
    assert statistics.groups == (("d",), ("c", "d"))


def days(count=60_000, seed=0):
    """Return delays: each day of the year has its own, each of its quarters another; the gate says nothing."""
    rng = np.random.default_rng(seed)
    sizes = {"month": 12, "day": 30, "quarter": 4, "gate": 60}
    df = pd.DataFrame({name: rng.integers(0, size, count) for name, size in sizes.items()})
    at = tuple(df[name] for name in ("month", "day", "quarter"))
    by_day, by_quarter = rng.integers(-5, 6, (12, 30, 1)), rng.choice([-2, 2], (12, 30, 4))
    df["y"] = (by_day + by_quarter)[at] + rng.normal(size=count)
    return df.astype(dict.fromkeys(sizes, str)), by_day[at[:2]][:, 0]


def test_columns_of_many_rows_a_label_count_together_where_that_explains_much():
    df, _ = days()
    _, (statistics, crossed) = learned(df)
    assert {("month", "day"), ("month", "day", "quarter")} <= {*statistics.groups}
    assert not any("gate" in group for group in statistics.groups)
    assert crossed.shape == (60_000, 2 * len(statistics.groups))
    assert learned(df, pairs=0)[1] is None
    assert ("month", "day") in learned(df[:6_000])[1][0].groups  # 17 rows a day, which a network would not learn


def test_what_a_product_of_two_means_explains_is_no_pairs():
    rng = np.random.default_rng(0)
    df = pd.DataFrame({name: rng.integers(0, 30, 20_000) for name in "ab"})
    a, b, noise = df["a"] / 10, df["b"] / 10, rng.normal(size=len(df))
    by_chance = rng.normal(size=(30, 30))[df["a"], df["b"]]
    assert learned(df.astype(str).assign(y=a * b + noise))[1] is None
    assert learned(df.astype(str).assign(y=a + b + by_chance + noise))[1][0].groups == (("a", "b"),)


def test_what_shares_near_0_and_1_bend_is_no_pairs():
    rng = np.random.default_rng(0)
    df = pd.DataFrame({name: rng.choice(list(LABELS[:size]), 800) for name, size in (("noise", 4), ("shop", 6))})
    df["y"] = (df["shop"].map(LABELS.index) * 5 + 2 * rng.normal(size=800) > 12).astype(int)
    assert learned(df, "binary")[1] is None


def test_what_a_number_explains_is_not_counted_as_a_pairs():
    df, by_day = days()
    rng = np.random.default_rng(0)
    df["y"], warmth = by_day + rng.normal(size=len(df)), 0.37 * by_day
    assert ("month", "day") in learned(df)[1][0].groups
    assert learned(df.assign(warmth=warmth))[1] is None
    half = df.assign(warmth=np.where(rng.random(len(df)) < 0.5, warmth, np.nan))
    assert ("month", "day") in learned(half)[1][0].groups


def test_no_statistics_of_numbers_alone_of_several_targets_and_of_few_rows():
    df = rows()
    assert learned(df[["y"]].assign(n=np.arange(len(df)) * 0.5))[1] is None
    assert learned(df[:9])[1] is None
    schema = te.infer_schema(df, ["y", "c"])
    assert learn_statistics(schema, schema.encode(df), schema.encode_target(df)) is None


sizes = st.integers(3, 9)


@settings(deadline=None, max_examples=30)
@given(first=sizes, second=sizes, data=st.data())
def test_the_graph_looks_up_what_numpy_does(first, second, data):
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    groups, room = (("a",), ("b",), ("b", "a"), ("c", "b", "a")), {"a": first, "b": second, "c": 3}
    keys = np.flatnonzero(rng.random(first + second + 4 * first * second) < 0.6)
    keys = keys if len(keys) else np.array([0])
    vectors = rng.normal(size=(len(keys), 2)).astype(np.float32)
    statistics = TargetStatistics(
        groups, room, keys, vectors, rng.integers(2, 9, len(keys)), rng.normal(size=(4, 2)).astype(np.float32)
    )
    ids = {name: rng.integers(0, size, 40) for name, size in room.items()}
    found = statistics_lookup(statistics, {name: part[:, None] for name, part in ids.items()})
    np.testing.assert_array_equal(found, statistics.of(ids))
    for at in range(4):
        back, places = statistics.ids_of(at)
        own = codes_of(dict(zip(groups[at], back.T, strict=True)), room, groups[at]) + starts_of(groups, room)[at]
        np.testing.assert_array_equal(own, keys[places])


def test_pairs_of_many_labels_do_not_run_over():
    room = {"a": 3_000_000, "b": 2_000_000}
    keys = np.array([2_999_999 * 2_000_000 + 5, 2_999_999 * 2_000_000 + 7])
    layer = StatisticsLookup([["a", "b"]], room, 2, 1)
    layer.build((None, 2))
    layer.set_weights([keys, np.array([[1.0], [2.0]]), np.array([2, 2]), np.array([[-1.0]])])
    ids = np.array([[2_999_999, 7], [2_999_999, 6], [0, 7], [2_999_999, 5]], np.int32)
    assert layer(ids).numpy()[:, 0].tolist() == [2.0, -1.0, -1.0, 1.0]


@pytest.mark.parametrize("network", ["mlp", "tabm"])
def test_a_model_that_is_fed_statistics_shares_all_weights_and_the_other_can_still_be_saved(network, tmp_path):
    df = rows()
    schema, (statistics, crossed) = learned(df)
    model = te.build_model(schema, network, statistics=statistics, random_state=0)
    fed = fed_statistics(model)
    inputs = schema.inputs(df)
    looked_up = model.predict(inputs, verbose=0)
    np.testing.assert_allclose(
        fed.predict({**inputs, STATISTICS: statistics.of(schema.encode(df))}, verbose=0), looked_up, atol=1e-6
    )
    assert not np.allclose(fed.predict({**inputs, STATISTICS: crossed}, verbose=0), looked_up, atol=1e-3)
    assert {id(one) for one in fed.trainable_variables} == {id(one) for one in model.trainable_variables}
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(inputs, verbose=0), looked_up, atol=1e-6)
    assert statistics_of(again).groups == statistics.groups


def test_statistics_leave_the_model_keyed_by_labels():
    df = rows()
    schema, (statistics, _) = learned(df)
    tables = te.extract_statistics(te.build_model(schema, statistics=statistics), schema)
    assert list(tables)[:3] == ["a", "b", "a|b"]
    together = df.groupby(["a", "b"]).size()  # a single row tells of the pair, too: with little noise
    counts = dict(zip(tables["a|b"].labels, tables["a|b"].counts, strict=True))
    assert counts == {f"{a}|{b}": count for (a, b), count in together.items()}
    assert te.extract_statistics(te.build_model(schema), schema) == {}


def test_labels_keep_their_statistics_when_the_vocabulary_grows():
    from tabembed.nn.grow import grow_model

    df = rows()
    schema, (statistics, _) = learned(df)
    model = te.build_model(schema, statistics=statistics, random_state=0)
    before = te.extract_statistics(model, schema)
    for more in (["new", "l", "l"], ["l"] * 400):  # a new label, and an old one that moves ahead of others
        wider = schema.grown(pd.DataFrame({"a": more, "b": "a", "c": "t", "y": 0.5}))
        after = te.extract_statistics(grow_model(model, schema, wider, random_state=0), wider)
        for name, table in before.items():
            assert set(after[name].labels) == set(table.labels)
            for label in table.labels:
                np.testing.assert_array_equal(after[name][label], table[label])
