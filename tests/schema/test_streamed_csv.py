"""Large CSV files say of their columns what memory would say of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.io import streams
from tabembed.io.frames import to_arrow


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return three CSV files that count as large."""
    rng = np.random.default_rng(0)
    rows = 900
    frame = pd.DataFrame(
        {
            "zip": rng.choice(["00501", "10001", "94016"], rows),
            "shop_id": rng.integers(0, 9, rows),
            "km": rng.normal(0, 9, rows).round(3),
            "late": rng.random(rows) < 0.3,
            "day": rng.choice(["2013-01-31", "2013-02-01"], rows),
        }
    )
    frame["price"] = frame["km"] * 2 + (frame["zip"] == "00501") * 9
    frame.loc[::9, "km"] = np.nan
    paths = [tmp_path / f"{at}.csv" for at in range(3)]
    for at, path in enumerate(paths):
        frame.iloc[at * 300 : (at + 1) * 300].to_csv(path, index=False)
    monkeypatch.setattr(streams, "_LARGE", 100)
    return paths


def test_infer_and_encode(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert streams.are_streamed(files)
    streamed = te.infer_schema(files, "price")
    encoded = streamed.encode(files)
    monkeypatch.setattr(streams, "_LARGE", 1 << 30)
    assert not streams.are_streamed(files)
    held = te.infer_schema(files, "price")
    assert streamed.features.keys() == held.features.keys()
    for name in ("zip", "shop_id", "late"):
        assert streamed.column(name) == held.column(name)
    for name, array in held.encode(files).items():
        assert encoded[name].dtype == array.dtype
        np.testing.assert_array_equal(encoded[name], array)


def test_cells_are_the_labels_that_the_schema_knows(files: list[Path], tmp_path: Path) -> None:
    schema = te.infer_schema(files, "price")
    (tmp_path / "new").mkdir()
    frame = pd.read_csv(files[0], dtype=str).head(30)
    frame.loc[0, "shop_id"], frame.loc[1, "shop_id"] = "7.0", "none such"
    frame.to_csv(tmp_path / "new" / "a.csv", index=False)
    assert streams.are_streamed(tmp_path / "new")
    ids = schema.encode(tmp_path / "new")["shop_id"]
    assert ids[0] == schema.encode({**{name: [None] for name in schema.features}, "shop_id": ["7"]})["shop_id"][0]
    assert ids[1] == 1


def test_batches(files: list[Path]) -> None:
    schema = te.infer_schema(files, "price")
    frame = to_arrow(files)
    for (inputs, target), (want, want_target) in zip(
        schema.dataset(files, 128), schema.dataset(frame, 128), strict=True
    ):
        np.testing.assert_array_equal(target, want_target)
        for name in want:
            np.testing.assert_array_equal(inputs[name], want[name])


def test_fitting_on_them(files: list[Path], tmp_path: Path) -> None:
    est = te.TabularRegressor(preset="fast", epochs=3, random_state=0, verbose=0).fit(files, "price")
    assert est.metrics_["on"] == "held-out rows"
    frame = pd.concat(map(pd.read_csv, files))
    frame.to_parquet(tmp_path / "a.parquet")
    schema = te.infer_schema(files, "price")
    again = te.TabularRegressor(preset="fast", epochs=1, random_state=0, verbose=0).fit_schema(
        schema, tmp_path / "a.parquet"
    )
    assert again.schema_ is schema
    with pytest.raises(te.DataError, match="`sample_weight` must be the name of a column when X names files"):
        te.TabularRegressor().fit_schema(schema, files, sample_weight=np.ones(900))


def test_zipped_files_count_by_what_is_in_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pd.DataFrame({"x": range(100)}).to_csv(tmp_path / "a.csv.gz", index=False)
    assert not streams.are_streamed(tmp_path)
    monkeypatch.setattr(streams, "_LARGE_ZIPPED", 100)
    assert streams.are_streamed(tmp_path)
