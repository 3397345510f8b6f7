"""Seeds, packed matrices and the progress bar."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import tabembed as te
from tabembed.io import DataError
from tabembed.nn import packed
from tabembed.nn.packed import pack_spec, run_packed, unpack
from tabembed.nn.progress import Progress
from tabembed.nn.seeds import Seeds


def test_seeds_repeat() -> None:
    one, other = Seeds(7), Seeds(np.int64(7))
    drawn = [one.next() for _ in range(50)]
    assert drawn == [other.next() for _ in range(50)]
    assert len(set(drawn)) == 50
    assert all(0 <= seed < 2**31 - 1 for seed in drawn)
    assert Seeds().next() != Seeds().next()


def test_fresh_seeds_leave_the_global_state_alone() -> None:
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002 - this is what it is about
    Seeds(None).next()
    assert before == (random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002


@pytest.mark.parametrize("state", [-1, 0.5, "7", True, [1]])
def test_a_bad_seed_is_refused_by_its_argument(state: Any) -> None:
    with pytest.raises(DataError, match="`random_state` must be None or a whole number of 0 or more, however: "):
        Seeds(state)
    with pytest.raises(DataError, match="`seed` must be None or a whole number of 0 or more, however: "):
        Seeds(state, "seed")


@pytest.mark.parametrize("rows", [0, 1, 7, 20])
def test_packed_columns_come_apart_again(schema: te.Schema, frame: pd.DataFrame, monkeypatch: Any, rows: int) -> None:
    monkeypatch.setattr(packed, "_CHUNK", 7)
    part = frame[:rows]
    calls = []

    def function(ids: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
        for tensor, spec in zip((ids, numbers), pack_spec(schema), strict=True):
            assert spec.is_compatible_with(tensor)
        calls.append(len(ids))
        columns = unpack(schema, ids, numbers)
        return tf.concat([tf.cast(columns[name], tf.float32) for name in schema.input_names.values()], axis=1)

    result = run_packed(function, schema, schema.encode(part), (5,))
    want = np.concatenate([array.astype(np.float32) for array in schema.inputs(part).values()], axis=1)
    np.testing.assert_array_equal(result, want)
    assert (sum(calls), max(calls, default=0) <= 7) == (rows, True)


def test_the_bar_shows_the_losses(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Progress(ends=[3], steps=2)
    bar.on_train_begin()
    for epoch in range(2):
        for batch in range(2):
            bar.on_train_batch_end(batch)
        bar.on_epoch_end(epoch, {"loss": 1.25, "val_loss": 2.5 + epoch, "mae": 9.0})
    bar.on_train_end()
    shown = capsys.readouterr()
    assert "epoch 2 of 3" in shown.err
    assert "loss 1.25  validation 3.5" in shown.err
    assert "9" not in shown.err.replace("0:", "")
    assert shown.out == ""
