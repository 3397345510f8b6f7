"""Make the golden models that `tests/serving/test_golden.py` reloads: `python saved_models/make_golden.py`.

They hold the format still: what tabembed 0.1 wrote must load, and answer alike, in every later version. So a model
that is there is never written again. Where the format has to change incompatibly, delete the folder, run this, and tell
users in CHANGELOG.md that they must export anew.

Beside each model lies `expected.json`: the raw rows, what the signature `serving_default` takes for them, and what the
trained model answered on the day.
"""

from __future__ import annotations

__all__ = ["main"]

import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd

import tabembed as te

HERE = Path(__file__).parent
SETTINGS: dict[str, Any] = {
    "network_options": {"hidden": (8, 4)},
    "epochs": 10,
    "random_state": 0,
    "verbose": 0,
}


def table(rows: int = 600) -> pd.DataFrame:
    """Return all three kinds, missing values in each, and column names that no layer could have."""
    rng = np.random.default_rng(0)
    df = pd.DataFrame(
        {
            "my state": rng.choice(["New York", "Maine", "Ohio", "größer als ä", "日本"], rows),
            "a.b": rng.integers(0, 7, rows).astype(float),
            "a-b": rng.normal(100, 20, rows).round(1),
            "größe": rng.exponential(3, rows).round(2),
            "1st?": rng.random(rows) < 0.3,
        }
    )
    effect = df["my state"].map({"New York": 3.0, "Maine": -2.0, "Ohio": 0.0, "größer als ä": 1.0, "日本": 5.0})
    df["y"] = effect + (df["a.b"] - 3) * df["1st?"] + (df["a-b"] - 100) / 20 + rng.normal(0, 0.3, rows)
    df["size class"] = pd.cut(df["y"], [-np.inf, 0, 3, np.inf], labels=["small", "medium", "large"]).astype(str)
    for name, share in (("my state", 0.05), ("a.b", 0.03), ("größe", 0.1), ("1st?", 0.05)):
        df[name] = df[name].astype(object).where(rng.random(rows) >= share, None)
    return df.astype({"a.b": float, "größe": float})


def rows_to_ask() -> dict[str, list[Any]]:
    """Return seven rows by column: known labels, unseen ones, every kind missing, numbers far out."""
    return {
        "my state": ["New York", "日本", "größer als ä", "Atlantis", None, "Ohio", ""],
        "a.b": [0.0, 6.0, 3.0, 99.0, None, 2.0, None],
        "a-b": [100.0, 61.5, 140.0, 100.0, 100.0, 400.0, None],
        "größe": [0.5, None, 12.25, 3.0, None, 3.0, None],
        "1st?": [True, False, None, True, None, False, None],
    }


def as_signature(rows: dict[str, list[Any]], schema: te.Schema) -> dict[str, list[Any]]:
    """Return the rows as the signature takes them, written out here by hand: "" or null where missing."""
    strings = {
        "my state": [value or "" for value in rows["my state"]],
        "a.b": ["" if value is None else str(int(value)) for value in rows["a.b"]],
        "1st?": ["" if value is None else str(value) for value in rows["1st?"]],
    }
    return {schema.input_names[name]: strings.get(name, values) for name, values in rows.items()}


def write(name: str, estimator: Any, target: str) -> None:
    """Train, export and write down what the model answers."""
    folder, rows, df = HERE / name, rows_to_ask(), table()
    if folder.exists():
        raise SystemExit(f"{folder} is there; a golden model is not written again (delete it first if it must change)")
    kinds = {"my state": te.Categorical(), "a.b": te.Categorical(), "1st?": te.Boolean()}
    features = df[list(rows)]
    est = estimator(kinds=kinds, **SETTINGS).fit(features, df[target])
    asked = pd.DataFrame(rows)
    expected: dict[str, Any] = {"tabembed": te.__version__, "rows": rows, "inputs": as_signature(rows, est.schema_)}
    expected["prediction"] = est.predict(asked).tolist()
    if hasattr(est, "predict_proba"):
        expected["classes"] = est.classes_.tolist()
        expected["probabilities"] = est.predict_proba(asked).tolist()
    else:
        expected["target_std"] = float(df[target].std(ddof=0))
    state = est.tables_["my state"]
    expected["table"] = {"column": "my state", "labels": list(state.labels), "counts": state.counts.tolist()}
    expected["table"] |= {part: getattr(state, part).tolist() for part in ("vectors", "missing", "unknown")}
    expected["neighbors"] = [label for label, _ in state.neighbors("Ohio", k=3)]
    est.export(folder)
    text = json.dumps(expected, indent=1, ensure_ascii=False)
    (folder / "expected.json").write_text(text + "\n", encoding="utf-8")


def kinds_table(rows: int = 300) -> pd.DataFrame:
    """Return a column, or the columns, of each kind beside those of ``table``."""
    rng = np.random.default_rng(1)
    lengths = rng.integers(0, 4, rows)
    df = pd.DataFrame(
        {
            "origin": rng.choice(["BOS", "JFK"], rows),
            "dest": rng.choice(["LAX", "größe", "a|b"], rows),
            "shop": rng.choice([f"shop {at}" for at in range(30)], rows),
            "few": rng.choice(["x", "y"], rows),
            "km": rng.lognormal(6, 1, rows).round(1),
            "age": rng.normal(40, 9, rows).round(1),
            "when": pd.date_range("2013-01-01T05:00", periods=rows, freq="29h", tz="America/New_York"),
            "lat": rng.uniform(-80, 80, rows).round(3),
            "lon": rng.uniform(-180, 180, rows).round(3),
            "tags": [[str(tag) for tag in rng.choice(["wifi", "meal", "bag"], n, replace=False)] for n in lengths],
            "name": [f"Hotel {['Adler', 'Sonne', 'Krone'][at % 3]} {at}" for at in range(rows)],
            "past_dest": [[str(dest) for dest in rng.choice(["LAX", "größe"], n)] for n in lengths],
            "past_km": [[float(km) for km in rng.normal(size=n).round(2)] for n in lengths],
        }
    )
    df["y"] = 3 * (df["dest"] == "LAX") + df["age"] / 9 + lengths + rng.normal(0, 0.3, rows)
    return df


KINDS: dict[str, Any] = {
    "shop": te.Categorical(hash_buckets=16),
    "few": te.Categorical(one_hot=True),
    "route": te.Cross("origin", "dest"),
    "km": te.Numeric(embedding="buckets", n_bins=4),
    "age": te.Numeric(transform="robust", embedding="ple", n_bins=4),
    "place": te.LatLon("lat", "lon", dim=4),
    "name": te.Text(dim=2, buckets=64),
    "history": te.Sequence({"past_dest": te.Categorical(), "past_km": te.Numeric()}, units=3),
}


def kinds_to_ask() -> dict[str, list[Any]]:
    """Return four rows: known cells, unseen ones, all missing, odd ones."""
    return {
        "origin": ["BOS", "ZRH", None, "JFK"],
        "dest": ["a|b", "LAX", None, "größe"],
        "shop": ["shop 3", "never seen", None, "shop 7"],
        "few": ["x", "z", None, "y"],
        "km": [400.0, 1e6, None, 0.0],
        "age": [40.0, -5.0, None, 200.0],
        "when": ["2013-03-10T07:30:00Z", "2030-12-31T23:59:59-05:00", None, "2013-07-04"],
        "lat": [40.5, -90.0, None, 0.0],
        "lon": [-73.5, 180.0, None, -180.0],
        "tags": [["wifi", "meal"], ["none such"], None, []],
        "name": ["Hotel Adler 7", "Hotle Alder", None, "größe 🛫"],
        "past_dest": [["LAX", "größe"], ["ZRH"], None, []],
        "past_km": [[0.5, None], [1.5], None, []],
    }


def lists_as_signature(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return rows as the signature takes them, written out here by hand: lists padded to the longest."""
    found: dict[str, list[Any]] = {}
    for name, cells in rows.items():
        if name in ("tags", "past_dest", "past_km"):
            fill = None if name == "past_km" else ""
            found[name] = [[*(cell or []), fill, fill][:2] for cell in cells]
        else:
            found[name] = cells if name in ("km", "age", "lat", "lon") else [cell or "" for cell in cells]
    return found


def write_kinds(name: str) -> None:
    """Write a model that has a column of every kind."""
    folder, rows, df = HERE / name, kinds_to_ask(), kinds_table()
    if folder.exists():
        raise SystemExit(f"{folder} is there; a golden model is not written again (delete it first if it must change)")
    est = te.TabularRegressor(kinds=KINDS, **{**SETTINGS, "epochs": 3}).fit(df[list(rows)], df["y"])
    tables = {
        key: {"labels": list(table.labels), "vectors": table.vectors.tolist()} for key, table in est.tables_.items()
    }
    expected = {
        "tabembed": te.__version__,
        "rows": rows,
        "inputs": lists_as_signature(rows),
        "prediction": est.predict(pd.DataFrame(rows)).tolist(),
        "target_std": float(df["y"].std(ddof=0)),
        "kinds": {column: kind.key for column, kind in est.schema_.features.items()},
        "tables": tables,
    }
    est.export(folder)
    text = json.dumps(expected, indent=1, ensure_ascii=False)
    (folder / "expected.json").write_text(text + "\n", encoding="utf-8")


def tasks_table(rows: int = 400) -> pd.DataFrame:
    """Return two columns and a target for each head."""
    rng = np.random.default_rng(2)
    df = pd.DataFrame({"city": rng.choice(["Bonn", "Kiel", "größe"], rows), "x": rng.normal(size=rows).round(2)})
    effect = (df["city"] == "Kiel") + 0.3 * df["x"]
    df["cost"] = (np.exp(effect) * rng.gamma(2, 0.5, rows)).round(3) + 0.01
    df["log cost"] = df["cost"]
    df["count"] = rng.poisson(np.exp(effect))
    df["band"] = effect + rng.normal(0, 0.5, rows)
    df["stars"] = np.clip(np.round(effect + 2 + rng.normal(0, 0.5, rows)), 1, 4).astype(int)
    df["late"] = np.where(rng.random(rows) < 0.3, "late", "no")
    df["tags"] = [[str(tag) for tag in rng.choice(["a|b", "wifi"], n)] for n in rng.integers(0, 3, rows)]
    df.loc[::7, "cost"] = None
    return df


TASKS: list[Any] = [
    te.Target("cost", objective="gamma"),
    te.Target("log cost", objective="log"),
    te.Target("count", objective="poisson"),
    te.Target("band", quantiles=(0.1, 0.5, 0.9)),
    te.Target("stars", "ordinal"),
    te.Target("late"),
    te.Target("tags"),
]


def write_tasks(name: str) -> None:
    """Write a model that has a head of each kind."""
    df, asked = tasks_table(), {"city": ["Kiel", "Atlantis", None], "x": [0.5, None, 40.0]}
    schema = te.infer_schema(df, TASKS)
    est = te.TabularRegressor(**{**SETTINGS, "epochs": 3}).fit_schema(schema, df)
    served = te.load(est.export(HERE / name))
    expected = {
        "tabembed": te.__version__,
        "rows": asked,
        "inputs": {"city": [city or "" for city in asked["city"]], "x": asked["x"]},
        "outputs": schema.need_targets().output_names,
        "prediction": {column: values.tolist() for column, values in est.predict(pd.DataFrame(asked)).items()},
        "probabilities": {target: shares.tolist() for target, shares in served.predict_proba(asked).items()},
    }
    text = json.dumps(expected, indent=1, ensure_ascii=False)
    (HERE / name / "expected.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Write the models that aren't there: a regression, one of three classes, one of all kinds, one of all heads."""
    if not (HERE / "golden_v1").exists():
        write("golden_v1", te.TabularRegressor, "y")
    if not (HERE / "golden_classes_v1").exists():
        write("golden_classes_v1", te.TabularClassifier, "size class")
    if not (HERE / "golden_kinds_v1").exists():
        write_kinds("golden_kinds_v1")
    if not (HERE / "golden_tasks_v1").exists():
        write_tasks("golden_tasks_v1")


if __name__ == "__main__":
    main()
