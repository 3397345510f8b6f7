"""Dates and lists on real data: the hour of a flight, the events of an athlete."""

from __future__ import annotations

import numpy as np
import pandas as pd

import tabembed as te
from tabembed.io import examples


def test_flights_learn_from_time_hour() -> None:
    df = examples.flights().dropna(subset=["dep_delay"]).sample(12_000, random_state=0)
    train, test = df[:10_000], df[10_000:]
    columns = ["origin", "dest", "time_hour"]
    est = te.TabularRegressor(preset="fast", epochs=4, random_state=0, verbose=0).fit(
        train[columns], train["dep_delay"].clip(-20, 120)
    )
    assert est.schema_.column("time_hour").reason.startswith("text, all ISO dates or times")
    assert isinstance(est.schema_["time_hour"], te.Datetime)
    assert {"time_hour.month", "time_hour.weekday", "time_hour.hour"} <= est.tables_.keys()
    without = te.TabularRegressor(preset="fast", epochs=4, random_state=0, verbose=0)
    without.fit(train[columns[:2]], train["dep_delay"].clip(-20, 120))
    truth = test["dep_delay"].clip(-20, 120)
    assert est.score(test[columns], truth) > without.score(test[columns[:2]], truth) + 0.05
    assert est.tables_["time_hour.hour"].counts.sum() == len(train)


def test_athletes_are_known_by_their_events() -> None:
    starts = examples.olympic_athletes()
    athletes = starts.groupby("id").agg(
        noc=("noc", "first"), events=("event", lambda events: sorted(set(events))), medal=("medal", "count")
    )
    athletes = athletes.sample(12_000, random_state=0)
    X, y = athletes[["noc", "events"]], np.where(athletes["medal"] > 0, "medal", "none")
    est = te.TabularClassifier(preset="fast", epochs=4, random_state=0, verbose=0).fit(X[:10_000], y[:10_000])
    assert isinstance(est.schema_["events"], te.MultiCategorical)
    assert len(est.tables_["events"]) > 500
    alone = te.TabularClassifier(preset="fast", epochs=4, random_state=0, verbose=0).fit(
        X[["noc"]][:10_000], y[:10_000]
    )
    assert auc(est, X[10_000:], y[10_000:]) > auc(alone, X[["noc"]][10_000:], y[10_000:]) + 0.03


def auc(est: te.TabularClassifier, X: pd.DataFrame, y: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(y == "medal", est.predict_proba(X)[:, 0]))
