"""The names in the essay's list that have no file of their own: each finds planted groups, or is the layer it names.

Word2Vec, GloVe, fastText, CoVe, ELMo, BERT and GPT have ``test_word2vec.py`` and so on, each with a test of its name.
"""

from __future__ import annotations

import keras
import numpy as np
import torch

import tabembed as te
from tests.embedders.planted import purity, shops


def test_pca() -> None:
    tables = te.PCAEmbedder(dim=3).fit(shops()).tables_
    assert min(purity(table) for table in tables.values()) > 0.95


def test_linear_discriminant_analysis() -> None:
    frame = shops()
    group = frame["goods"].str[1:].astype(int) % 4
    assert purity(te.LDAEmbedder(dim=3, task="multiclass").fit(frame[["shop"]], group).tables_["shop"]) > 0.95


def test_embedding_layer_of_keras() -> None:
    frame = shops().assign(sold=lambda rows: rows["goods"].str[1:].astype(int) % 4 * 2.5)
    schema = te.infer_schema(frame[["shop", "sold"]], target="sold", kinds={"shop": te.Categorical(dim=3)})
    model = te.build_model(schema, random_state=0)
    model.compile(te.RowwiseAdam(1e-2), "mse")
    model.fit(schema.dataset(frame, batch_size=100, shuffle=True, seed=0), epochs=3, shuffle=False, verbose=0)
    table = te.extract_tables(model, schema)["shop"]
    assert purity(table) > 0.95
    embedding, lookup = table.to_keras()
    assert isinstance(embedding, keras.layers.Embedding)
    np.testing.assert_array_equal(embedding(lookup(["s7", "s8"])), table.lookup(["s7", "s8"]))


def test_embedding_layer_of_pytorch() -> None:
    table = te.LDAEmbedder(dim=1).fit(shops()[["shop"]], shops()["goods"]).tables_["shop"]
    embedding, ids = table.to_torch()
    assert isinstance(embedding, torch.nn.Embedding)
    np.testing.assert_array_equal(embedding(torch.tensor([ids["s7"]])).numpy()[0], table["s7"])
