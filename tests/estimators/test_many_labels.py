"""A table of 30,000 rows with columns of thousands of labels, where plain nets learn single rows by heart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import tabembed as te


def many_labels(rows: int = 30_000) -> tuple[pd.DataFrame, np.ndarray]:
    """Return columns of up to 7,000 labels of falling frequency, each label with an effect of its own, and 0 or 1."""
    rng = np.random.default_rng(1)
    columns, logit = {}, np.full(rows, -1.5)
    for labels, spread in ((7_000, 1.0), (4_000, 1.0), (2_500, 1.0), (300, 0.5), (60, 0.5), (8, 0.5)):
        share = np.arange(1, labels + 1) ** -0.8
        codes = rng.choice(labels, rows, p=share / share.sum())
        logit += rng.normal(0, spread, labels)[codes]
        columns[f"of {labels}"] = [f"label {code}" for code in codes]
    return pd.DataFrame(columns), (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(int)


@pytest.mark.slow
def test_columns_of_many_labels_do_not_overfit() -> None:
    X, y = many_labels()
    test = np.random.default_rng(2).random(len(X)) < 0.2

    def auc(model: object) -> float:
        model.fit(X[~test], y[~test])  # type: ignore[attr-defined]
        return float(roc_auc_score(y[test], model.predict_proba(X[test])[:, 1]))  # type: ignore[attr-defined]

    linear = auc(make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression(C=0.3, max_iter=300)))
    bare = te.Categorical(dim=16, l2=0, dropout=0)
    plain = auc(te.TabularClassifier(kinds=dict.fromkeys(X, bare), preset="fast", epochs=5, random_state=0, verbose=0))
    ours = auc(te.TabularClassifier(random_state=0, verbose=0))
    # The table is additive in its labels, so nothing can beat the linear model here; the plain net falls well below.
    assert ours > linear - 0.015, (ours, linear)
    assert ours > plain + 0.01, (ours, plain)
