"""What pretraining without labels is worth where few rows have one.

``te.BERTEmbedder`` learns from 20,000 training rows without the target; then ``te.TabularClassifier`` with the network
``transformer`` learns the target from 5 % of them. The same network without pretraining, and the one that starts from
the static tables alone, get the same labelled rows, sizes and settings. The sets and splits are those of
``benchmarks/reuse.py``: ratings of lecturers at random, Olympic medals by year. The score is the AUC on the test rows.

Run ``python benchmarks/few_labels.py --seeds 5``; a seed of one set takes one to two minutes.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Iterable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from reuse import Split, insteval, olympics
from sklearn.model_selection import train_test_split

import tabembed as te

SETS = {"insteval": insteval, "olympics": olympics}
SIZES = {"dim": 32, "heads": 4, "blocks": 2, "hidden_factor": 2.0}
STARTS = ["anew", "tables", "encoder"]


def measure(split: Split, rows: int, share: float, seed: int, epochs: int) -> tuple[dict[str, float], float]:
    """Return the AUC of each start, and the seconds of pretraining."""
    train = split.train.sample(rows, random_state=seed)
    features = [*split.labels, *split.numbers]
    kinds = dict.fromkeys(split.labels, te.Categorical()) | dict.fromkeys(split.numbers, te.Numeric())
    started = time.perf_counter()
    bert = te.BERTEmbedder(**SIZES, kinds=kinds, epochs=epochs, random_state=seed).fit(train[features])
    seconds = time.perf_counter() - started
    some, _ = train_test_split(train, train_size=share, stratify=train[split.target], random_state=seed)
    scores = {}
    for start, init in zip(STARTS, (None, bert.tables_, bert), strict=True):
        est = te.TabularClassifier(
            preset="fast",
            network="transformer",
            network_options=SIZES,
            kinds=None if start == "encoder" else kinds,
            random_state=seed,
            verbose=0,
        )
        est.fit(some[features], some[split.target], init=init)
        scores[start] = split.score(est.predict_proba(split.test[features])[:, 1])
    return scores, seconds


def report(name: str, scores: Iterable[dict[str, float]]) -> None:
    """Print a row of the table: mean and range of each start, and what the encoder gains."""
    scores = list(scores)
    cells = [[score[start] for score in scores] for start in STARTS]
    shown = [f"{np.mean(cell):.4f} ({min(cell):.4f}-{max(cell):.4f})" for cell in cells]
    gains = np.subtract(cells[-1], cells[0])
    print(f"| {name} | {' | '.join(shown)} | {gains.mean():+.4f} ({gains.min():+.4f} to {gains.max():+.4f}) |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="how many (default 5)")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--rows", type=int, default=20_000, help="to learn from (default 20,000)")
    parser.add_argument("--share", type=float, default=0.05, help="of the training rows that have a label")
    parser.add_argument("--epochs", type=int, default=10, help="of pretraining")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    found: dict[str, list[dict[str, float]]] = {name: [] for name in arguments.sets}
    for name in arguments.sets:
        for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
            scores, seconds = measure(SETS[name](seed), arguments.rows, arguments.share, seed, arguments.epochs)
            found[name].append(scores)
            print(f"# {name}, seed {seed}: {scores}, pretrained in {seconds:.0f} s", flush=True)
    print("\n| set | without pretraining | from its tables | from its encoder | gain |\n|---|---:|---:|---:|---:|")
    for name, rows in found.items():
        report(name, rows)


if __name__ == "__main__":
    main()
