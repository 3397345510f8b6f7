"""Exact nearest neighbours in a table of 1,000,000 x 64: ours beside a plain NumPy scan, scikit-learn and faiss.

    python benchmarks/search.py            # faiss too where `pip install faiss-cpu` was run

The first query of each is left out; the others take turns and the medians are printed. All find the ten nearest by
Euclidean distance; ours measures again in float64, by a bound on the rounding error, whatever may be among them.
"""

from __future__ import annotations

__all__ = ["main"]

import argparse
import importlib.util
import os
import time
from collections.abc import Callable

import numpy as np
from sklearn.neighbors import NearestNeighbors

import tabembed as te

K, MANY = 10, 1_000
Ask = Callable[[np.ndarray], np.ndarray]


def make_table(rows: int, dim: int) -> te.EmbeddingTable:
    """Return random vectors, each near one of 1,000 centres, as learned tables have them."""
    random = np.random.default_rng(0)
    vectors = random.normal(size=(1_000, dim)).astype(np.float32)[random.integers(0, 1_000, rows)]
    vectors += 0.3 * random.standard_normal((rows, dim), np.float32)
    return te.EmbeddingTable([str(row) for row in range(rows)], vectors, metric="euclidean")


def searches(table: te.EmbeddingTable) -> dict[str, Ask]:
    """Return {name: function from queries (m, dim) to the rows (m, K) it finds}."""
    vectors, squares = table.vectors, np.square(table.vectors).sum(axis=1)

    def ours(queries: np.ndarray) -> np.ndarray:
        """Ask the table, which answers with labels and distances."""
        found = table.neighbors(queries if len(queries) > 1 else queries[0], k=K)
        return np.array([[int(label) for label, _ in row] for row in (found if len(queries) > 1 else [found])])

    def scan(queries: np.ndarray) -> np.ndarray:
        """Score all rows by one product a query, as one would by hand."""
        rows = []
        for query in queries:
            scores = squares - 2 * (vectors @ query)
            near = np.argpartition(scores, K)[:K]
            rows.append(near[np.argsort(scores[near])])
        return np.stack(rows)

    brute = NearestNeighbors(n_neighbors=K, algorithm="brute", n_jobs=-1).fit(vectors)
    asks: dict[str, Ask] = {
        "`table.neighbors`": ours,
        "NumPy scan": scan,
        "scikit-learn, brute force": lambda queries: np.asarray(brute.kneighbors(queries, return_distance=False)),
    }
    if importlib.util.find_spec("faiss") is not None:
        import faiss

        flat = faiss.IndexFlatL2(vectors.shape[1])
        flat.add(vectors)
        asks["faiss, IndexFlatL2"] = lambda queries: np.asarray(flat.search(queries, K)[1])
    return asks


def median_ms(asks: dict[str, Ask], queries: np.ndarray, size: int, rounds: int) -> dict[str, float]:
    """Return the median time of one query, asked ``size`` at once."""
    times: dict[str, list[float]] = {name: [] for name in asks}
    for at in range(rounds + 1):
        part = queries[(at * size) % len(queries) :][:size]
        for name, ask in asks.items():
            start = time.perf_counter()
            ask(part)
            times[name].append((time.perf_counter() - start) * 1e3 / size)
    return {name: float(np.median(each[1:])) for name, each in times.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=64)
    args = parser.parse_args()
    table = make_table(args.rows, args.dim)
    queries = table.vectors[np.random.default_rng(1).integers(0, args.rows, MANY)] + np.float32(0.01)
    asks = searches(table)
    one = median_ms(asks, queries, 1, 40)
    many = median_ms({name: ask for name, ask in asks.items() if name != "NumPy scan"}, queries, MANY, 2)
    exact = asks["`table.neighbors`"](queries[:20])
    print(f"{args.rows:,} x {args.dim}, {K} nearest, {os.cpu_count()} cores; milliseconds a query\n")
    print(f"| | one query | {MANY:,} at once | of ours found, % |\n|---|---:|---:|---:|")
    for name, ask in asks.items():
        alike = np.mean([len({*a} & {*b}) / K for a, b in zip(ask(queries[:20]).tolist(), exact.tolist(), strict=True)])
        batched = f"{many[name]:.2f}" if name in many else "as one"
        print(f"| {name} | {one[name]:.1f} | {batched} | {100 * alike:.1f} |")


if __name__ == "__main__":
    main()
