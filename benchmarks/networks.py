"""Every network on four real sets, with one budget: the test metric, CPU seconds and parameters.

    python benchmarks/networks.py                            # all, hours; a table after each seed
    python benchmarks/networks.py --sets houses --networks mlp tabm+ple --seeds 1
    python benchmarks/networks.py --scores networks.json     # goes on from what stands in the file, and adds to it
    python benchmarks/networks.py --inner --first-seed 10    # scores on training rows, to choose settings by

The sets are those of ``reuse.py`` (extra ``examples``), rows drawn by the seed, and the houses:

- flights: arrival delay (R2), 40,000 rows to learn from and 20,000 to test on;
- insteval: ratings of 4 and 5 against the rest (AUC), a random 20 % to test on;
- olympics: medal or none (AUC), the years before 2000 to learn from (40,000 rows), later ones to test on (20,000);
- houses: the logarithm of the price (R2), a random 20 % to test on.

Each network is the estimator as it comes: its own options, learning rate and weight decay (``nn/networks/``), and the
same budget for all: at most 20 epochs, the best by a tenth of the training rows, patience 5, the same batch sizes.
``+ple`` embeds numbers piecewise linearly, between the splits of a tree of the target. ``lstm`` needs steps, which
these sets don't have: ``aircraft.py`` reads some.

The goal: ``tabm+ple`` is no worse than ``mlp`` on any set, and better on three. Both are judged against the noise, two
standard errors of the difference seed by seed: better is above it, no worse is not below it.
"""

from __future__ import annotations

import argparse
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
from reuse import Split, flights, insteval, noise_of, olympics
from sklearn.model_selection import train_test_split

import tabembed as te
from tabembed.io import examples

NETWORKS = ["linear", "wide_deep", "mlp", "resnet", "dcn", "deepfm", "transformer", "tabm", "mlp+ple", "tabm+ple"]
GOAL = "tabm+ple", "mlp"
Kept = dict[str, dict[str, float]]
"""{"set/network/seed": {"score", "seconds", "parameters", "epochs"}}."""


def houses(seed: int) -> Split:
    """Return the houses of King County: 2 columns of labels, 15 numbers, the logarithm of the price."""
    df = examples.house_prices()
    labels = ["zipcode", "condition"]
    numbers = [
        "bedrooms",
        "bathrooms",
        "sqft_living",
        "sqft_lot",
        "floors",
        "waterfront",
        "view",
        "grade",
        "sqft_above",
    ]
    numbers += ["sqft_basement", "yr_built", "yr_renovated", "lat", "long", "sqft_living15"]
    df = df.assign(price=np.log(df["price"].astype(float)))
    df[labels] = df[labels].astype(str)
    df[numbers] = df[numbers].astype(str).replace({"True": "1", "False": "0"}).astype(float)
    train, test = train_test_split(df[[*labels, *numbers, "price"]], test_size=0.2, random_state=seed)
    return Split(train, test, "price", numbers, classes=False)


SETS: dict[str, Callable[[int], Split]] = {
    "flights": flights,
    "insteval": insteval,
    "olympics": olympics,
    "houses": houses,
}


def inner(name: str, seed: int) -> Split:
    """Return training rows alone, some of them to test on: a fifth, or of the Olympics the Games from 1988 to 1998."""
    if name == "olympics":
        return olympics(seed, 1988, 2000)
    split = SETS[name](seed)
    train, test = train_test_split(split.train, test_size=0.2, random_state=seed)
    return replace(split, train=train, test=test)


def run(split: Split, name: str, seed: int, **settings: Any) -> dict[str, float]:
    """Fit a network and score it.

    Args:
        split: the rows.
        name: of the network, with "+ple" for embedded numbers.
        seed: of weights, the split and the batches.
        **settings: the estimator's, instead of the network's own.
    """
    network, _, embedding = name.partition("+")
    kinds: dict[str, Any] = dict.fromkeys(split.labels, te.Categorical())
    bins = "target" if embedding == "ple" else "quantile"
    kinds |= dict.fromkeys(split.numbers, te.Numeric(embedding=embedding or None, bins=bins))
    kind = te.TabularClassifier if split.classes else te.TabularRegressor
    est = kind(preset="fast", network=network, kinds=kinds, random_state=seed, verbose=0, **settings)
    X, y = split.train.drop(columns=split.target), split.train[split.target]
    started = time.process_time()  # of all cores, and so the same when other jobs run
    est.fit(X, y)
    seconds = time.process_time() - started
    rows = split.test.drop(columns=split.target)
    guess = est.predict_proba(rows)[:, 1] if split.classes else est.predict(rows)
    parameters = sum(int(np.prod(weight.shape)) for weight in est.model_.trainable_weights)
    return {"score": split.score(guess), "seconds": seconds, "parameters": parameters, "epochs": est.n_epochs_}


def report(kept: Kept, sets: list[str], networks: list[str], seeds: range) -> None:
    """Print the table: the mean over the seeds and the range; mean CPU seconds and parameters, set by set."""
    print(f"\n| network | {' | '.join(sets)} | CPU seconds | parameters |\n|---|{'---:|' * (len(sets) + 2)}")
    best = {name: max(networks, key=lambda network: np.mean(of(kept, name, network, seeds))) for name in sets}
    for network in networks:
        cells = []
        for name in sets:
            found = of(kept, name, network, seeds)
            cell = f"{np.mean(found):.4f} ({min(found):.4f}-{max(found):.4f})"
            cells.append(f"**{cell}**" if best[name] == network else cell)
        spent = "/".join(f"{np.mean(of(kept, name, network, seeds, 'seconds')):.0f}" for name in sets)
        sizes = "/".join(f"{np.mean(of(kept, name, network, seeds, 'parameters')) / 1000:.0f}k" for name in sets)
        print(f"| `{network}` | {' | '.join(cells)} | {spent} | {sizes} |")
    if set(GOAL) <= set(networks):
        goal(kept, sets, seeds)


def of(kept: Kept, name: str, network: str, seeds: range, what: str = "score") -> list[float]:
    """Return what was found, one a seed."""
    return [kept[f"{name}/{network}/{seed}"][what] for seed in seeds]


def goal(kept: Kept, sets: list[str], seeds: range) -> None:
    """Print what the first of the two gains on the second, and whether the goal is met."""
    print()
    first, second = GOAL
    better, worse = [], []
    for name in sets:
        by_seed = np.subtract(of(kept, name, first, seeds), of(kept, name, second, seeds))
        noise = noise_of(by_seed)
        shown = ", ".join(f"{gain:+.4f}" for gain in by_seed)
        print(f"- {name}: {first} against {second} {by_seed.mean():+.4f} (two standard errors {noise:.4f}; {shown})")
        if abs(by_seed.mean()) > noise:
            (better if by_seed.mean() > 0 else worse).append(name)
    met = "met" if len(better) >= 3 and not worse else "not met"
    print(f"- goal, no worse on any and better on three: {met} (better: {better}, worse: {worse})")


def main() -> None:
    """Run what isn't kept yet, and print the table after each seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--networks", nargs="+", default=NETWORKS, help="with +ple, +periodic, +pbld or nothing")
    parser.add_argument("--seeds", type=int, default=3, help="how many (default 3)")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--inner", action="store_true", help="score on training rows, not on the test rows")
    parser.add_argument("--scores", type=Path, help="a JSON file to go on from")
    wanted = parser.parse_args()
    kept: Kept = json.loads(wanted.scores.read_text()) if wanted.scores and wanted.scores.exists() else {}
    for seed in range(wanted.first_seed, wanted.first_seed + wanted.seeds):
        for name, network in itertools.product(wanted.sets, wanted.networks):
            key = f"{name}/{network}/{seed}"
            if key in kept:
                continue
            split = inner(name, seed) if wanted.inner else SETS[name](seed)
            kept[key] = run(split, network, seed)
            shown = ", ".join(f"{what} {value:.4g}" for what, value in kept[key].items())
            print(f"# {key}: {shown}", flush=True)
            if wanted.scores:
                wanted.scores.write_text(json.dumps(kept, indent=1) + "\n")
        report(kept, wanted.sets, wanted.networks, range(wanted.first_seed, seed + 1))


if __name__ == "__main__":
    main()
