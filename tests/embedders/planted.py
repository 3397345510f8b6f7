"""Tables whose labels are in four groups, and how well vectors find these: the label's last number modulo 4."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

import tabembed as te


def shops(rows: int = 6000) -> pd.DataFrame:
    """Return 40 shops and 40 goods, which stand beside those of their own group in 85 % of the rows."""
    rng = np.random.default_rng(0)
    shop = rng.integers(0, 40, rows)
    goods = np.where(rng.random(rows) < 0.8, rng.integers(0, 10, rows) * 4 + shop % 4, rng.integers(0, 40, rows))
    return pd.DataFrame({"shop": [f"s{at}" for at in shop], "goods": [f"g{at}" for at in goods]})


def baskets(fans: int = 400) -> pd.DataFrame:
    """Return the teams that each fan saw, of one group in 80 % of the rows, and the day."""
    rng = np.random.default_rng(0)
    fan = np.repeat(np.arange(fans), 8)
    own = np.where(rng.random(len(fan)) < 0.8, fan % 4, rng.integers(0, 4, len(fan)))
    team = rng.integers(0, 10, len(fan)) * 4 + own
    frame = pd.DataFrame({"fan": [f"f{at}" for at in fan], "team": [f"t{at}" for at in team]})
    return frame.assign(day=rng.integers(0, 30, len(frame)).astype(str)).sample(frac=1, random_state=0)


def purity(table: te.EmbeddingTable) -> float:
    """Return the share of the five nearest labels that are of the label's group; 0.25 by chance."""
    near = table.neighbors(list(table.labels), k=5)
    return float(
        np.mean([_group(name) == _group(own) for own, row in zip(table.labels, near, strict=True) for name, _ in row])
    )


def _group(label: str) -> int:
    return int(re.sub(r"\D", "", label)) % 4
