"""Numbers scaled and cut: what is learned, in memory and from files, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rtdl_num_embeddings as rtdl
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import RobustScaler

import tabembed as te
from tabembed.io import DataError, column_of
from tabembed.schema import bins
from tabembed.schema.bins import interval_labels, intervals_of, knots_of, quantile_edges, robust_of, sampled, tree_edges

KINDS = [
    te.Numeric(transform="robust"),
    te.Numeric(transform="quantile"),
    te.Numeric(transform="log"),
    te.Numeric(transform="auto"),
    te.Numeric(transform="auto", embedding="ple", n_bins=6),
    te.Numeric(embedding="ple", n_bins=6),
    te.Numeric(embedding="ple", bins="target", dim=3),
    te.Numeric(embedding="periodic", transform="quantile", frequency_scale=0.5),
    te.Numeric(embedding="pbld", transform="robust"),
    te.Numeric(embedding="buckets", n_bins=5),
    te.Numeric(embedding="buckets", bins="target", dim=2),
]
REAL = np.random.default_rng(0).lognormal(size=900)
ROWS = pa.table(
    {
        "x": pa.array([None if at % 9 == 0 else float(value) for at, value in enumerate(REAL)]),
        "y": np.sin(REAL),
        "late": (REAL > 1).tolist(),
    }
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: repr(kind)[47:])
@pytest.mark.parametrize("target", ["y", "late"])
def test_files_teach_what_a_frame_does(kind: te.Numeric, target: str, tmp_path: Path) -> None:
    rows = ROWS.select(["x", target])
    pq.write_table(rows, tmp_path / "a.parquet", row_group_size=70)
    whole = te.infer_schema(rows, target, kinds={"x": kind})
    streamed = te.infer_schema(tmp_path / "a.parquet", target, kinds={"x": kind})
    assert streamed["x"].to_dict() == whole["x"].to_dict()
    assert te.Schema.from_dict(json.loads(json.dumps(whole.to_dict()))) == whole
    assert whole["x"].indicator


def test_more_rows_than_the_sample_are_sampled_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bins, "SAMPLE", 128)
    pq.write_table(ROWS, tmp_path / "a.parquet", row_group_size=70)
    for kind in (te.Numeric(embedding="buckets", bins="target"), te.Numeric(transform="quantile")):
        found = te.infer_schema(tmp_path / "a.parquet", "y", kinds={"x": kind})["x"]
        assert found == te.infer_schema(ROWS, "y", kinds={"x": kind})["x"]
        assert sum(found.counts) in (0, 800), "counts are of all rows"


@given(st.integers(1, 400), st.integers(1, 50))
def test_a_sample_is_the_same_in_any_parts(rows: int, size: int) -> None:
    cells = np.arange(rows)
    parts = [cells[at : at + size] for at in range(0, rows, size)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bins, "SAMPLE", 64)
        found = sampled(parts, rows)
        np.testing.assert_array_equal(found, sampled([cells], rows))
    assert len(found) == min(rows, 64)
    assert (np.diff(found) > 0).all()


def test_bins_are_those_of_rtdl_num_embeddings() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=2_000).astype(np.float32)
    y = (np.sin(3 * x) + rng.normal(0, 0.1, 2_000)).astype(np.float32)
    y = (y - y.mean()) / y.std()
    (want,) = rtdl.compute_bins(torch.tensor(x[:, None]), 24)
    np.testing.assert_allclose(quantile_edges(x.astype(np.float64), 24), want, rtol=1e-5)
    tree = {"min_samples_leaf": 41, "min_impurity_decrease": 1e-4, "random_state": 0}
    (want,) = rtdl.compute_bins(torch.tensor(x[:, None]), 24, tree_kwargs=tree, y=torch.tensor(y), regression=True)
    np.testing.assert_allclose(tree_edges(x, y, 24), want, rtol=1e-6)
    late = (y > 0.5).astype(np.int64)
    tree["min_impurity_decrease"] = 1e-4 * 2 * late.mean() * (1 - late.mean())  # a share of Gini's impurity
    (want,) = rtdl.compute_bins(torch.tensor(x[:, None]), 24, tree_kwargs=tree, y=torch.tensor(late), regression=False)
    np.testing.assert_allclose(tree_edges(x, late, 24), want, rtol=1e-6)


def test_a_rare_class_has_borders_as_a_frequent_one() -> None:
    rng = np.random.default_rng(2)
    day = rng.integers(0, 100, 10_000).astype(np.float64)
    odds = np.where(day % 20 < 10, 0.06, 0.02)
    often = tree_edges(day, (rng.random(10_000) < 10 * odds).astype(np.int64), 24)
    rare = tree_edges(day, (rng.random(10_000) < odds).astype(np.int64), 24)
    for edges in (often, rare):
        assert min(abs(edge - 49.5) for edge in edges) < 1.5, edges
    assert len(rare) > 10


def test_quartiles_are_scikit_learns() -> None:
    scaler = RobustScaler().fit(REAL[:, None])
    assert robust_of(REAL) == (pytest.approx(scaler.center_[0]), pytest.approx(scaler.scale_[0]))


numbers = st.lists(st.floats(-(2.0**127), 2.0**127, width=32), min_size=1, max_size=30)


@given(numbers, st.integers(2, 9))
def test_edges_rise_and_every_number_has_its_interval(values: list[float], n_bins: int) -> None:
    present = np.array(values)
    for edges in (quantile_edges(present, n_bins), tree_edges(present, np.arange(len(values)) % 2, n_bins)):
        assert 2 <= len(edges) <= n_bins + 1
        assert (np.diff(np.float32(edges)) > 0).all()
        labels = interval_labels(edges)
        assert len(set(labels)) == len(labels) == len(edges) - 1
        for value, at in zip(present, intervals_of(present, edges), strict=True):
            low, high = labels[at].strip("[()").split(", ")
            value = 0 if abs(value) < np.finfo(np.float32).tiny else value  # as TensorFlow reads it
            assert np.float32(low) <= np.float32(value) < np.float32(high)


@given(numbers)
def test_knots_rise_with_their_ranks(values: list[float]) -> None:
    knots, levels = knots_of(np.array(values))
    assert len(knots) == len(levels)
    assert (np.diff(knots) > 0).all()
    assert (np.diff(levels) > 0).all()
    assert 0 <= levels[0] <= levels[-1] <= 1


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: repr(kind)[47:])
@pytest.mark.parametrize("values", [[5.0, 5.0, None], [1e9, 1e9, 1e9], [0.0, 3.0]])
def test_columns_of_one_value_can_be_learned(kind: te.Numeric, values: list[Any]) -> None:
    learned, _ = kind.learn_with(column_of(values), np.arange(len(values)), "c")
    assert learned.learned
    assert learned.scale
    assert te.Numeric.from_dict(json.loads(json.dumps(learned.to_dict()))) == learned


def test_the_repr_says_what_is_unusual() -> None:
    schema = te.infer_schema(ROWS, "y", kinds={"x": te.Numeric(transform="log", embedding="ple")})
    assert "16 (log, ple) + missing" in repr(schema)
    assert "embedding='ple'" in repr(schema["x"])
    buckets = te.infer_schema(ROWS, "y", kinds={"x": te.Numeric(embedding="buckets", n_bins=4)})
    assert buckets["x"].describe() == ("4", "3 (buckets)")
    assert te.Numeric(embedding="buckets").describe() == ("", " (buckets)")


def test_statistics_stay_where_they_suffice() -> None:
    schema = te.infer_schema(ROWS, "y", kinds={"x": te.Numeric(embedding="buckets")})
    assert schema.replace(x=te.Numeric(embedding="ple", dim=3))["x"].edges == schema["x"].edges
    assert schema.replace(x=te.Numeric())["x"].mean == schema["x"].mean
    plain = te.infer_schema(ROWS, "y")
    for known, other, said in (
        (plain, te.Numeric(transform="log"), r"\(transform='log'\)"),
        (schema, te.Numeric(embedding="ple", n_bins=9), r"\(embedding='ple', n_bins=9\)"),
        (plain, te.Numeric(embedding="ple"), r"\(embedding='ple'\)"),
        (
            plain.replace(x=te.Numeric(embedding="pbld")),
            te.Numeric(transform="robust", dim=3, embedding="pbld"),
            r"\(transform='robust'\)",
        ),
    ):
        with pytest.raises(DataError, match=f"column 'x' is Numeric and holds no statistics for Numeric{said}; use te"):
            known.replace(x=other)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"transform": "sqrt"}, "`transform` must be one of 'standard', .* however: transform='sqrt'"),
        ({"embedding": "plr"}, "`embedding` must be one of None, 'ple', .* however: embedding='plr'"),
        ({"bins": "tree"}, "`bins` must be one of 'quantile', 'target', however: bins='tree'"),
        ({"n_bins": 1}, "`n_bins` must be a whole number of 2 or more, however: n_bins=1"),
        ({"n_bins": True}, "`n_bins` must be a whole number of 2 or more, however: n_bins=True"),
        ({"frequency_scale": 0}, "`frequency_scale` must be a number above 0, however: frequency_scale=0"),
        ({"dim": 0, "embedding": "ple"}, "`dim` must be a whole number of 1 or more, however: dim=0"),
        ({"dim": 1, "embedding": "pbld"}, "`dim` must be a whole number of 2 or more, however: dim=1"),
        ({"dim": 4}, "`dim` is the embedding's, however: dim=4 without one; set `embedding`"),
        ({"bins": "target"}, "`bins` are those of 'ple' and 'buckets', however: embedding=None"),
        (
            {"embedding": "buckets", "transform": "log"},
            "buckets hold values as they are, however: transform='log'; leave it out",
        ),
    ],
)
def test_arguments_out_of_range(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        te.Numeric(**arguments)


def test_bins_of_the_target_need_one(tmp_path: Path) -> None:
    kinds = {"x": te.Numeric(embedding="ple", bins="target")}
    pq.write_table(ROWS.select(["x"]), tmp_path / "a.parquet")
    for data in (ROWS.select(["x"]), tmp_path / "a.parquet"):
        with pytest.raises(DataError, match="column 'x' takes its bins from the target, however: there is none; set"):
            te.infer_schema(data, kinds=kinds)


def test_the_log_of_a_frame() -> None:
    kind = te.infer_schema(pd.DataFrame({"x": [0.0, np.e - 1, 1 - np.e]}), kinds={"x": te.Numeric(transform="log")})[
        "x"
    ]
    assert (kind.mean, kind.scale) == (pytest.approx(0.0), pytest.approx(np.sqrt(2 / 3)))


def test_a_column_of_mostly_one_value_is_scaled_by_rank() -> None:
    rng = np.random.default_rng(0)
    gain = np.where(rng.random(400) < 0.6, 0.0, rng.lognormal(8, 1, 400))
    often = np.where(rng.random(400) < 0.4, 0.0, rng.lognormal(8, 1, 400))
    df = pd.DataFrame({"gain": gain, "often": often, "flat": 2.5})
    auto = te.Numeric(transform="auto")
    schema = te.infer_schema(df, kinds=dict.fromkeys(df, auto))
    assert {name: kind.transform for name, kind in schema.features.items()} == {
        "gain": "quantile",
        "often": "standard",
        "flat": "quantile",
    }
    assert schema["gain"] == te.infer_schema(df[["gain"]], kinds={"gain": te.Numeric(transform="quantile")})["gain"]
    assert schema["often"] == te.infer_schema(df[["often"]], kinds={"often": te.Numeric()})["often"]
    assert auto.learn(pa.array([None, None], pa.float64()), "gone")[0].transform == "standard"
    for name in ("gain", "often"):
        assert auto.adopt(schema[name]) == schema[name]
    assert auto.adopt(te.infer_schema(df[["often"]], kinds={"often": te.Numeric(transform="log")})["often"]) is None


def test_a_column_with_one_number_far_off_is_scaled_by_rank(tmp_path: Path) -> None:
    near = np.random.default_rng(0).normal(size=4000)
    far = near.copy()
    near[7], far[7], far[8] = 30.0, 1000.0, np.nan
    df = pd.DataFrame({"near": near, "far": far})
    auto = te.Numeric(transform="auto")
    schema = te.infer_schema(df, kinds=dict.fromkeys(df, auto))
    assert {name: kind.transform for name, kind in schema.features.items()} == {"near": "standard", "far": "quantile"}
    assert schema["far"].indicator
    assert auto.learn(pa.array(-far), "below")[0].transform == "quantile"
    df.to_parquet(tmp_path / "rows.parquet")
    assert te.infer_schema(tmp_path / "rows.parquet", kinds=dict.fromkeys(df, auto)) == schema


def test_columns_that_are_read_as_numbers_take_the_kind_that_is_asked_for(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"km": rng.normal(size=300), "flag": rng.integers(0, 2, 300) + 0.5, "own": rng.normal(size=300)})
    df["y"] = np.sin(3 * df["km"])
    asked = te.Numeric(embedding="ple", bins="target", n_bins=8)
    schema = te.infer_schema(df, "y", kinds={"own": te.Numeric()}, numeric=asked)
    assert (schema["km"].embedding, schema["km"].bins) == ("ple", "target")
    assert 2 < len(schema["km"].edges) <= 9
    plain = te.infer_schema(df, "y", numeric=te.Numeric(embedding="ple"))["flag"]
    assert plain.embedding is None  # between two quantiles is one bin, the value itself
    assert schema["own"].embedding is None
    assert [column.reason for column in schema.columns][:2] == ["real numbers", "real numbers"]
    df.to_parquet(tmp_path / "rows.parquet")
    kinds = {"own": te.Numeric()}
    assert te.infer_schema(tmp_path / "rows.parquet", "y", kinds=kinds, numeric=asked) == schema
