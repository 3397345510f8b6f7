"""The embedder with columns whose vectors aren't looked up by a column's own label."""

from __future__ import annotations

import numpy as np
import pandas as pd

import tabembed as te

KINDS = {
    "route": te.Cross("origin", "dest"),
    "km": te.Numeric(embedding="buckets", n_bins=4),
    "few": te.Categorical(one_hot=True),
    "hashed": te.Categorical(hash_buckets=9),
}


def test_columns_with_a_table_of_their_labels_are_replaced_others_stay() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({name: rng.choice(list("abc"), 120) for name in ("origin", "dest", "few", "hashed")})
    X["km"] = rng.lognormal(size=120)
    embedder = te.EntityEmbedder(dim=2, cv=2, kinds=KINDS, epochs=1, random_state=0)
    out = embedder.fit_transform(X, rng.normal(size=120))
    assert sorted(embedder.tables_) == ["dest", "hashed", "origin", "route"]
    pairs = [f"{name}_{at}" for name in ("origin", "dest") for at in range(2)]
    assert list(out) == [*pairs, "few", "hashed_0", "hashed_1", "km"]
    assert np.isfinite(out.drop(columns="few").to_numpy()).all()


def test_an_estimator_takes_its_bins_from_the_target() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"km": rng.uniform(size=400)})
    kinds = {"km": te.Numeric(embedding="ple", bins="target", n_bins=4)}
    est = te.TabularRegressor(preset="fast", kinds=kinds, epochs=1, random_state=0, verbose=0).fit(
        X, np.where(X["km"] > 0.7, 5.5, 0)
    )
    assert any(abs(edge - 0.7) < 0.02 for edge in est.schema_["km"].edges)
