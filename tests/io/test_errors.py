"""Errors are one plain sentence, and this room's import loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

import tabembed.io
from tabembed.io import DataError, LabelError
from tabembed.io.errors import require


def test_a_label_error_is_a_key_error_that_reads_as_a_sentence() -> None:
    error = LabelError("label 'BSO' is missing")
    assert {DataError, KeyError, ValueError} <= set(type(error).__mro__)
    assert str(error) == "label 'BSO' is missing"
    assert str(LabelError()) == ""


def test_require_names_the_extra() -> None:
    assert require("json.decoder", "test").__name__ == "json.decoder"
    with pytest.raises(
        ImportError, match=r"needs 'no_such_package', which is not installed: pip install 'tabembed\[onnx\]'"
    ):
        require("no_such_package.sub", "onnx")


def test_public_names() -> None:
    assert all(getattr(tabembed.io, name) for name in tabembed.io.__all__)
    with pytest.raises(AttributeError, match=r"module 'tabembed.io' has no attribute 'to_parquet'"):
        _ = tabembed.io.to_parquet  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", ["tabembed.io", "tabembed.io.errors", "tabembed.io.writes", "tabembed.io.examples"])
def test_nothing_heavy_is_imported(module: str) -> None:
    code = f"import sys, {module}; print(*{{'pandas', 'numpy', 'pyarrow', 'tensorflow'}} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []
