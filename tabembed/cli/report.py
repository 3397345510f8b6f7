"""What ``tabembed fit`` says last: the metrics beside the trivial baseline, the speed, and what to type next."""

from __future__ import annotations

__all__ = ["show_report"]

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..schema.target import Target

_OF_ONE = ("r2", "accuracy", "auc", "log_loss", "f1")


def show_report(estimator: Any, version: Path, rows: int, seconds: float) -> None:
    """Print the report on stdout.

    Args:
        estimator: fitted.
        version: the folder that it was exported to.
        rows: of the data.
        seconds: that training took.
    """
    found = estimator.metrics_
    held = found["rows"] if found["on"] == "held-out rows" else 0
    trained, epochs = rows - held, estimator.n_epochs_
    for part in estimator.schema_.need_targets().parts:
        _show_metrics(found, part, len(estimator.schema_.need_targets().parts) > 1)
    click.echo(
        f"trained on {trained:,} rows, {epochs} {'epoch' if epochs == 1 else 'epochs'} in {seconds:.1f} s "
        f"({trained * epochs / seconds:,.0f} rows/s); measured on {found['rows']:,} {found['on']}"
    )
    click.echo(f"model  {version}")
    model = shlex.quote(str(version.parent))
    click.echo(f"next   tabembed predict {model} DATA --output predictions.csv")
    tables = {column: table for column, table in estimator.tables_.items() if len(table) > 1}
    if tables:
        column = max(tables, key=lambda name: len(tables[name]))
        click.echo(f"       tabembed neighbors {model} {shlex.quote(column)} {shlex.quote(tables[column].labels[0])}")


def _show_metrics(found: dict[str, Any], target: Target, several: bool) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    model, baseline = (found[side].get(target.name, {}) if several else found[side] for side in ("model", "baseline"))
    shown = Table(box=box.SIMPLE_HEAD)
    shown.add_column(f"metric of {target.name!r}" if several else "metric")
    shown.add_column("model", justify="right", style="bold")
    shown.add_column(f"baseline ({_baseline(target)})", justify="right")
    for name, value in model.items():
        shown.add_row(name, _number(name, value), _number(name, baseline[name]))
    Console().print(shown)


def _baseline(target: Target) -> str:
    """Say what the baseline predicts in every row."""
    if target.is_classification:
        return "shares" if target.task == "multilabel" else "class shares"
    return {"mae": "median", "huber": "median", "quantile": "quantiles", "log": "geometric mean"}.get(
        target.objective, "mean"
    )


def _number(metric: str, value: float) -> str:
    if metric in _OF_ONE or metric.startswith("below_"):
        return f"{round(value, 4) + 0.0:.4f}"  # no "-0.0000"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
