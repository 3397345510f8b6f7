"""TabM, FT-Transformer and ResNet are the papers' own packages on the same weights; how TabM's members train."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import rtdl_revisiting_models as rtdl
import tabm
import tensorflow as tf
import torch

import tabembed as te
from tabembed.nn.column_tokens import ColumnTokens
from tabembed.nn.pairs import PairProducts

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Two columns of labels, two of numbers, targets of every task."""
    table = pd.DataFrame(
        {
            "city": RNG.choice(list("abcd"), 120),
            "shop": RNG.choice(list("uvwxyz"), 120),
            "km": RNG.normal(size=120),
            "price": RNG.lognormal(size=120),
        }
    )
    table["y"] = 50 + 7 * table["km"] + RNG.normal(size=120)
    table["two"] = np.where(table["km"] > 0, "hi", "lo")
    table["three"] = table["city"].replace("d", "a")
    return table


FEATURES = ["city", "shop", "km", "price"]
PINNED = {name: te.Categorical(dim=3, unknown_rate=0, l2=0) for name in ("city", "shop")}
"""So that training shows no more than the network does: no label is hidden, no prior is in the loss."""


def built(rows: pd.DataFrame, target: str, network: str, **options: Any) -> tuple[keras.Model, te.Schema]:
    """Return a model whose weights are all drawn anew, so that none is zero."""
    schema = te.infer_schema(rows[[*FEATURES, target]], target, kinds=PINNED)
    model = te.build_model(schema, network, random_state=0, linear=False, **options)
    for weight in model.weights:
        if not weight.path.startswith(("seed", *schema.input_names.values())) and "float" in weight.dtype:
            weight.assign(RNG.normal(0.5 if "gamma" in weight.path else 0, 0.3, weight.shape))
            if weight.path.endswith("variance"):
                weight.assign(RNG.uniform(0.5, 2, weight.shape))
    return model, schema


def tensor(array: Any) -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.tensor(np.asarray(array)), requires_grad=False)


def at(model: keras.Model, layer: str, schema: te.Schema, rows: pd.DataFrame) -> np.ndarray:
    """Return what a layer gives."""
    part = keras.Model(model.inputs, model.get_layer(layer).output)
    return np.asarray(part(schema.inputs(rows), training=False))


def copy_dense(theirs: Any, ours: Any) -> None:
    theirs.weight, theirs.bias = tensor(ours.get_weights()[0].T), tensor(ours.get_weights()[1])


def copy_norm(theirs: Any, ours: Any) -> None:
    gamma, beta, *moments = ours.get_weights()
    theirs.weight, theirs.bias = tensor(gamma), tensor(beta)
    if moments:
        theirs.running_mean, theirs.running_var = tensor(moments[0]).data, tensor(moments[1]).data


def in_unit(output: Any, schema: te.Schema) -> np.ndarray:
    target = schema.need_target()
    values: np.ndarray = output.detach().numpy() * target.scale + target.mean
    return values


@pytest.mark.parametrize("start", ["normal", "random-signs"])
def test_tabm_is_the_packages_tabm_mini(rows: pd.DataFrame, start: str) -> None:
    model, schema = built(rows, "y", "tabm", k=5, hidden=(16, 16), dropout=0.0, start=start)
    values = at(model, "network.concatenate", schema, rows)
    theirs = tabm.TabM(
        n_num_features=values.shape[1],
        d_out=1,
        n_blocks=2,
        d_block=16,
        dropout=0.0,
        k=5,
        arch_type="tabm-mini",
        start_scaling_init=start,
    )
    theirs.backbone.affine.weight = tensor(model.get_layer("tabm.scaling").scaling)
    for block, name in zip(theirs.backbone.blocks, ("tabm.dense_1", "tabm.dense_2"), strict=True):
        copy_dense(block[0], model.get_layer(name))
    head = model.get_layer("head.dense")
    theirs.output.weight, theirs.output.bias = tensor(head.kernel), tensor(head.bias)
    members = in_unit(theirs(torch.tensor(values)), schema)
    scale = schema.need_target().scale
    ours = np.asarray(model(schema.inputs(rows), training=True))
    np.testing.assert_allclose(ours, members, atol=1e-5 * scale, rtol=1e-5)
    ours = np.asarray(model(schema.inputs(rows), training=False))
    np.testing.assert_allclose(ours, members.mean(axis=1), atol=1e-5 * scale, rtol=1e-5)
    assert members.std(axis=1).min() > 0


@pytest.mark.parametrize("start", ["normal", "random-signs"])
def test_a_members_first_multiples_are_one_a_column(rows: pd.DataFrame, start: str) -> None:
    schema = te.infer_schema(rows[[*FEATURES, "y"]], "y", kinds=PINNED)
    drawn = np.asarray(te.build_model(schema, "tabm", random_state=0, start=start).get_layer("tabm.scaling").scaling)
    assert drawn.shape == (8, 3 + 3 + 1 + 1)
    assert (drawn[:, :3] == drawn[:, :1]).all()
    assert (drawn[:, 0] != drawn[:, 3]).any()
    assert (start == "normal") == (len(np.unique(np.abs(drawn))) > 1)


@pytest.mark.parametrize("heads", [1, 4])
def test_the_transformer_is_the_packages(rows: pd.DataFrame, heads: int) -> None:
    model, schema = built(rows, "y", "transformer", blocks=2, dim=16, heads=heads)
    theirs = rtdl.FTTransformer(
        n_cont_features=2,
        cat_cardinalities=[schema["city"].size, schema["shop"].size],
        d_out=1,
        n_blocks=2,
        d_block=16,
        attention_n_heads=heads,
        attention_dropout=0.2,
        ffn_d_hidden=None,
        ffn_d_hidden_multiplier=4 / 3,
        ffn_dropout=0.1,
        residual_dropout=0.0,
    ).eval()
    tokens = model.get_layer("transformer.tokens")
    of_labels, of_numbers, bias = np.asarray(tokens.kernel_3), np.asarray(tokens.kernel_1), np.asarray(tokens.biases)
    theirs.cls_embedding.weight = tensor(model.get_layer("transformer.cls").token)
    theirs.cont_embeddings.weight, theirs.cont_embeddings.bias = tensor(of_numbers[:, 0]), tensor(bias[2:])
    for place, column in enumerate(("city", "shop")):
        table = model.get_layer(f"{column}.embedding").get_weights()[0]
        theirs.cat_embeddings.embeddings[place].weight = tensor(table @ of_labels[place])
    theirs.cat_embeddings.bias = tensor(bias[:2])
    for place, block in enumerate(theirs.backbone.blocks, 1):
        copy_block(block, model, f"transformer.block_{place}")
    copy_norm(theirs.backbone.output.normalization, model.get_layer("transformer.normalization"))
    copy_dense(theirs.backbone.output.linear, model.get_layer("head.dense"))
    inputs = schema.inputs(rows)
    labels = torch.tensor(np.concatenate([inputs["city"], inputs["shop"]], axis=1).astype(np.int64))
    want = in_unit(theirs(scaled(model, inputs), labels), schema)
    scale = schema.need_target().scale
    np.testing.assert_allclose(np.asarray(model(inputs, training=False)), want, atol=1e-5 * scale, rtol=1e-5)


def scaled(model: keras.Model, inputs: Any) -> torch.Tensor:
    """Return the numbers as their branches scale them."""
    layers = (model.get_layer(f"{name}.standardize") for name in ("km", "price"))
    values = [np.asarray(layer(inputs[name])) for layer, name in zip(layers, ("km", "price"), strict=True)]
    return torch.tensor(np.concatenate(values, axis=1))


def copy_block(block: Any, model: keras.Model, name: str) -> None:
    attention = model.get_layer(f"{name}.attention")
    mixed = block["attention"].W_out is not None
    for theirs, ours in (("W_q", "query"), ("W_k", "key"), ("W_v", "value"), *([("W_out", "mix")] if mixed else [])):
        module = getattr(block["attention"], theirs)
        module.weight = tensor(np.asarray(getattr(attention, ours)).T)
        module.bias = tensor(getattr(attention, f"{ours}_bias"))
    if "attention_normalization" in block:
        copy_norm(block["attention_normalization"], model.get_layer(f"{name}.attention_normalization"))
    copy_norm(block["ffn_normalization"], model.get_layer(f"{name}.normalization"))
    copy_dense(block["ffn"].linear1, model.get_layer(f"{name}.dense_1"))
    copy_dense(block["ffn"].linear2, model.get_layer(f"{name}.dense_2"))


def test_resnet_is_the_packages(rows: pd.DataFrame) -> None:
    model, schema = built(rows, "y", "resnet", width=12, residual_dropout=0.2)
    values = at(model, "network.concatenate", schema, rows)
    theirs = rtdl.ResNet(
        d_in=values.shape[1],
        d_out=1,
        n_blocks=2,
        d_block=12,
        d_hidden_multiplier=2.0,
        dropout1=0.15,
        dropout2=0.2,
    ).eval()
    copy_dense(theirs.input_projection, model.get_layer("resnet.input"))
    for place, block in enumerate(theirs.blocks, 1):
        copy_norm(block.normalization, model.get_layer(f"resnet.block_{place}.normalization"))
        copy_dense(block.linear1, model.get_layer(f"resnet.block_{place}.dense_1"))
        copy_dense(block.linear2, model.get_layer(f"resnet.block_{place}.dense_2"))
    copy_norm(theirs.output.normalization, model.get_layer("resnet.normalization"))
    copy_dense(theirs.output.linear, model.get_layer("head.dense"))
    want = in_unit(theirs(torch.tensor(values)), schema)
    scale = schema.need_target().scale
    ours = np.asarray(model(schema.inputs(rows), training=False))
    np.testing.assert_allclose(ours, want, atol=1e-5 * scale, rtol=1e-5)


# how TabM's members train


@pytest.mark.parametrize(
    ("target", "loss"),
    [("y", "mse"), ("y", "huber"), ("two", "binary_crossentropy"), ("three", "sparse_categorical_crossentropy")],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_loss_is_the_mean_of_the_members_losses(rows: pd.DataFrame, target: str, loss: str, weighted: bool) -> None:
    model, schema = built(rows, target, "tabm", k=4, hidden=(8,), dropout=0.0)
    model.compile("sgd", loss)
    y = schema.encode_target(rows)[:, None]
    weights = RNG.uniform(0, 3, (len(rows), 1)).astype(np.float32) if weighted else None
    members = model(schema.inputs(rows), training=True)
    assert members.shape == (120, 4, 3 if target == "three" else 1)
    alone = keras.losses.get(loss)
    losses = [np.asarray(alone(y, members[:, member])).reshape(-1, 1) for member in range(4)]
    want = float(np.mean([np.mean(one if weights is None else one * weights) for one in losses]))
    found = model.compute_loss(y=tf.constant(y), y_pred=members, sample_weight=weights, training=True)
    assert float(found) == pytest.approx(want, rel=1e-5)
    mean = model(schema.inputs(rows), training=False)
    np.testing.assert_allclose(np.asarray(mean), np.asarray(members).mean(axis=1), rtol=1e-4, atol=1e-6)
    of_mean = float(model.compute_loss(y=tf.constant(y), y_pred=mean, sample_weight=weights, training=False))
    assert of_mean < want, "the loss of the mean is another one, and these losses are convex"


def test_a_members_gradient_is_what_it_would_be_alone(rows: pd.DataFrame) -> None:
    model, schema = built(rows, "y", "tabm", k=4, hidden=(8,), dropout=0.0)
    model.compile("sgd", "mse")
    head = model.get_layer("head.dense").kernel
    y = tf.constant(schema.encode_target(rows)[:, None])
    with tf.GradientTape(persistent=True) as tape:
        members = model(schema.inputs(rows), training=True)
        together = model.compute_loss(y=y, y_pred=members, training=True)
        second = tf.reduce_mean(tf.square(members[:, 1] - y))
    np.testing.assert_allclose(
        tape.gradient(together, head.value)[1], tape.gradient(second, head.value)[1] / 4, rtol=1e-4
    )


def test_tabm_is_fitted_by_hand_with_metrics_and_weights(rows: pd.DataFrame) -> None:
    schema = te.infer_schema(rows[[*FEATURES, "y"]], "y", kinds=PINNED)
    target = schema.need_target()
    model = te.build_model(schema, "tabm", k=4, hidden=(8,), random_state=0)
    model.compile(te.RowwiseAdam(1e-2), target.loss, metrics=target.metrics, jit_compile=True)
    data = schema.dataset(rows, 40, shuffle=True, seed=0)
    history = model.fit(data, validation_data=data, epochs=3, shuffle=False, verbose=0).history
    assert set(history) == {"loss", "mae", "R2Score", "val_loss", "val_mae", "val_R2Score"}
    assert history["val_loss"][-1] < history["val_loss"][0]
    model.fit(schema.inputs(rows), schema.encode_target(rows), batch_size=40, sample_weight=np.ones(120), verbose=0)
    assert model.predict(schema.inputs(rows), verbose=0).shape == (120, 1)


# layers


def test_products_of_pairs_are_all_of_them() -> None:
    vectors = RNG.normal(size=(5, 6, 3)).astype(np.float32)
    want = sum(vectors[:, i] * vectors[:, j] for i in range(6) for j in range(i))
    np.testing.assert_allclose(np.asarray(PairProducts()(vectors)), want, atol=1e-5)


def test_tokens_keep_the_columns_order() -> None:
    widths = [2, 1, 2, 3, 1]
    layer = ColumnTokens(widths, 4, seed=0)
    values = RNG.normal(size=(7, 9)).astype(np.float32)
    tokens = np.asarray(layer(values))
    ends = np.cumsum(widths)
    for column, width in enumerate(widths):
        place = [other for other, its in enumerate(widths) if its == width].index(column)
        kernel = np.asarray(getattr(layer, f"kernel_{width}"))[place]
        want = values[:, ends[column] - width : ends[column]] @ kernel + np.asarray(layer.biases)[column]
        np.testing.assert_allclose(tokens[:, column], want, atol=1e-5)
