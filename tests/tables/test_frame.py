"""Tables as data frames and back, fewer dimensions, places to draw, and the picture."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from matplotlib.figure import Figure

from tabembed.io.errors import DataError, LabelError
from tabembed.tables import EmbeddingTable

mpl.use("agg")


def test_to_frame(small: EmbeddingTable) -> None:
    frame = small.to_frame(few=10)
    assert frame.columns.tolist() == ["label", "count", "norm", "few", "v0", "v1"]
    assert frame["label"].tolist() == list(small.labels)
    assert frame["few"].tolist() == [False, False, False, True]
    assert frame["norm"].tolist() == small.norms.tolist()
    assert frame[["v0", "v1"]].to_numpy().dtype == np.float32
    assert not EmbeddingTable(["a"], [[1]]).to_frame()["few"].any()


def test_frame_round_trip(awkward: EmbeddingTable, small: EmbeddingTable) -> None:
    for table in (awkward, small, EmbeddingTable(["a"], [[1]])):
        assert EmbeddingTable.from_frame(table.to_frame()) == table
    sliced = small.to_frame().query("count > 12")
    assert EmbeddingTable.from_frame(sliced) == small.subset(["BOS", "LAX"])
    narrow = EmbeddingTable.from_frame(small.to_frame().drop(columns="v0"))
    assert (narrow.dim, narrow.name) == (1, "dest")


@pytest.mark.parametrize(
    "frame",
    [{"zip": [7, 8], "x": [1, 2], "y": [0.5, 1]}, pd.DataFrame({"zip": [7, 8], "x": [1, 2], "y": [0.5, 1]}),
     pd.DataFrame({"x": [1, 2], "y": [0.5, 1]}, index=["7", "8"]),
     pl.DataFrame({"vector": [[1.0, 0.5], [2.0, 1.0]], "zip": ["7", "8"]}),
     pa.table({"zip": ["7", "8"], "vector": pa.array([[1, 0.5], [2, 1]], pa.list_(pa.float64(), 2))}),
     pa.table({"zip": ["7", "8"], "x": pa.array([1, 2]).cast(pa.decimal128(24, 1)), "y": [0.5, 1]})],
)  # fmt: skip
def test_from_any_frame(frame: Any) -> None:
    t = EmbeddingTable.from_frame(frame, label="zip")
    assert t.labels == ("7", "8")
    assert t.vectors.tolist() == [[1, 0.5], [2, 1]]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            {"labels": ["a"], "x": [1]},
            "column 'label' must hold the labels, however: it isn't there; did you mean 'labels'",
        ),
        (
            {"label": ["a"], "count": [1]},
            "must stand in a column 'vector' or in columns of numbers, however: there are none",
        ),
        (
            {"label": ["a", None], "x": [1, 2]},
            "column 'label' must hold a label in each row, however: row 1 is missing",
        ),
        ({"label": ["a"], "x": ["b"]}, "column 'x' must hold numbers, however: its type is string; leave it out"),
        ({"label": ["a"], "x": [True]}, "column 'x' must hold numbers, however: its type is bool"),
        ({"label": ["a", "b"], "x": [1, None]}, "column 'x' must hold a number in each row, however: 1 are missing"),
        ({"label": ["a"], "vector": [1.0]}, "column 'vector' must hold lists of numbers, however: its type is double"),
        (
            {"label": ["a", "b"], "vector": [[1.0], None]},
            "column 'vector' must hold a list in each row, however: 1 are",
        ),
        ({"label": ["a", "b"], "vector": [[1.0], [1.0, 2.0]]}, r"must hold lists of one length.* lengths \[1, 2\]"),
        ({"label": ["a"], "vector": [["x"]]}, "column 'vector' must hold numbers, however: its type is string"),
        ({"label": ["a"], "count": [-1], "x": [1]}, "counts must be whole numbers from 0 up"),
    ],
)
def test_refused_frames(frame: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        EmbeddingTable.from_frame(frame)


def test_reduce_keeps_distances() -> None:
    rng = np.random.default_rng(0)
    plane = rng.standard_normal((50, 2)) @ rng.standard_normal((2, 6)) + 10
    t = EmbeddingTable([str(i) for i in range(50)], plane, missing=plane[3])
    narrow = t.reduce(2)
    assert narrow.dim == 2
    assert narrow.labels == t.labels
    for label in ("0", "31"):
        wide = t.neighbors(label, k=49)
        assert [far for _, far in narrow.neighbors(label, k=49)] == pytest.approx([far for _, far in wide], abs=1e-4)
    assert narrow.missing.tolist() == pytest.approx(narrow["3"].tolist(), abs=1e-5)
    assert narrow.reduce(2) == t.reduce(2).reduce(2)
    assert np.abs(narrow.vectors[np.abs(narrow.vectors).argmax(axis=0), [0, 1]]).tolist() == pytest.approx(
        np.abs(narrow.vectors).max(axis=0).tolist()
    )


def test_reduce_keeps_angles_of_cosine_tables() -> None:
    rng = np.random.default_rng(0)
    plane = rng.standard_normal((50, 2)) @ rng.standard_normal((2, 6))
    t = EmbeddingTable([str(i) for i in range(50)], plane, metric="cosine")
    wide, narrow = t.neighbors("0", k=49), t.reduce(2).neighbors("0", k=49)
    assert [far for _, far in narrow] == pytest.approx([far for _, far in wide], abs=1e-5)


@pytest.mark.parametrize("dim", [0, 3, 1.5, True])
def test_reduce_refuses(small: EmbeddingTable, dim: Any) -> None:
    with pytest.raises(
        DataError, match=f"dim must be a whole number from 1 to 2, the table's own dim, however: dim={dim}"
    ):
        small.reduce(dim)


def test_project(small: EmbeddingTable) -> None:
    frame = small.project()
    assert frame.columns.tolist() == ["label", "count", "x", "y"]
    assert frame["label"].tolist() == list(small.labels)
    apart = np.linalg.norm(frame[["x", "y"]].to_numpy()[0] - frame[["x", "y"]].to_numpy()[1])
    assert apart == pytest.approx(1, abs=1e-6)
    assert small.project(3).columns.tolist() == ["label", "count", "x", "y", "z"]
    assert not small.project(3)["z"].any()
    assert small.project(2, "tsne").equals(small.project(2, "tsne"))
    with pytest.raises(DataError, match="dim must be 2 .* or 3 .*, however: dim=4"):
        small.project(4)
    with pytest.raises(DataError, match="method must be 'pca' or 'tsne', however: method='umap'"):
        small.project(method="umap")
    with pytest.raises(DataError, match="method='tsne' needs at least 4 labels, however: the table has 1"):
        small.subset("BOS").project(method="tsne")


def drawn(table: EmbeddingTable, **arguments: Any) -> tuple[Any, list[Any]]:
    ax = table.plot(ax=Figure(figsize=(8, 6)).subplots(), **arguments)
    ax.figure.canvas.draw()
    return ax, [text.get_window_extent() for text in ax.texts]


def test_names_in_the_picture_do_not_collide() -> None:
    rng = np.random.default_rng(0)
    t = EmbeddingTable(
        [f"label {i}" for i in range(300)], rng.standard_normal((300, 5)), counts=np.arange(300), name="x"
    )
    ax, boxes = drawn(t)
    assert len(ax.collections[0].get_offsets()) == 300
    assert 20 < len(boxes) < 200
    assert not any(box.overlaps(other) for at, box in enumerate(boxes) for other in boxes[:at])
    assert all(ax.bbox.x0 <= box.x0 and box.x1 <= ax.bbox.x1 for box in boxes)
    assert "label 299" in {text.get_text() for text in ax.texts}  # the commonest come first


def test_chosen_names(small: EmbeddingTable) -> None:
    ax, _ = drawn(small, labels=["SFO"])
    assert [text.get_text() for text in ax.texts] == ["SFO"]
    long = small.rename({"SFO": "$x$" * 20})
    assert [text.get_text() for text in drawn(long, labels=["$x$" * 20])[0].texts] == ["$x$" * 7 + "$x…"]
    with pytest.raises(LabelError, match="'XXX' is none of"):
        drawn(small, labels=["XXX"])


def test_plot_makes_a_figure(small: EmbeddingTable) -> None:
    from matplotlib import pyplot

    ax = small.plot()
    assert {text.get_text() for text in ax.texts} == set(small.labels)
    assert ax.get_title() == "dest: 4 labels, 2 dimensions drawn in 2 (pca)"
    pyplot.close(ax.figure)
