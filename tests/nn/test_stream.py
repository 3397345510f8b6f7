"""Parquet files streamed into batches: every row once, shuffled, split by a stable hash."""

from __future__ import annotations

import warnings
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import tabembed as te
from tabembed.io.row_groups import RowGroups
from tabembed.nn.stream import Split, Stream

ROWS = 3000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return three files; ``row`` is the number of the row over all of them, and the target."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "dest": rng.choice([f"d{n}" for n in range(300)], ROWS),
            "flag": rng.random(ROWS) < 0.5,
            "row": np.arange(ROWS) + 0.5,
        }
    )
    for at in range(3):
        frame.iloc[at * 1000 : (at + 1) * 1000].to_parquet(tmp_path / f"{at}.parquet", row_group_size=130)
    return tmp_path


def targets(batches: tf.data.Dataset) -> list[float]:
    return [float(y) for _, target in batches for y in target[:, 0]]


def test_the_rows_are_those_of_a_frame_in_its_order(folder: Path) -> None:
    frame = pd.read_parquet(folder)
    schema = te.infer_schema(frame, "row")
    pairs = list(zip(schema.dataset(folder, 128), schema.dataset(frame, 128), strict=True))
    assert len(pairs) == len(schema.dataset(folder, 128)) == 24
    for (inputs, target), (want, want_target) in pairs:
        assert inputs.keys() == want.keys()
        for name in want:
            assert inputs[name].dtype == want[name].dtype
            np.testing.assert_array_equal(inputs[name], want[name])
        np.testing.assert_array_equal(target, want_target)


def test_every_epoch_has_every_row_once_in_another_order(folder: Path) -> None:
    schema = te.infer_schema(folder, "row")
    batches = schema.dataset(folder, 100, shuffle=True, seed=1)
    first, second = targets(batches), targets(batches)
    assert sorted(first) == sorted(second) == [row + 0.5 for row in range(ROWS)]
    assert first != second
    again = schema.dataset(folder, 100, shuffle=True, seed=1)
    assert [targets(again), targets(again)] == [first, second]
    assert targets(schema.dataset(folder, 100, shuffle=True, seed=2)) != first


def test_a_buffer_smaller_than_the_data_still_mixes_and_loses_no_row(folder: Path) -> None:
    schema = te.infer_schema(folder, "row")
    stream = Stream(schema, RowGroups(folder, [*schema.features, "row"]), buffer_rows=500)
    rows = np.concatenate([block[1] for block in stream.blocks(64, np.random.default_rng(0))])
    assert sorted(rows) == [row + 0.5 for row in range(ROWS)]
    assert abs(np.corrcoef(rows, np.arange(ROWS))[0, 1]) < 0.5
    assert np.mean(np.abs(np.diff(rows)) > 130) > 0.5


def test_a_split_is_stable_and_complete(folder: Path) -> None:
    schema = te.infer_schema(folder, "row")
    columns = [*schema.features, "row"]
    files = sorted(folder.iterdir())
    sides = [
        [
            {
                float(y)
                for block in Stream(schema, RowGroups(paths, columns), Split(0.2, 7, held)).blocks(10)
                for y in block[1]
            }
            for held in (True, False)
        ]
        for paths in (files, files[::-1])
    ]
    assert sides[0] == sides[1]
    held, training = sides[0]
    assert not held & training
    assert len(held) + len(training) == ROWS
    assert 0.15 < len(held) / ROWS < 0.25
    assert Split(0.2, 7, True).rows(RowGroups(files)) == len(held)
    assert Split(0.2, 8, True).rows(RowGroups(files)) != len(held)


def test_keras_trains_on_it_without_a_warning(folder: Path) -> None:
    schema = te.infer_schema(folder, "row")
    model = te.build_model(schema, random_state=0)
    model.compile(keras.optimizers.Adam(1e-3), "mse")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = model.fit(schema.dataset(folder, 256, shuffle=True, seed=0), epochs=2, shuffle=False, verbose=0)
    assert len(history.history["loss"]) == 2


def test_a_file_that_disappears_is_named(folder: Path) -> None:
    schema = te.infer_schema(folder, "row")
    stream = Stream(schema, RowGroups(folder, [*schema.features, "row"]))
    (folder / "1.parquet").unlink()
    with pytest.raises(tf.errors.OpError, match=r"1\.parquet' can't be read as Parquet: it has gone"):
        targets(stream.dataset(100))
    assert isinstance(stream.error, te.DataError)


def test_a_cell_that_is_not_of_the_schema_is_named_with_its_file(folder: Path) -> None:
    schema = te.infer_schema(folder, "row")
    frame = pd.DataFrame({"dest": ["a"], "flag": ["perhaps"], "row": [1.0]})
    frame.to_parquet(folder / "one.parquet")
    stream = Stream(schema, RowGroups(folder / "one.parquet", [*schema.features, "row"]))
    with pytest.raises(te.DataError, match=r"column 'flag' must hold true and false .*file .*one\.parquet"):
        list(stream.blocks(8))


@pytest.mark.parametrize("size", [0, True, 1.5])
def test_a_bad_batch_size(size: float, folder: Path) -> None:
    with pytest.raises(te.DataError, match="`batch_size` must be a whole number"):
        te.infer_schema(folder, "row").dataset(folder, size)  # type: ignore[arg-type]


def test_files_encode_as_a_frame(folder: Path) -> None:
    schema = te.infer_schema(folder, "row")
    of_files, of_frame = schema.encode(folder), schema.encode(pd.read_parquet(folder))
    assert of_files.keys() == of_frame.keys()
    for name, array in of_frame.items():
        assert of_files[name].dtype == array.dtype
        np.testing.assert_array_equal(of_files[name], array)
