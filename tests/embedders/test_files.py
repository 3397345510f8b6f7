"""Embedders that count read files in a stream, and learn what they learn from a frame."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.base import clone

import tabembed as te
from tabembed.io import DataError, LabelError

WAYS = {
    "pca": (te.PCAEmbedder(dim=3), False),
    "lda": (te.LDAEmbedder(dim=3), True),
    "word2vec": (te.Word2VecEmbedder(dim=3, epochs=1, random_state=0), False),
    "glove": (te.GloVeEmbedder(dim=3, epochs=2, group_by="km", random_state=0), False),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, X: pd.DataFrame, y: pd.Series) -> list[str]:
    """The rows in two files, the target among them."""
    folder = tmp_path_factory.mktemp("rows")
    frame = X.assign(km=X["km"].round(1), sales=y)
    for at, part in enumerate((frame[:3500], frame[3500:])):
        pq.write_table(pa.Table.from_pandas(part, preserve_index=False), folder / f"{at}.parquet", row_group_size=900)
    return sorted(map(str, folder.iterdir()))


@pytest.mark.parametrize("way", WAYS)
def test_files_teach_what_a_frame_does(way: str, files: list[str], X: pd.DataFrame, y: pd.Series) -> None:
    embedder, supervised = WAYS[way]
    frame = X.assign(km=X["km"].round(1))
    if not supervised:
        frame = frame.assign(sales=y)
    wanted = clone(embedder).fit(frame, y if supervised else None)
    found = clone(embedder).fit(files, "sales" if supervised else None)
    assert found.tables_ == wanted.tables_
    assert found.feature_names_in_.tolist() == list(frame)
    pd.testing.assert_frame_equal(found.transform(frame[:9]), wanted.transform(frame[:9]))


@pytest.mark.parametrize(
    ("embedder", "named", "error", "message"),
    [
        (
            te.LDAEmbedder(),
            [1, 2],
            DataError,
            "`y` must be the name of the target's column when X names files",
        ),
        (te.LDAEmbedder(), "sale", LabelError, "there is no column 'sale' in the files; did you mean 'sales'"),
        (te.GloVeEmbedder(group_by="shop"), None, LabelError, "there is no column 'shop' in the files"),
    ],
)
def test_refusals_of_files(embedder: Any, named: Any, error: type, message: str, files: list[str]) -> None:
    with pytest.raises(error, match=message):
        embedder.fit(files, named)
