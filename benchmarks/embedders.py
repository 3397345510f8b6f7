"""Ways to make tables without a network, on real data: do the neighbours of a label make sense?

    python benchmarks/embedders.py                          # all, about eight minutes
    python benchmarks/embedders.py --sections olympics typos --seeds 1

The sections (data: extra ``examples``; gensim: extra ``gensim``):

- olympics: an athlete's events are a basket. How many of an event's five nearest are of its sport? Events of 20 starts
  and more, each counted once an athlete; 32 dims. PCA has no baskets and reads sex, nation, season, age, height and
  weight beside the event. Goal: Word2Vec and GloVe 0.80.
- flights: the airports to which an aircraft flew, one after the other. How many of an airport's five nearest are in its
  time zone? 16 dims. Goal: the best way 0.575.
- houses: do vectors of zip codes lie as the zip codes do? Spearman's correlation of the distances of the vectors with
  those on the map (2 dims; latitude and longitude aren't given; the target, of ways that read one, is the logarithm of
  the price, or of the price a square foot)? A seed draws 80 % of the houses. Goal: Entity and LDA beat PCA.
- typos: of 200 labels with one letter changed, in how many is the right one among the five nearest? Olympic events, and
  teams whose names have five letters or more (the others are codes of three, which no misspelling leaves like
  themselves), read beside the nation. Goal: 0.80.
- glove: the seconds that ``te.GloVeEmbedder`` takes for an epoch over ten million pairs of 100,000 labels. Goal: 60.
"""

from __future__ import annotations

import argparse
import os
import string
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.linalg import svds
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

import tabembed as te
from tabembed.embedders.glove_fit import Weights, fit_glove
from tabembed.io import examples

Scores = dict[str, list[float]]
"""{way: a score for each seed}."""


def agreement(table: te.EmbeddingTable, truth: Mapping[str, object]) -> float:
    """Return the share of the five nearest labels by cosines that have the label's truth, of labels that have one."""
    known = table.subset([label for label in table.labels if label in truth])
    near = known.neighbors(list(known.labels), k=5, metric="cosine")
    pairs = [truth[label] == truth[name] for label, row in zip(known.labels, near, strict=True) for name, _ in row]
    return float(np.mean(pairs))


def chance(labels: Iterable[str], truth: Mapping[str, object]) -> float:
    """Return the share of pairs of labels that have one truth."""
    of = pd.Series([truth[label] for label in labels if label in truth]).value_counts().to_numpy()
    return float((of * (of - 1)).sum() / (of.sum() * (of.sum() - 1)))


def ppmi_svd(groups: pd.Series, labels: pd.Series, kept: Iterable[str], dim: int) -> te.EmbeddingTable:
    """Return singular vectors of the positive pointwise mutual information of labels in one group.

    Args:
        groups: (n,) of the rows.
        labels: (n,) of the rows.
        kept: the labels to make vectors of.
        dim: how many singular vectors.

    Source: Levy & Goldberg 2014, "Neural Word Embedding as Implicit Matrix Factorization", section 4.
    """
    names = list(kept)
    columns = pd.Categorical(labels, names).codes
    here = columns >= 0
    rows = pd.factorize(groups)[0]
    held = sparse.csr_matrix((np.ones(here.sum()), (rows[here], columns[here])))
    counts = (held.T @ held - sparse.diags(np.asarray(held.sum(axis=0)).ravel())).tocoo()
    alone = np.asarray(counts.sum(axis=0)).ravel()
    pairs = counts.data > 0
    mutual = np.log(counts.data[pairs] * counts.sum() / (alone[counts.row[pairs]] * alone[counts.col[pairs]]))
    ppmi = sparse.csr_matrix((np.maximum(mutual, 0), (counts.row[pairs], counts.col[pairs])), counts.shape)
    left, values, _ = svds(ppmi, dim, v0=np.ones(len(names)))
    return te.EmbeddingTable(names, left * np.sqrt(values), metric="cosine")


def olympics(seeds: range) -> None:
    """Print the same-sport rates of events."""
    starts = examples.olympic_athletes().rename(columns={"id": "athlete"})
    sport = starts.drop_duplicates("event").set_index("event")["sport"].to_dict()
    baskets = starts[["athlete", "event"]].drop_duplicates()
    kinds = {"event": te.Categorical(dim=32, min_count=20)}
    beside = starts[["event", "sex", "noc", "season", "age", "height", "weight"]]
    ways: dict[str, Callable[[int], te.EmbeddingTable]] = {
        "Word2Vec": lambda s: _events(te.Word2VecEmbedder(group_by="athlete", kinds=kinds, random_state=s), baskets),
        "GloVe": lambda s: _events(te.GloVeEmbedder(group_by="athlete", kinds=kinds, random_state=s), baskets),
        "FastText": lambda s: _events(te.FastTextEmbedder(group_by="athlete", kinds=kinds, random_state=s), baskets),
        "PCA of other columns": lambda s: _events(te.PCAEmbedder(kinds=kinds, random_state=s), beside),
    }
    labels = list(ways["GloVe"](0).labels)
    ways["PPMI + SVD"] = lambda _: ppmi_svd(baskets["athlete"], baskets["event"], labels, 32)
    ways["PPMI + SVD, 64 dims"] = lambda _: ppmi_svd(baskets["athlete"], baskets["event"], labels, 64)
    scores = measured(ways, seeds, lambda table: agreement(table, sport))
    report(f"same sport among the five nearest, {len(labels):,} events", scores, seeds)
    print(f"\nBy chance {chance(labels, sport):.3f}.\n")
    goal("Word2Vec and GloVe at 0.80 or more", min(*scores["Word2Vec"], *scores["GloVe"]) >= 0.8)


def _events(embedder: Any, frame: pd.DataFrame) -> te.EmbeddingTable:
    table: te.EmbeddingTable = embedder.fit(frame).tables_["event"]
    return table


def flights(seeds: range) -> None:
    """Print the same-time-zone rates of airports."""
    frame = examples.flights().dropna(subset=["tailnum"])
    frame = frame[["tailnum", "time_hour", "minute", "dest"]]
    zone = examples.airports().dropna(subset=["tzone"]).set_index("faa")["tzone"].to_dict()
    order = {"dim": 16, "group_by": "tailnum", "order_by": ["time_hour", "minute"]}
    ways: dict[str, Callable[[int], te.EmbeddingTable]] = {
        "Word2Vec": lambda s: te.Word2VecEmbedder(**order, epochs=5, random_state=s).fit(frame).tables_["dest"],
        "GloVe": lambda s: te.GloVeEmbedder(**order, random_state=s).fit(frame).tables_["dest"],
        "FastText": lambda s: te.FastTextEmbedder(**order, epochs=5, random_state=s).fit(frame).tables_["dest"],
        "PCA of the aircraft": lambda s: (
            te.PCAEmbedder(16, kinds={"tailnum": te.Categorical(dim=16)}, random_state=s)
            .fit(frame[["tailnum", "dest"]])
            .tables_["dest"]
        ),
    }
    labels = list(ways["GloVe"](0).labels)
    ways["PPMI + SVD"] = lambda _: ppmi_svd(frame["tailnum"], frame["dest"], labels, 16)
    scores = measured(ways, seeds, lambda table: agreement(table, zone))
    report("same time zone among the five nearest, 100 airports", scores, seeds)
    print(f"\nBy chance {chance(labels, zone):.3f}.\n")
    best = max(scores, key=lambda way: np.mean(scores[way]))
    goal(f"the best way ({best}) at 0.575 or more", min(scores[best]) >= 0.575)


def houses(seeds: range) -> None:
    """Print how well the vectors of zip codes agree with the map."""
    df = examples.house_prices()
    place = df.groupby("zipcode")[["lat", "long"]].mean()
    place["long"] *= np.cos(np.radians(place["lat"].mean()))
    place.index = place.index.astype(str)
    price = np.log(df["price"].astype(float))
    by_foot = price - np.log(df["sqft_living"].astype(float))
    X = df.drop(columns=["id", "date", "price", "lat", "long"]).astype(float)
    X["zipcode"] = df["zipcode"].astype(str)
    kinds = {name: te.Numeric() for name in X} | {"zipcode": te.Categorical(dim=2)}

    def drawn(seed: int) -> pd.Index:
        return X.sample(frac=0.8, random_state=seed).index

    def fitted(embedder: Any, seed: int, y: pd.Series | None = None) -> te.EmbeddingTable:
        rows = drawn(seed)
        table: te.EmbeddingTable = embedder.fit(X.loc[rows], None if y is None else y.loc[rows]).tables_["zipcode"]
        return table

    ways: dict[str, Callable[[int], te.EmbeddingTable]] = {
        "PCA": lambda s: fitted(te.PCAEmbedder(kinds=kinds), s),
        "LDA, price": lambda s: fitted(te.LDAEmbedder(kinds=kinds), s, price),
        "LDA, price a square foot": lambda s: fitted(te.LDAEmbedder(kinds=kinds), s, by_foot),
        "Entity, price": lambda s: fitted(te.EntityEmbedder(kinds=kinds, cv=None, random_state=s), s, price),
    }

    def score(table: te.EmbeddingTable) -> float:
        where = place.loc[list(table.labels)].to_numpy(float)
        return float(spearmanr(pdist(table.vectors), pdist(where)).statistic)

    scores = measured(ways, seeds, score)
    report("Spearman of the distances of 70 zip codes, vectors and map", scores, seeds)
    print()
    for way in ways:
        if way != "PCA":
            goal(f"{way} beats PCA on every seed", bool(np.all(np.array(scores[way]) > scores["PCA"])))


def typos(seeds: range) -> None:
    """Print how often a label with one letter changed is found."""
    starts = examples.olympic_athletes()
    frame = starts[["event", "team", "noc"]]
    kinds = {"event": te.Categorical(dim=32, min_count=20), "team": te.Categorical(dim=32, min_count=20)}
    scores: Scores = {}
    for seed in seeds:
        embedder = te.FastTextEmbedder(kinds=kinds, epochs=5, random_state=seed).fit(frame)
        for column in ("event", "team"):
            table, generator = embedder.tables_[column], np.random.default_rng(seed)
            long = [label for label in table.labels if len(label) >= 5]
            right = generator.choice(np.array(long, dtype=object), 200).tolist()
            wrong = [misspelt(label, generator, table) for label in right]
            near = table.neighbors(embedder.vectors(column, wrong), k=5)
            found = [label in dict(row) for label, row in zip(right, near, strict=True)]
            scores.setdefault(column, []).append(float(np.mean(found)))
    report("the right label among the five nearest of 200 misspelt ones", scores, seeds)
    print()
    goal("0.80 or more", min(min(own) for own in scores.values()) >= 0.8)


def misspelt(label: str, generator: np.random.Generator, taken: te.EmbeddingTable) -> str:
    """Return the label with one of its letters changed into another, so that it is none of the table's."""
    letters = [at for at, sign in enumerate(label) if sign.isalpha()]
    while True:
        at, new = int(generator.choice(letters)), str(generator.choice([*string.ascii_lowercase]))
        wrong = label[:at] + new + label[at + 1 :]
        if wrong not in taken:
            return wrong


def glove(seeds: range) -> None:
    """Print the seconds of an epoch over ten million pairs."""
    generator = np.random.default_rng(0)
    size, pairs = 100_000, 10_000_000
    places = generator.integers(0, size, (2, pairs))
    counts = sparse.coo_matrix((generator.integers(1, 200, pairs).astype(float), places), (size, size)).tocsr()
    print(f"\n| dim | seconds an epoch, {counts.nnz:,} pairs |\n|---:|---:|")
    slowest = 0.0
    for dim in (16, 50, 100):
        weights = Weights.drawn(size, dim, generator)
        started = time.perf_counter()
        fit_glove(counts, weights, epochs=2)
        seconds = (time.perf_counter() - started) / 2
        slowest = max(slowest, seconds)
        print(f"| {dim} | {seconds:.1f} |", flush=True)
    print()
    goal("60 seconds or less", slowest <= 60)


def measured(
    ways: Mapping[str, Callable[[int], te.EmbeddingTable]], seeds: range, score: Callable[[te.EmbeddingTable], float]
) -> Scores:
    """Return the scores of all ways and seeds; says each as it comes."""
    scores: Scores = {way: [] for way in ways}
    for seed in seeds:
        for way, make in ways.items():
            started = time.perf_counter()
            scores[way].append(score(make(seed)))
            seconds = time.perf_counter() - started
            print(f"# seed {seed}, {way}: {scores[way][-1]:.3f}, {seconds:.0f} s", flush=True)
    return scores


def report(what: str, scores: Scores, seeds: range) -> None:
    """Print a table: each way, each seed and the mean."""
    head = " | ".join(f"seed {seed}" for seed in seeds)
    print(f"\n{what}:\n\n| way | {head} | mean |\n|---|{'---:|' * (len(seeds) + 1)}")
    for way, own in scores.items():
        print(f"| {way} | {' | '.join(f'{score:.3f}' for score in own)} | {np.mean(own):.3f} |")


def goal(what: str, met: bool) -> None:
    """Print whether a goal is met."""
    print(f"- goal, {what}: {'met' if met else 'not met'}", flush=True)


SECTIONS = {"olympics": olympics, "flights": flights, "houses": houses, "typos": typos, "glove": glove}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--seeds", type=int, default=3, help="how many (default 3)")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in arguments.sections:
        print(f"\n### {name}\n", flush=True)
        SECTIONS[name](range(arguments.seeds))


if __name__ == "__main__":
    main()
