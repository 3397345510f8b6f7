"""ISO texts are read in the graph as Python reads them."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError
from tabembed.serving.raw import raw_input

ZONES = [None, "UTC", "America/New_York", "+05:30"]
COLUMNS = {
    zone: raw_input(
        te.infer_schema({"c": ["2013-01-31T05:00", "2014-02-01T06:00"]}, kinds={"c": te.Datetime(zone=zone)})["c"],
        "c",
        {"c": "c"},
    )
    for zone in ZONES
}
SCHEMAS = {
    zone: te.infer_schema({"c": ["2013-01-31T05:00", "2014-02-01T06:00"]}, kinds={"c": te.Datetime(zone=zone)})
    for zone in ZONES
}
moments = st.datetimes(datetime.datetime(1, 1, 2), datetime.datetime(9999, 12, 30))
offsets = st.none() | st.integers(-14 * 60, 14 * 60).map(
    lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes))
)
digits = st.text("0123456789-:T Z+.,\n", max_size=25)


def graph(zone: str | None, texts: list[str]) -> np.ndarray:
    found = COLUMNS[zone].encode(tf.constant(texts, tf.string))["c"]
    assert found.dtype == tf.int64
    return found.numpy()[:, 0]


@settings(deadline=None)
@given(moments, offsets, st.sampled_from(["minutes", "seconds", "milliseconds"]), st.sampled_from(ZONES))
def test_every_time_is_read_alike(
    moment: datetime.datetime, offset: datetime.timezone | None, spec: str, zone: str | None
) -> None:
    texts = [moment.replace(tzinfo=offset if zone else None).isoformat("T", spec), "", moment.date().isoformat()]
    want = SCHEMAS[zone].encode({"c": texts})["c"].view(np.int64)
    assert graph(zone, texts).tolist() == want.tolist()


@settings(deadline=None, max_examples=200)
@given(
    digits
    | st.from_regex(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?(Z|[+-]\d\d(:?\d\d)?)?", fullmatch=True).filter(
        str.isascii
    ),
    st.sampled_from(ZONES),
)
def test_what_python_refuses_the_graph_refuses(text: str, zone: str | None) -> None:
    try:
        want = SCHEMAS[zone].encode({"c": [text]})["c"].view(np.int64).tolist()
    except DataError:
        with pytest.raises(tf.errors.InvalidArgumentError, match="column .+c.+ must hold ISO dates or times"):
            graph(zone, [text])
    else:
        assert graph(zone, [text]).tolist() == want


def test_a_whole_model(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    when = pd.Series(pd.date_range("2013-01-01", periods=300, freq="5h", tz="Europe/Paris")).mask(rng.random(300) < 0.1)
    frame = pd.DataFrame({"my time": when, "city": rng.choice(["a", "b"], 300), "y": rng.normal(size=300)})
    schema = te.infer_schema(frame, "y")
    model = te.build_model(schema, random_state=0)
    model.compile(te.RowwiseAdam(1e-2), "mse")
    model.fit(schema.dataset(frame, 100), epochs=2, shuffle=False, verbose=0)
    path = te.export(model, schema, tmp_path / "m")
    want = np.asarray(model(schema.inputs(frame), training=False))[:, 0]
    served = te.load(path)
    np.testing.assert_allclose(served.predict(frame), want, atol=1e-5)
    assert list(served.tables) == [*(f"my time.{part}" for part in ("month", "day", "weekday", "hour")), "city"]
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    raw = {
        schema.input_names["my time"]: tf.constant(["" if pd.isna(w) else w.isoformat() for w in when]),
        "city": tf.constant(frame["city"].tolist()),
    }
    np.testing.assert_allclose(serve(**raw)["prediction"], want, atol=1e-5)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"column .+my time.+ must hold ISO dates (.|\n)*soon"):
        serve(**{**raw, schema.input_names["my time"]: tf.constant(["soon"] * 300)})
