"""`RowwiseEmbedding` is `keras.layers.Embedding` without the read of the whole table, and with hidden labels."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tabembed.io.errors import DataError
from tabembed.nn.embedding import RowwiseEmbedding

ROWS, DIM = 12_347, 6
IDS = np.random.default_rng(0).integers(0, ROWS, (32, 3)).astype("int32")


@pytest.fixture
def policy() -> Iterator[Any]:
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy("float32")


def twins(**options: Any) -> tuple[RowwiseEmbedding, keras.layers.Embedding]:
    """Return our layer and Keras' with the same weights."""
    ours, stock = RowwiseEmbedding(ROWS, DIM, **options), keras.layers.Embedding(ROWS, DIM, **options)
    ours.build()
    stock.build()
    stock.set_weights(ours.get_weights())
    return ours, stock


@pytest.mark.parametrize("dtype", ["int32", "int64", "int16", "uint8", "uint32", "float32"])
def test_looks_up_as_keras_does(dtype: str) -> None:
    ours, stock = twins()
    ids = tf.constant((IDS % 200).astype(dtype))
    np.testing.assert_array_equal(ours(ids), stock(ids))


def test_ids_out_of_range_are_treated_as_in_keras() -> None:
    ours, stock = twins()
    np.testing.assert_array_equal(ours(tf.constant([-1, -ROWS])), stock(tf.constant([-1, -ROWS])))
    for layer in (ours, stock):
        with pytest.raises(tf.errors.InvalidArgumentError, match="is not in"):
            layer(tf.constant([ROWS]))


def test_looks_up_under_xla() -> None:
    ours, stock = twins()
    compiled = tf.function(lambda ids: ours(ids, training=True), jit_compile=True)
    np.testing.assert_array_equal(compiled(tf.constant(IDS)), stock(IDS))


def test_the_mask_is_that_of_keras() -> None:
    ours, stock = twins(mask_zero=True)
    ids = tf.constant([[0, 1, 2]])
    np.testing.assert_array_equal(ours.compute_mask(ids), stock.compute_mask(ids))


@pytest.mark.parametrize("name", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_computes_low_and_trains_high(policy: Any, name: str) -> None:
    policy(name)
    layer = RowwiseEmbedding(ROWS, DIM)
    with tf.GradientTape() as tape:
        output = layer(tf.constant(IDS))
        loss = tf.reduce_sum(output)
    gradient = tape.gradient(loss, layer.embeddings.value)
    assert output.dtype == keras.config.dtype_policy().compute_dtype
    assert isinstance(gradient, tf.IndexedSlices)
    assert gradient.values.dtype == tf.float32
    assert gradient.values.shape == (IDS.size, DIM)


@pytest.mark.parametrize("name", ["float32", "mixed_bfloat16"])
def test_nothing_as_large_as_the_table_is_read(policy: Any, name: str) -> None:
    policy(name)
    ids = keras.Input((3,), dtype="int32")
    model = keras.Model(ids, keras.layers.Dense(1)(RowwiseEmbedding(ROWS, DIM)(ids)))
    function = tf.function(lambda ids: model(ids, training=True)).get_concrete_function(
        tf.TensorSpec((None, 3), tf.int32)
    )
    operations = function.graph.get_operations()
    assert "ResourceGather" in {operation.type for operation in operations}
    assert not [tensor for operation in operations for tensor in operation.outputs if ROWS in list(tensor.shape)]


def test_config_makes_the_same_layer() -> None:
    layer = RowwiseEmbedding(9, 2, unknown_rate=0.25, missing_rate=0.5, seed=7, name="dest")
    twin = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(twin) is RowwiseEmbedding
    assert twin.get_config() == layer.get_config()
    np.testing.assert_array_equal(twin(tf.range(9)), layer(tf.range(9)))


def test_a_model_with_it_is_saved_reloaded_and_exported(tmp_path: Path) -> None:
    ids = keras.Input((3,), dtype="int32")
    model = keras.Model(ids, RowwiseEmbedding(ROWS, DIM, unknown_rate=0.5, missing_rate=0.25, seed=1)(ids))
    expected = model(tf.constant(IDS))
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "model.keras")(tf.constant(IDS)), expected)
    model.export(tmp_path / "export", verbose=False)
    exported = tf.saved_model.load(tmp_path / "export")
    np.testing.assert_array_equal(exported.serve(tf.constant(IDS)), expected)


def test_weights_are_those_of_keras() -> None:
    weights = np.random.default_rng(1).normal(size=(5, 2)).astype("float32")
    np.testing.assert_array_equal(RowwiseEmbedding(5, 2, weights=weights)(tf.range(5)), weights)


def test_lora_works_as_in_keras() -> None:
    ours, stock = twins()
    for layer in (ours, stock):
        layer.enable_lora(2)
        layer.lora_embeddings_a.assign(tf.ones((ROWS, 2)))
        layer.lora_embeddings_b.assign(tf.ones((2, DIM)))
    np.testing.assert_array_equal(ours(tf.constant(IDS)), stock(tf.constant(IDS)))


def identity(**rates: Any) -> RowwiseEmbedding:
    """Return a layer whose output is the id it looked up."""
    return RowwiseEmbedding(1000, 1, weights=np.arange(1000, dtype="float32")[:, None], **rates)


@pytest.mark.parametrize(("unknown", "missing"), [(0.3, 0.0), (0.0, 0.2), (0.3, 0.2), (0.5, 0.5)])
def test_labels_are_hidden_at_their_rates(unknown: float, missing: float) -> None:
    layer = identity(unknown_rate=unknown, missing_rate=missing, seed=3)
    ids = np.random.default_rng(0).integers(2, 1000, (200_000,)).astype("int32")
    seen = layer(tf.constant(ids), training=True).numpy()[:, 0].astype(int)
    np.testing.assert_allclose([(seen == 1).mean(), (seen == 0).mean()], [unknown, missing], atol=0.005)
    assert ((seen == ids) | (seen < 2)).all()


@pytest.mark.parametrize("kind", ["int32", "int64", "int16", "uint32"])
def test_ids_of_every_type_are_hidden_alike_and_count_from_the_end(kind: str) -> None:
    ids = np.arange(1000)
    from_the_end = ids if kind == "uint32" else np.where(ids % 2, ids, ids - 1000)
    seen, alike = (
        identity(unknown_rate=0.3, missing_rate=0.2, seed=3)(tf.constant(these), training=True).numpy()
        for these in (from_the_end.astype(kind), ids.astype("int32"))
    )
    assert (seen[2:] > 1).any()
    np.testing.assert_array_equal(seen, alike)


def test_missing_and_unknown_stay_what_they_are() -> None:
    layer = identity(unknown_rate=0.6, missing_rate=0.3, seed=3)
    ids = np.tile(np.int32([0, 1]), 1000)
    np.testing.assert_array_equal(layer(tf.constant(ids), training=True).numpy()[:, 0], ids)


@pytest.mark.parametrize("training", [None, False])
def test_nothing_is_hidden_outside_training(training: bool | None) -> None:
    layer = identity(unknown_rate=0.6, missing_rate=0.3, seed=3)
    np.testing.assert_array_equal(layer(tf.range(1000), training=training).numpy()[:, 0], np.arange(1000))


def test_each_step_draws_anew_and_the_seed_repeats_it() -> None:
    first, second = (identity(unknown_rate=0.5, seed=5) for _ in range(2))
    steps = [[layer(tf.range(1000), training=True).numpy() for _ in range(2)] for layer in (first, second)]
    np.testing.assert_array_equal(steps[0], steps[1])
    assert (steps[0][0] != steps[0][1]).any()


def test_hides_under_xla() -> None:
    layer = identity(unknown_rate=0.5, seed=5)
    compiled = tf.function(lambda ids: layer(ids, training=True), jit_compile=True)
    assert 400 < int((compiled(tf.range(2, 1000)).numpy() == 1).sum()) < 600


def test_without_rates_there_is_no_generator() -> None:
    layer = RowwiseEmbedding(5, 2, seed=1)
    layer.build()
    assert layer.seed_generator is None
    assert len(layer.variables) == 1


def test_a_seed_leaves_the_global_random_state_alone() -> None:
    keras.utils.set_random_seed(11)
    before = random.getstate()
    tables = []
    for _ in range(2):
        layer = RowwiseEmbedding(50, 3, unknown_rate=0.5, seed=2)
        layer(tf.range(50), training=True)
        tables.append(layer.get_weights()[0])
    assert random.getstate() == before  # the only one Keras draws default seeds from
    np.testing.assert_array_equal(*tables)


@pytest.mark.parametrize("name", ["unknown_rate", "missing_rate"])
@pytest.mark.parametrize("rate", [-0.1, 1.0, 2, "a lot", None, True, float("nan")])
def test_a_rate_that_is_no_probability_is_refused(name: str, rate: Any) -> None:
    with pytest.raises(DataError, match=f"`{name}` must be a number from 0 to below 1, however: {name}="):
        RowwiseEmbedding(5, 2, **{name: rate})


def test_rates_that_exceed_all_labels_are_refused() -> None:
    with pytest.raises(DataError, match=r"must sum to at most 1, however: unknown_rate=0.6, missing_rate=0.5"):
        RowwiseEmbedding(5, 2, unknown_rate=0.6, missing_rate=0.5)


def test_padding_cannot_be_trained_as_missing() -> None:
    with pytest.raises(DataError, match=r"`missing_rate` must be 0 when `mask_zero=True`.*missing_rate=0.5"):
        RowwiseEmbedding(5, 2, missing_rate=0.5, mask_zero=True)


@pytest.mark.parametrize("seed", [1.5, "1", True])
def test_a_seed_that_is_no_int_is_refused(seed: Any) -> None:
    with pytest.raises(DataError, match="`seed` must be an int or None, however: seed="):
        RowwiseEmbedding(5, 2, seed=seed)
