"""No option of `RowwiseAdam` makes or computes anything as large as a table, with TensorFlow's kernels or XLA's."""

from __future__ import annotations

import re
from typing import Any

import keras
import tensorflow as tf

from tabembed.nn.embedding import RowwiseEmbedding
from tabembed.nn.optimizer import RowwiseAdam
from tests.nn.test_optimizer import BATCH, DIM, ROWS, each_option


def make_model() -> keras.Model:
    ids = keras.Input((1,), dtype="int32")
    hidden = keras.layers.Dense(5, "tanh")(RowwiseEmbedding(ROWS, DIM, name="table")(ids))
    return keras.Model(ids, keras.layers.Dense(1)(hidden))


def tensors_of(model: keras.Model) -> list[tuple[str, list[int | None]]]:
    """Return (operation, shape) of every tensor of the train step, [] for none, the functions it calls included."""
    specs = tf.TensorSpec((BATCH, model.input_shape[1]), tf.int32), tf.TensorSpec((BATCH, 1), tf.float32)
    concrete = tf.function(lambda *data: model.train_step(data)).get_concrete_function(*specs)
    graphs, seen = [concrete.graph], []
    while graphs:
        graph = graphs.pop()
        for operation in graph.get_operations():
            shapes = [tensor.shape for tensor in operation.outputs if tensor.shape.rank is not None]
            seen += [(operation.type, list(shape)) for shape in shapes] or [(operation.type, [])]
        graphs += [function.graph for function in graph._functions.values() if hasattr(function, "graph")]
    return seen


@each_option
def test_no_option_makes_anything_as_large_as_the_table(options: dict[str, Any]) -> None:
    model = make_model()
    model.compile(RowwiseAdam(**options), "mse")
    tensors = tensors_of(model)
    assert not [tensor for tensor in tensors if {ROWS, ROWS * DIM} & set(tensor[1])]
    assert "ResourceScatterUpdate" in {operation for operation, _ in tensors}


def large_operations(model: keras.Model) -> set[str]:
    """Return what XLA's program for the train step computes in the size of the table, the writes in place included."""
    model.optimizer.build(model.trainable_variables)
    data = tf.zeros((BATCH, model.input_shape[1]), tf.int32), tf.zeros((BATCH, 1))
    step = tf.function(lambda *data: model.train_step(data), jit_compile=True, autograph=False)
    program = step.experimental_get_compiler_ir(*data)(stage="optimized_hlo")
    # A line has a name, the shape of the result, as in f32[12347,6]{1,0}, and the operation.
    return set(re.findall(rf" = \S*\b(?:{ROWS}|{ROWS * DIM})\b\S* ([\w-]+)\(", program))


@each_option
def test_no_option_makes_xla_compute_anything_as_large_as_the_table(options: dict[str, Any]) -> None:
    model = make_model()
    model.compile(RowwiseAdam(**options), "mse")
    found = large_operations(model)
    assert "scatter" in found
    assert found <= {"parameter", "scatter", "fusion", "bitcast"}, "a fusion holds other operations, which are listed"


def test_the_search_for_large_tensors_finds_those_of_keras() -> None:
    model = make_model()
    model.compile(keras.optimizers.Adam(), "mse")
    assert [tensor for tensor in tensors_of(model) if ROWS in tensor[1]]
    assert {"multiply", "sqrt"} <= large_operations(model)


def test_a_loss_scale_in_half_precision_makes_nothing_as_large_as_the_table() -> None:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = make_model()
    finally:
        keras.config.set_dtype_policy("float32")
    model.compile(RowwiseAdam(loss_scale_factor=1024.0), "mse", auto_scale_loss=False)
    assert not [tensor for tensor in tensors_of(model) if ROWS in tensor[1]]


def operations_of(columns: int) -> list[tf.Operation]:
    """Return the operations of the optimizer's step for so many columns of few labels."""
    tables = [keras.Variable(tf.ones((8, 3 + at % 3)), name="table") for at in range(columns)]
    optimizer = RowwiseAdam()
    optimizer.build(tables)

    def step(ids: tf.Tensor, gradient: tf.Tensor) -> None:
        """Update all tables by rows of one gradient."""
        optimizer.apply([tf.IndexedSlices(gradient[:, : table.shape[1]], ids) for table in tables], tables)

    specs = tf.TensorSpec((None,), tf.int32), tf.TensorSpec((None, 5), tf.float32)
    operations: list[tf.Operation] = tf.function(step).get_concrete_function(*specs).graph.get_operations()
    return operations


def test_a_column_of_few_labels_takes_few_operations() -> None:
    few, more = operations_of(4), operations_of(12)
    assert (len(more) - len(few)) / 8 < 32, "each takes a millisecond before the first step"


def test_a_dense_variable_takes_few_operations() -> None:
    def count(variables: int) -> int:
        some = [keras.Variable(tf.ones(3), name="bias") for _ in range(variables)]
        optimizer = RowwiseAdam(weight_decay=0.1)
        optimizer.build(some)
        step = tf.function(lambda gradient: optimizer.apply([gradient] * variables, some))
        operations = step.get_concrete_function(tf.TensorSpec((3,))).graph.get_operations()
        return sum(operation.type != "Placeholder" for operation in operations)

    assert count(9) - count(8) <= 5, "by hand Adam's own are thirteen"


def test_powers_are_computed_in_vectors() -> None:
    # TensorFlow makes one of two operations that follow each other and take one number to one number: it is slow.
    behind = {
        operation.type for one in operations_of(2) if one.type == "Expm1" for operation in one.outputs[0].consumers()
    }
    assert behind
    assert not behind & {"Neg", "Abs", "Sqrt", "Square", "Exp", "Log"}
