"""Learned tables in other models: does the vector of a category serve KNN, trees and linear models better than a code?

    python benchmarks/reuse.py                            # all, more than an hour; a table after each seed
    python benchmarks/reuse.py --seeds 1 --first-seed 10 --sets insteval
    python benchmarks/reuse.py --scores scores.json       # goes on from what stands in the file, and adds to it
    python benchmarks/reuse.py --models LightGBM
    python benchmarks/reuse.py --encodings fast default --models KNN linear       # the tables of two presets

The experiment of Guo & Berkhahn 2016 (arXiv 1604.06737, section V, table III) on three real sets (extra ``examples``):

- flights: arrival delay (R2), 40,000 rows to learn from and 20,000 to test on, drawn by the seed;
- insteval: ratings of 4 and 5 against the rest (AUC), a random 20 % to test on;
- olympics: medal or none (AUC), the years before 2000 to learn from (40,000 rows drawn) and the later ones to test on
  (20,000 drawn): team-mates share a medal, so rows must not be split at random.

Each model gets the same rows with each encoding: ordinal codes, one-hot, scikit-learn's `TargetEncoder` (cross-fitted,
as it comes) and `te.EntityEmbedder` (cross-fitted, as it comes; it sees the training part only). That month, day and
hour are numbers, in whose order they stand, ordinal codes and ours are told. Numbers are standardised. What is chosen
is chosen alike for all encodings, on a fifth of the training rows: for KNN k and how much the encoded columns weigh
against the numbers, for the linear model its strength. KNN looks among 20,000 of the rows. Forest and
LightGBM run with fixed settings (100 trees of half the rows each; 300 trees of rate 0.05).

The goals: with our vectors KNN and the linear model are better than with every other encoding on all sets, and LightGBM
is nowhere worse than with the best other one and somewhere better. The tables of the preset ``default``, as an
estimator leaves them (not cross-fitted), are no worse for KNN and the linear model than those of ``fast``. Noise is two
standard errors of the difference between our score and the other's on the same seed; KNN and the linear model are
judged by the means alone.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

import tabembed as te
from tabembed.io import examples

TRAIN, TEST, KNN_ROWS = 40_000, 20_000, 20_000
Blocks = tuple[Any, Any, np.ndarray, np.ndarray]
"""The encoded columns of the training and the test rows (n, d), dense or sparse; the numbers of both, standardised."""


@dataclass(frozen=True)
class Split:
    """Rows to learn from and rows to test on."""

    train: pd.DataFrame
    test: pd.DataFrame
    target: str
    numbers: list[str]
    classes: bool
    ordered: tuple[str, ...] = field(default=(), kw_only=True)
    """Categorical columns whose labels are numbers."""

    @property
    def labels(self) -> list[str]:
        """The categorical columns."""
        return [name for name in self.train if name not in (*self.numbers, self.target)]

    def score(self, predicted: np.ndarray, y: Any = None) -> float:
        """Return R2, or the AUC for classes, on the test rows or on others with target y."""
        truth = self.test[self.target] if y is None else y
        return float((roc_auc_score if self.classes else r2_score)(truth, predicted))


def flights(seed: int) -> Split:
    """Return the New York flights: 8 columns of labels, 4 numbers, the arrival delay."""
    labels = ["carrier", "flight", "tailnum", "origin", "dest", "month", "day", "hour"]
    numbers = ["dep_delay", "distance", "sched_arr_time", "minute"]
    df = examples.flights().dropna(subset=["arr_delay"])[[*labels, *numbers, "arr_delay"]]
    df[labels] = df[labels].astype(str)
    drawn = df.sample(TRAIN + TEST, random_state=seed)
    return Split(drawn[:TRAIN], drawn[TRAIN:], "arr_delay", numbers, classes=False, ordered=("month", "day", "hour"))


def insteval(seed: int) -> Split:
    """Return the ratings of lecturers by students: 6 columns of labels."""
    df = examples.insteval()
    df = df[["s", "d", "studage", "lectage", "service", "dept"]].astype(str).assign(good=df["y"].astype(float) >= 4)
    train, test = train_test_split(df.astype({"good": int}), test_size=0.2, random_state=seed)
    return Split(train, test, "good", [], classes=True)


def olympics(seed: int, first: int = 2000, end: int = 9999) -> Split:
    """Return the Olympic starts, the test rows from the Games since ``first``: 6 columns of labels, 3 numbers."""
    df = examples.olympic_athletes()
    df = df.assign(medal=df["medal"].notna().astype(int))
    df = df.fillna({name: df[name].median() for name in ("age", "height", "weight")})
    columns = ["sex", "team", "noc", "season", "sport", "event", "age", "height", "weight", "medal"]
    early, late = df[df["year"] < first], df[(df["year"] >= first) & (df["year"] < end)]
    train, test = early.sample(TRAIN, random_state=seed), late.sample(TEST, random_state=seed)
    return Split(train[columns], test[columns], "medal", ["age", "height", "weight"], classes=True)


def encode(name: str, split: Split, seed: int) -> Blocks:
    """Return the blocks of one encoding, learned on the training rows."""
    train, test, y = split.train[split.labels], split.test[split.labels], split.train[split.target]
    if name == "ours":
        # The network may see the numbers too; only the tables' columns are taken.
        embedder = te.EntityEmbedder(
            kinds={name: te.Categorical(ordered=name in split.ordered) for name in split.labels}
            | dict.fromkeys(split.numbers, te.Numeric()),
            task="binary" if split.classes else "regression",
            random_state=seed,
        )
        both = [*split.labels, *split.numbers]
        fitted = embedder.fit_transform(split.train[both], y).drop(columns=split.numbers)
        encoded = fitted.to_numpy(), embedder.transform(split.test[both]).drop(columns=split.numbers).to_numpy()
    elif name in PRESETS:
        kind = te.TabularClassifier if split.classes else te.TabularRegressor
        est = kind(preset=name, kinds=dict.fromkeys(split.labels, te.Categorical()), random_state=seed, verbose=0)
        tables = est.fit(split.train[[*split.labels, *split.numbers]], y).tables_
        encoder = te.TableEncoder({column: tables[column] for column in split.labels})
        encoded = encoder.fit_transform(train).to_numpy(), encoder.transform(test).to_numpy()
    else:
        encoder = ENCODERS[name](split)
        encoded = encoder.fit_transform(train, y), encoder.transform(test)
        if name in ("ordinal", "target"):
            scaler = StandardScaler()
            encoded = scaler.fit_transform(encoded[0]), scaler.transform(encoded[1])
    # One factor for the whole block, so that it weighs as much as its number of columns.
    spread = np.sqrt(_variance(encoded[0]) / len(split.labels)) or 1.0
    numbers = split.train[split.numbers].to_numpy(float), split.test[split.numbers].to_numpy(float)
    if split.numbers:
        scaler = StandardScaler()
        numbers = scaler.fit_transform(numbers[0]), scaler.transform(numbers[1])
    return encoded[0] / spread, encoded[1] / spread, *numbers


def _variance(block: Any) -> float:
    """Return the sum of the columns' variances."""
    if sparse.issparse(block):
        return float((block.multiply(block).mean(axis=0) - np.square(block.mean(axis=0))).sum())
    return float(block.var(axis=0).sum())


ENCODERS: dict[str, Callable[[Split], Any]] = {
    "ordinal": lambda split: OrdinalEncoder(
        categories=[
            sorted(split.train[name].unique(), key=int if name in split.ordered else str) for name in split.labels
        ],
        handle_unknown="use_encoded_value",
        unknown_value=-1,
    ),
    "one-hot": lambda _: OneHotEncoder(handle_unknown="ignore", dtype=np.float32),
    "target": lambda split: TargetEncoder(target_type="binary" if split.classes else "continuous", random_state=0),
}
ENCODINGS = ["ordinal", "one-hot", "target", "ours"]
PRESETS = ["fast", "default"]


def together(encoded: Any, numbers: np.ndarray, weight: float = 1.0) -> Any:
    """Return the encoded columns, times a weight, beside the numbers."""
    if sparse.issparse(encoded):
        return sparse.hstack([encoded * weight, sparse.csr_matrix(numbers.astype(np.float32))]).tocsr()
    return np.hstack([encoded * weight, numbers]).astype(np.float32)


def predicted(model: Any, X: Any, classes: bool) -> np.ndarray:
    """Return values, or the probability of the second class."""
    return np.asarray(model.predict_proba(X)[:, 1] if classes else model.predict(X))


def chosen(split: Split, blocks: Blocks, make: Callable[..., Any], grid: Mapping[str, list[Any]]) -> np.ndarray:
    """Return the test predictions of the settings that are best on a fifth of the training rows."""
    encoded, tested, numbers, test_numbers = blocks
    y = split.train[split.target].to_numpy()
    fit, held = train_test_split(np.arange(len(y)), test_size=0.2, random_state=0)

    def trial(weight: float, **settings: Any) -> float:
        model = make(**settings).fit(together(encoded[fit], numbers[fit], weight), y[fit])
        guess = predicted(model, together(encoded[held], numbers[held], weight), split.classes)
        return split.score(guess, y[held])

    tried = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    best = max(tried, key=lambda settings: trial(**settings))
    weight = best.pop("weight")
    model = make(**best).fit(together(encoded, numbers, weight), y)
    return predicted(model, together(tested, test_numbers, weight), split.classes)


def knn(split: Split, blocks: Blocks, seed: int) -> np.ndarray:
    """Predict by the k nearest of at most 20,000 rows; k and the block's weight are chosen."""
    rows = np.random.default_rng(seed).permutation(len(split.train))[:KNN_ROWS]
    fewer = Split(split.train.iloc[rows], split.test, split.target, split.numbers, split.classes)
    make = KNeighborsClassifier if split.classes else KNeighborsRegressor
    grid = {"n_neighbors": [10, 30, 100], "weight": [0.1, 0.3, 1.0, 3.0] if split.numbers else [1.0]}
    smaller = blocks[0][rows], blocks[1], blocks[2][rows], blocks[3]
    return chosen(fewer, smaller, lambda **settings: make(**settings, algorithm="auto", n_jobs=2), grid)


def linear(split: Split, blocks: Blocks, seed: int) -> np.ndarray:
    """Predict by ridge or logistic regression; the strength is chosen."""
    if split.classes:
        return chosen(
            split, blocks, lambda C: LogisticRegression(C=C, max_iter=300), {"C": [0.1, 1, 10], "weight": [1.0]}
        )
    return chosen(split, blocks, lambda alpha: Ridge(alpha), {"alpha": [1.0, 10.0, 100.0], "weight": [1.0]})


def forest(split: Split, blocks: Blocks, seed: int) -> np.ndarray:
    """Predict by a random forest of 100 trees, each from half the rows: on one-hot columns it is slow."""
    make = RandomForestClassifier if split.classes else RandomForestRegressor
    share = "sqrt" if split.classes else 1 / 3
    model = make(100, min_samples_leaf=5, max_features=share, max_samples=0.5, n_jobs=2, random_state=seed)
    return _plainly(model, split, blocks)


def boosted(split: Split, blocks: Blocks, seed: int) -> np.ndarray:
    """Predict by LightGBM, 300 trees of rate 0.05."""
    make = LGBMClassifier if split.classes else LGBMRegressor
    return _plainly(make(n_estimators=300, learning_rate=0.05, random_state=seed, n_jobs=2, verbose=-1), split, blocks)


def _plainly(model: Any, split: Split, blocks: Blocks) -> np.ndarray:
    encoded, tested, numbers, test_numbers = blocks
    model.fit(together(encoded, numbers), split.train[split.target].to_numpy())
    return predicted(model, together(tested, test_numbers), split.classes)


SETS: dict[str, Callable[[int], Split]] = {"flights": flights, "insteval": insteval, "olympics": olympics}
MODELS = {"KNN": knn, "linear": linear, "forest": forest, "LightGBM": boosted}
Scores = dict[tuple[str, str, str], list[float]]
"""{(set, model, encoding): a score for each seed}."""
Kept = dict[str, float]
"""{"set/seed/encoding/step": a score, or seconds for the step's name with " seconds"}."""


def measure(
    name: str, seed: int, encodings: list[str], models: list[str], kept: Kept, keep: Callable[[], None]
) -> None:
    """Add the scores and seconds of one set and seed that aren't there yet; says each as it comes."""
    split = SETS[name](seed)
    for encoding in encodings:
        at = f"{name}/{seed}/{encoding}"
        if all(f"{at}/{model}" in kept for model in models):
            continue
        started = time.perf_counter()
        blocks = encode(encoding, split, seed)
        kept[f"{at}/encoding seconds"] = time.perf_counter() - started
        for model in models:
            if f"{at}/{model}" in kept:
                continue
            started = time.perf_counter()
            kept[f"{at}/{model}"] = split.score(MODELS[model](split, blocks, seed))
            kept[f"{at}/{model} seconds"] = time.perf_counter() - started
            print(f"# {name}, seed {seed}, {encoding}, {model}: {kept[f'{at}/{model}']:.4f}", flush=True)
            keep()


def gathered(kept: Kept, sets: list[str], models: list[str], seeds: range) -> tuple[Scores, Scores]:
    """Return the scores and the seconds, one a seed."""
    scores, seconds = {}, {}
    for name, encoding in itertools.product(sets, ENCODINGS):
        for step in ["encoding", *models]:
            at = [f"{name}/{seed}/{encoding}/{step}" for seed in seeds]
            seconds[name, step, encoding] = [kept[f"{key} seconds"] for key in at]
            scores[name, step, encoding] = [kept[key] for key in at if step in models]
    return scores, seconds


def report(scores: Scores, seconds: Scores, sets: list[str], models: list[str]) -> None:
    """Print the tables (mean and range over the seeds; mean seconds) and the goals."""
    head = f"{' | '.join(ENCODINGS)} |\n|---|---|{'---:|' * len(ENCODINGS)}"
    print(f"\n| set | model | {head}")
    for name, model in itertools.product(sets, models):
        cells = [scores[name, model, encoding] for encoding in ENCODINGS]
        best = max(range(len(cells)), key=lambda at: np.mean(cells[at]))
        shown = [f"{np.mean(cell):.4f} ({min(cell):.4f}-{max(cell):.4f})" for cell in cells]
        shown[best] = f"**{shown[best]}**"
        print(f"| {name} | {model} | {' | '.join(shown)} |")
    print(f"\n| set | seconds | {head}")
    for name, step in itertools.product(sets, ["encoding", *models]):
        spent = (f"{np.mean(seconds[name, step, encoding]):.0f}" for encoding in ENCODINGS)
        print(f"| {name} | {step} | {' | '.join(spent)} |")
    print()
    goals(scores, sets, models)


def goals(scores: Scores, sets: list[str], models: list[str]) -> None:
    """Print what our vectors gain on the best other encoding, and a line a goal: met or not."""
    gains, noise = {}, {}
    for model, name in itertools.product(models, sets):
        other = max(ENCODINGS[:-1], key=lambda encoding: np.mean(scores[name, model, encoding]))
        apart = np.subtract(scores[name, model, "ours"], scores[name, model, other])
        gains[model, name] = apart.mean()
        noise[model, name] = noise_of(apart)
        print(f"- {model}, {name}: {apart.mean():+.4f} (noise {noise[model, name]:.4f}) on {other}")
    for model in (model for model in models if model in ("KNN", "linear")):
        better = [name for name in sets if gains[model, name] > 0]
        print(f"- goal, {model} better on all: {_met(len(better) == len(sets))} ({', '.join(better) or 'none'})")
    if "LightGBM" not in models:
        return
    no_worse = [name for name in sets if gains["LightGBM", name] >= -noise["LightGBM", name]]
    ahead = [name for name in sets if gains["LightGBM", name] > noise["LightGBM", name]]
    print(f"- goal, LightGBM no worse on all: {_met(len(no_worse) == len(sets))} ({', '.join(no_worse) or 'none'})")
    print(f"- goal, LightGBM better on one: {_met(bool(ahead))} ({', '.join(ahead) or 'none'})", flush=True)


def of_presets(kept: Kept, sets: list[str], models: list[str], seeds: range) -> None:
    """Print the scores with the tables of both presets, and what those of ``default`` gain."""
    print("\n| set | model | fast | default | gain (noise) |\n|---|---|---:|---:|---:|")
    for name, model in itertools.product(sets, models):
        fast, default = (np.array([kept[f"{name}/{seed}/{preset}/{model}"] for seed in seeds]) for preset in PRESETS)
        gain = f"{(default - fast).mean():+.4f} ({noise_of(default - fast):.4f})"
        print(f"| {name} | {model} | {fast.mean():.4f} | {default.mean():.4f} | {gain} |")


def noise_of(apart: np.ndarray) -> float:
    """Return two standard errors of the mean of the differences, one a seed; 0 for one seed."""
    return float(2 * apart.std(ddof=1) / np.sqrt(len(apart))) if len(apart) > 1 else 0.0


def _met(met: bool) -> str:
    return "met" if met else "not met"


def main() -> None:
    """Measure and print, all sets for one seed after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--seeds", type=int, default=8, help="how many (default 8; three are few for KNN on the Olympics)"
    )
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--encodings", nargs="+", choices=[*ENCODINGS, *PRESETS], default=ENCODINGS)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--scores", type=Path, help="a JSON file of scores to go on from and to add to")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    file = arguments.scores
    kept: Kept = json.loads(file.read_text()) if file is not None and file.exists() else {}

    def keep() -> None:
        if file is not None:
            file.write_text(json.dumps(kept, indent=1) + "\n")

    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    for seed in seeds:
        for name in arguments.sets:
            measure(name, seed, arguments.encodings, arguments.models, kept, keep)
        so_far = range(seeds.start, seed + 1)
        if {*PRESETS} <= {*arguments.encodings}:
            of_presets(kept, arguments.sets, arguments.models, so_far)
        if {*ENCODINGS} <= {*arguments.encodings}:
            report(*gathered(kept, arguments.sets, arguments.models, so_far), arguments.sets, arguments.models)


if __name__ == "__main__":
    main()
