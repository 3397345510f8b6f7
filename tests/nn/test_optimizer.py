"""`RowwiseAdam` is Keras' Adam where all rows are in the batch, and updates only the batch's rows where they aren't."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tabembed.io.errors import DataError
from tabembed.nn.embedding import RowwiseEmbedding
from tabembed.nn.optimizer import RowwiseAdam
from tabembed.nn.row_update import SMALL

ROWS, DIM, BATCH = 12_347, 6, 64
RNG = np.random.default_rng(0)
SOME_IDS = RNG.integers(0, ROWS, (4 * BATCH, 1)).astype("int32")
TARGET = RNG.normal(size=(4 * BATCH, 1)).astype("float32")

OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "clipnorm": {"clipnorm": 0.05},
    "clipvalue": {"clipvalue": 0.01},
    "global_clipnorm": {"global_clipnorm": 0.05},
    "weight_decay": {"weight_decay": 0.3},
    "loss_scale_factor": {"loss_scale_factor": 256.0},
    "schedule": {"learning_rate": keras.optimizers.schedules.CosineDecay(0.02, 10)},
    "betas": {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3},
    "all": {"global_clipnorm": 0.05, "weight_decay": 0.3, "loss_scale_factor": 256.0, "beta_1": 0.8},
}
each_option = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())


class DenseAdam(keras.optimizers.Adam):
    """Keras' Adam, given the gradient of the whole table (it squares the gradients of one id one by one otherwise)."""

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        super().apply([tf.convert_to_tensor(grad) for grad in grads], trainable_variables)


@pytest.fixture
def policy() -> Iterator[Any]:
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy("float32")


def make_model(rows: int = ROWS, columns: int = 1) -> keras.Model:
    """Return a model of `columns` columns that share one table; the same weights at every call."""
    ids = keras.Input((columns,), dtype="int32")
    table = RowwiseEmbedding(rows, DIM, seed=1, name="table")
    parts = [table(ids[:, column]) for column in range(columns)]
    joined = keras.layers.Concatenate()(parts) if columns > 1 else parts[0]
    hidden = keras.layers.Dense(5, "tanh", kernel_initializer=keras.initializers.GlorotUniform(2))(joined)
    return keras.Model(ids, keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(3))(hidden))


def train(model: keras.Model, optimizer: Any, ids: np.ndarray, epochs: int = 3, **compiling: Any) -> keras.Model:
    if optimizer is not None:
        model.compile(optimizer, "mse", **compiling)
    target = np.resize(TARGET, (len(ids), 1))
    model.fit(ids, target, batch_size=BATCH, epochs=epochs, shuffle=False, verbose=0)
    return model


def assert_same_weights(ours: keras.Model, other: keras.Model, atol: float = 2e-6) -> None:
    for mine, theirs in zip(ours.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=atol)


# Where every row is in every batch, this is Adam.


def apply_rows(optimizer: Any, dtype: str = "float32", shapes: Any = ((8, 2),)) -> list[np.ndarray]:
    """Return tables after steps whose gradients hold every row, some of them twice."""
    tables = [keras.Variable(np.resize([0.5, -1.0, 2.0], shape), dtype=dtype, name="table") for shape in shapes]
    random = np.random.default_rng(0)
    for _ in range(20):
        gradients = []
        for table in tables:
            ids = random.permutation([*range(table.shape[0]), *random.integers(0, table.shape[0], 5)])
            values = tf.constant(random.normal(size=(len(ids), *table.shape[1:])), table.dtype)
            gradients.append(tf.IndexedSlices(values, tf.constant(ids), tf.constant(table.shape)))
        optimizer.apply(gradients, tables)
    return [table.numpy() for table in tables]


def test_small_tables_are_updated_in_another_way() -> None:
    assert 8 < SMALL < ROWS


@each_option
def test_equals_adam_when_all_rows_are_in_each_batch(options: dict[str, Any]) -> None:
    options = {"learning_rate": 0.02, **options}
    shapes = [(8, 2), (SMALL + 1, 2), (SMALL + 9, 3), (5, 2), (SMALL + 5, 2), (4, 3), (3, 2, 2), (SMALL + 2, 2, 2)]
    ours, dense = (apply_rows(optimizer(**options), shapes=shapes) for optimizer in (RowwiseAdam, DenseAdam))
    for mine, theirs in zip(ours, dense, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=3e-6)


@pytest.mark.parametrize(("dtype", "atol"), [("float64", 1e-5), ("bfloat16", 0.1)])
def test_other_precisions_end_where_single_precision_does(dtype: str, atol: float) -> None:
    shapes = [(8, 2), (SMALL + 1, 2)]
    ours, single = (apply_rows(RowwiseAdam(0.02), each, shapes) for each in (dtype, "float32"))
    for mine, theirs in zip(ours, single, strict=True):
        assert mine.dtype == dtype
        np.testing.assert_allclose(mine.astype(float), theirs, atol=atol)


@pytest.mark.parametrize("compiled", [False, True])
def test_fits_as_adam_when_all_rows_are_in_each_batch(compiled: bool) -> None:
    ids = np.tile(np.arange(8, dtype="int32"), 4 * BATCH // 8)[:, None]
    options = {"learning_rate": 0.02, **OPTIONS["all"]}
    ours = train(make_model(8), RowwiseAdam(**options), ids, jit_compile=compiled)
    assert_same_weights(ours, train(make_model(8), DenseAdam(**options), ids, jit_compile=compiled))


def test_small_and_large_tables_learn_the_same() -> None:
    """A table is one row too large to be small only by rows that no batch holds."""
    gradients = np.random.default_rng(0).normal(size=(30, 6, 2))
    batches = np.random.default_rng(1).integers(0, 9, (30, 6))
    tables = [keras.Variable(tf.ones((rows, 2)), name="table") for rows in (SMALL, SMALL + 1)]
    for table in tables:
        optimizer = RowwiseAdam(0.05, weight_decay=0.1)
        for ids, values in zip(batches, gradients, strict=True):
            rows = tf.IndexedSlices(tf.constant(values, tf.float32), tf.constant(ids), tf.constant(table.shape))
            optimizer.apply([rows], [table])
    np.testing.assert_allclose(tables[0].numpy(), tables[1].numpy()[:SMALL], rtol=1e-6)


def train_dense(optimizer: Any, kind: str) -> list[np.ndarray]:
    """Return what 20 steps make of a vector and a matrix."""
    starts = [np.linspace(-1, 1, 12).reshape(shape) for shape in [(12,), (3, 4)]]
    variables = [keras.Variable(start, dtype=kind, name="v") for start in starts]
    random = np.random.default_rng(0)
    for _ in range(20):
        optimizer.apply([tf.cast(random.normal(size=v.shape), kind) for v in variables], variables)
    return [np.asarray(variable.numpy(), "float64") for variable in variables]


@each_option
def test_dense_variables_are_updated_as_by_adam(options: dict[str, Any]) -> None:
    options = {"learning_rate": 0.02, **options}
    ours, theirs = (train_dense(kind(**options), "float32") for kind in (RowwiseAdam, keras.optimizers.Adam))
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=3e-6)


@pytest.mark.parametrize(("kind", "near"), [("float64", 3e-6), ("bfloat16", 0.02), ("float16", 0.003)])
def test_dense_variables_of_every_precision(kind: str, near: float) -> None:
    # Keras rounds powers of the betas to single precision; an epsilon of 1e-7 is 0 in half of it.
    options = {"learning_rate": 0.02, "weight_decay": 0.01, "epsilon": 1e-3}
    ours, theirs = (train_dense(kind_of(**options), kind) for kind_of in (RowwiseAdam, keras.optimizers.Adam))
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=near)


# Where they are not, only the rows of the batch are touched.


@each_option
@pytest.mark.parametrize("rows", [9, SMALL + 9])
def test_rows_outside_the_batch_keep_their_bits(options: dict[str, Any], rows: int) -> None:
    table, before = keras.Variable(tf.ones((rows, 2)), name="table"), np.ones((rows, 2))
    optimizer = RowwiseAdam(**options)
    for ids in ([3, 1, 3], [5, 3, 3], [1, 1, 1]):
        optimizer.apply([tf.IndexedSlices(tf.ones((3, 2)), tf.constant(ids), tf.constant([rows, 2]))], [table])
        changed = (table.numpy() != before).any(1)
        assert set(np.flatnonzero(changed)) == set(ids)
        before = table.numpy()


@pytest.mark.parametrize("rows", [4, SMALL + 4])
def test_weight_decay_is_taken_for_the_steps_a_row_was_away(rows: int) -> None:
    table = keras.Variable(tf.ones((rows, 1)), name="table")
    optimizer = RowwiseAdam(0.1, weight_decay=0.5)
    for step in range(1, 7):
        ids = [0] if step < 6 else [0, 1]
        optimizer.apply([tf.IndexedSlices(tf.zeros((len(ids), 1)), tf.constant(ids), tf.constant([rows, 1]))], [table])
    np.testing.assert_allclose(table.numpy()[:4, 0], [0.95**6, 0.95**6, 1, 1], rtol=1e-6)


@pytest.mark.parametrize("name", ["table", "kernel"])
def test_variables_are_excluded_from_weight_decay(name: str) -> None:
    variables = {name: keras.Variable(tf.ones((4, 1)), name=name) for name in ("table", "kernel")}
    optimizer = RowwiseAdam(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=[name])
    rows = tf.IndexedSlices(tf.zeros((1, 1)), tf.constant([2]), tf.constant([4, 1]))
    optimizer.apply([rows, tf.zeros((4, 1))], list(variables.values()))
    decayed = {each: variable.numpy().sum() < 4 for each, variable in variables.items()}
    assert decayed == {"table": name != "table", "kernel": name != "kernel"}


def test_dense_gradients_in_between_are_steps_too() -> None:
    def run(optimizer: Any, always_dense: bool) -> np.ndarray:
        table = keras.Variable(tf.ones((3, 2)), name="table")
        for step in range(8):
            rows = tf.IndexedSlices(tf.fill((3, 2), step - 3.0), tf.range(3), tf.constant([3, 2]))
            optimizer.apply([tf.convert_to_tensor(rows) if always_dense or step % 3 else rows], [table])
        return table.numpy()

    np.testing.assert_allclose(run(RowwiseAdam(0.1), False), run(RowwiseAdam(0.1), True), rtol=1e-5)


def test_a_single_column_of_weights_takes_row_gradients_as_well() -> None:
    bias = keras.Variable(tf.ones(3), name="bias")
    RowwiseAdam(0.1).apply([tf.IndexedSlices(tf.ones(2), tf.constant([1, 1]), tf.constant([3]))], [bias])
    np.testing.assert_allclose(bias.numpy(), [1, 0.9, 1], rtol=1e-6)


# It is a Keras optimizer like any other.


def test_xla_and_many_steps_a_call_train_the_same() -> None:
    plain = train(make_model(), RowwiseAdam(0.01), SOME_IDS, epochs=4)
    many = train(make_model(), RowwiseAdam(0.01), SOME_IDS, epochs=4, jit_compile=True, steps_per_execution=8)
    assert_same_weights(plain, many)


def test_columns_that_share_a_table_are_summed() -> None:
    ids = np.stack([np.tile(np.arange(8), 32), np.repeat(np.arange(8), 32)], 1).astype("int32")
    dense = train(make_model(8, 2), DenseAdam(0.01), ids, jit_compile=True).get_weights()
    for rows in (8, SMALL + 8):
        model = make_model(rows, 2)
        model.get_layer("table").embeddings.assign(np.resize(make_model(8).get_weights()[0], (rows, DIM)))
        mine = train(model, RowwiseAdam(0.01), ids, jit_compile=True).get_weights()
        np.testing.assert_allclose(mine[0][:8], dense[0], atol=2e-6)


@pytest.mark.parametrize(
    ("name", "compiling"),
    [
        ("mixed_bfloat16", {"jit_compile": True, "steps_per_execution": 8}),
        ("mixed_float16", {}),
        pytest.param("mixed_bfloat16", {}, marks=pytest.mark.slow),
        pytest.param("mixed_float16", {"jit_compile": True, "steps_per_execution": 8}, marks=pytest.mark.slow),
    ],
)
def test_mixed_precision_learns_the_same(policy: Any, name: str, compiling: dict[str, Any]) -> None:
    losses = []
    for each in ("float32", name):
        policy(each)
        model = train(make_model(), RowwiseAdam(0.01, global_clipnorm=1.0), SOME_IDS, epochs=5, **compiling)
        losses.append(float(np.mean((model(SOME_IDS).numpy() - TARGET) ** 2)))
    assert losses[0] < 0.8 * np.mean(TARGET**2)
    assert model.get_layer("table").embeddings.value.dtype == tf.float32
    np.testing.assert_allclose(losses[1], losses[0], rtol=0.05)


def test_a_loop_of_ones_own_trains_as_fit_does() -> None:
    model, optimizer = make_model(), RowwiseAdam(0.01)
    for start in range(0, len(SOME_IDS), BATCH):
        with tf.GradientTape() as tape:
            output = model(tf.constant(SOME_IDS[start : start + BATCH]), training=True)
            loss = tf.reduce_mean((output - TARGET[start : start + BATCH]) ** 2)
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
    assert_same_weights(model, train(make_model(), RowwiseAdam(0.01), SOME_IDS, epochs=1))


@pytest.mark.parametrize("compiling", [{}, {"jit_compile": True, "steps_per_execution": 8}], ids=["plain", "xla"])
def test_a_saved_model_goes_on_training_where_it_stopped(tmp_path: Path, compiling: dict[str, Any]) -> None:
    options = {"weight_decay": 0.1, "global_clipnorm": 0.5}
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 4, 0.5)
    model = train(make_model(), RowwiseAdam(schedule, **options), SOME_IDS, epochs=2, **compiling)
    model.save(tmp_path / "model.keras")
    reloaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(reloaded.optimizer) is RowwiseAdam
    assert reloaded.steps_per_execution == model.steps_per_execution
    assert int(reloaded.optimizer.iterations) == int(model.optimizer.iterations) > 0
    for mine, theirs in zip(reloaded.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())
    train(reloaded, None, SOME_IDS[BATCH:], epochs=2)
    assert_same_weights(reloaded, train(model, None, SOME_IDS[BATCH:], epochs=2), atol=0)


def test_weights_of_the_optimizer_go_through_a_checkpoint(tmp_path: Path) -> None:
    model = train(make_model(), RowwiseAdam(0.01), SOME_IDS)
    path = tf.train.Checkpoint(model=model, optimizer=model.optimizer).save(tmp_path / "checkpoint")
    other = train(make_model(), RowwiseAdam(0.01), SOME_IDS[BATCH:], epochs=1)
    tf.train.Checkpoint(model=other, optimizer=other.optimizer).restore(path).assert_consumed()
    for mine, theirs in zip(other.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())


@each_option
def test_config_makes_the_same_optimizer(options: dict[str, Any]) -> None:
    optimizer = RowwiseAdam(name="mine", **options)
    twin = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(twin) is RowwiseAdam
    assert twin.get_config() == optimizer.get_config()
    assert RowwiseAdam.from_config(optimizer.get_config()).get_config() == optimizer.get_config()


def test_learning_rate_can_be_set_between_fits() -> None:
    model = train(make_model(), RowwiseAdam(0.01), SOME_IDS, epochs=1)
    before = model.get_weights()[0]
    model.optimizer.learning_rate = 0.0
    train(model, None, SOME_IDS, epochs=1)
    np.testing.assert_array_equal(model.get_weights()[0], before)


DISTRIBUTED = """
import keras, numpy as np, tensorflow as tf
from tabembed.nn.embedding import RowwiseEmbedding
from tabembed.nn.optimizer import RowwiseAdam
from tabembed.nn.traced_once import TabularModel

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
random = np.random.default_rng(0)
ids, target = random.integers(0, 500, (128, 1)).astype("int32"), random.normal(size=(128, 1)).astype("float32")


def weights(strategy):
    with strategy.scope():
        inputs = keras.Input((1,), dtype="int32")
        tables = RowwiseEmbedding(500, 4, seed=1), RowwiseEmbedding(5000, 4, seed=1)
        hidden = keras.layers.Flatten()(keras.layers.Concatenate()([table(inputs) for table in tables]))
        outputs = keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(2))(hidden)
        model = TabularModel(inputs, outputs)
        model.compile(RowwiseAdam(0.01, weight_decay=0.1, global_clipnorm=10.0), "mse")
    model.fit(ids, target, batch_size=32, epochs=3, shuffle=False, verbose=0)
    return model.get_weights()


one = weights(tf.distribute.get_strategy())
for strategy in (tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), tf.distribute.OneDeviceStrategy("CPU:0")):
    for mine, theirs in zip(weights(strategy), one, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)
print("equal")
"""


@pytest.mark.slow
def test_two_replicas_train_as_one() -> None:
    done = subprocess.run([sys.executable, "-c", DISTRIBUTED], capture_output=True, text=True, check=False)
    assert done.stdout.endswith("equal\n"), done.stderr[-2000:]


# What it can't do it says.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"use_ema": True},
            "`use_ema` must be False, since .* over whole tables .* however: use_ema=True; keras.optimizers.Adam can",
        ),
        (
            {"gradient_accumulation_steps": 4},
            "`gradient_accumulation_steps` must be None, since .* as the tables, however: .*=4; use a larger batch",
        ),
        ({"amsgrad": True}, "`amsgrad` must be False, since .* however: amsgrad=True"),
        ({"beta_1": 1.0}, r"`beta_1` must be a number in \[0, 1\), however: beta_1=1.0"),
        ({"beta_2": 0.0}, r"`beta_2` must be a number in \(0, 1\), however: beta_2=0.0"),
        ({"beta_2": "0.9"}, r"`beta_2` must be a number in \(0, 1\), however: beta_2='0.9'"),
    ],
)
def test_what_needs_whole_tables_is_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        RowwiseAdam(**options)


def test_two_ways_to_clip_are_refused_as_in_keras() -> None:
    with pytest.raises(ValueError, match="Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set"):
        RowwiseAdam(clipnorm=1.0, clipvalue=1.0)
