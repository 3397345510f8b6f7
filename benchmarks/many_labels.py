"""Columns of thousands of labels and few rows for each: where plain nets fall below one-hot logistic regression.

    python benchmarks/many_labels.py             # all, about 10 minutes
    python benchmarks/many_labels.py --seeds 1

Prints the AUC on the test rows (a random 20 %; the mean over the seeds, and the range) and the processor time of a fit
in seconds, all cores together:

- synthetic: 30,000 rows, columns of 7,000, 4,000, 2,500, 300, 60 and 8 labels of falling frequency; each label adds a
  random effect to the logit, and nothing else counts. The additive table is logistic regression's own.
- InstEval: 73,421 ratings of lecturers by students (2,972 x 1,128; extra ``examples``), 4 and 5 against the rest.

All models hold out a tenth of the training rows to choose what they choose: our nets the epoch, logistic regression C
(it is fitted again on all training rows then), LightGBM (where installed) the number of trees.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import tabembed as te
from tabembed.io import examples

ROWS, SIZES, MANY = 30_000, (7_000, 4_000, 2_500, 300, 60, 8), 1_000
Data = tuple[pd.DataFrame, np.ndarray]


def synthetic(seed: int) -> Data:
    """Return (30000, 6) labels and 0 or 1: the logit is a sum of random effects, one a label, minus 1.5."""
    rng = np.random.default_rng(seed)
    columns, logit = {}, np.full(ROWS, -1.5)
    for size in SIZES:
        frequency = 1 / np.arange(1, size + 1) ** 0.8
        codes = rng.choice(size, ROWS, p=frequency / frequency.sum())
        logit += rng.normal(0, 1.0 if size > MANY else 0.5, size)[codes]
        columns[f"of_{size}"] = pd.Series(codes).astype(str)
    return pd.DataFrame(columns), (rng.random(ROWS) < 1 / (1 + np.exp(-logit))).astype(int)


def insteval(seed: int) -> Data:
    """Return (73421, 6) labels and whether the rating is 4 or 5; the seed only splits the rows, elsewhere."""
    frame = examples.insteval()
    columns = ["s", "d", "studage", "lectage", "service", "dept"]
    return frame[columns].astype(str), (frame["y"].astype(float) >= 4).astype(int).to_numpy()


def ours(X: pd.DataFrame, y: np.ndarray, seed: int) -> Any:
    """Fit the classifier as it comes."""
    return te.TabularClassifier(preset="fast", random_state=seed, verbose=0).fit(X, y)


def plain_net(X: pd.DataFrame, y: np.ndarray, seed: int) -> Any:
    """Fit the same net without what it does about rare labels, at 16 dimensions and Adam's usual rate."""
    kinds: dict[str, Any] = {name: te.Categorical(dim=16, dropout=0.0, l2=0.0) for name in X}
    return te.TabularClassifier(preset="fast", kinds=kinds, learning_rate=1e-3, random_state=seed, verbose=0).fit(X, y)


def logistic(X: pd.DataFrame, y: np.ndarray, seed: int) -> Any:
    """Fit one-hot logistic regression with the best of three strengths."""

    def fitted(X: pd.DataFrame, y: np.ndarray, strength: float) -> Any:
        """Fit with one strength."""
        linear = LogisticRegression(C=strength, max_iter=300)
        return make_pipeline(OneHotEncoder(handle_unknown="ignore"), linear).fit(X, y)

    train, held, train_y, held_y = train_test_split(X, y, test_size=0.1, random_state=seed)
    best = max((0.1, 0.3, 1.0), key=lambda strength: auc(fitted(train, train_y, strength), held, held_y))
    return fitted(X, y, best)


def trees(X: pd.DataFrame, y: np.ndarray, seed: int) -> Any:
    """Fit LightGBM on its own categorical splits."""
    import lightgbm

    train, held, train_y, held_y = train_test_split(X, y, test_size=0.1, random_state=seed)
    model = lightgbm.LGBMClassifier(n_estimators=1_000, learning_rate=0.05, random_state=seed, verbose=-1)
    stop = lightgbm.early_stopping(50, verbose=False)
    return model.fit(train, train_y, eval_set=[(held, held_y)], eval_metric="auc", callbacks=[stop])


def auc(model: Any, X: pd.DataFrame, y: np.ndarray) -> float:
    """Return the area under the ROC curve."""
    return float(roc_auc_score(y, model.predict_proba(X)[:, 1]))


MODELS: dict[str, Callable[[pd.DataFrame, np.ndarray, int], Any]] = {
    "`te.TabularClassifier(preset='fast')`": ours,
    "one-hot logistic regression": logistic,
    "plain net": plain_net,
}
if importlib.util.find_spec("lightgbm"):
    MODELS["LightGBM"] = trees


def runs(data: Callable[[int], Data], fit: Callable[..., Any], seeds: int) -> Iterator[tuple[float, float]]:
    """Yield the test AUC and the processor time of a fit in seconds for each seed."""
    for seed in range(seeds):
        X, y = data(seed)
        if fit is trees:
            X = X.astype("category")  # before the split: train and test must agree on the codes
        train, test, train_y, test_y = train_test_split(X, y, test_size=0.2, random_state=seed)
        started = time.process_time()
        model = fit(train, train_y, seed)
        seconds = time.process_time() - started
        yield auc(model, test, test_y), seconds


def main() -> None:
    """Print the table, a line as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="how many (default 3)")
    seeds = parser.parse_args().seeds
    warnings.simplefilter("ignore", ConvergenceWarning)
    print("| data | model | test AUC | range | CPU seconds |\n|---|---|---:|---:|---:|")
    for data in (synthetic, insteval):
        for name, fit in MODELS.items():
            found, seconds = zip(*runs(data, fit, seeds), strict=True)
            shown = f"{np.mean(found):.3f} | {min(found):.3f}-{max(found):.3f} | {np.mean(seconds):.0f}"
            print(f"| {data.__name__} | {name} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
