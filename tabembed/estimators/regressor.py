"""``TabularRegressor``: numbers from tables, the scikit-learn way."""

from __future__ import annotations

__all__ = ["TabularRegressor"]

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.base import RegressorMixin

from ..io.errors import DataError
from ..schema.target import Target
from .base import TabularEstimator
from .signature import with_arguments_of


class TabularRegressor(RegressorMixin, TabularEstimator):
    """Predict a number from a table with categorical columns; a scikit-learn estimator.

    Args:
        loss: ``"mse"``, ``"mae"``, ``"huber"``, ``"log"`` or ``"log1p"`` (trained on the logarithm), ``"poisson"``,
            ``"gamma"``, ``"tweedie"`` or ``"quantile"``; see ``te.Target``.
        quantiles: to predict instead of the mean, rising, in (0, 1); they never cross.
        power: of the mean that a Tweedie variance goes by, in (1, 2).
        preset: what holds where an argument is None: ``"fast"`` (the plain network of embeddings), ``"default"`` or
            ``"best"``; every choice of theirs stands in ``estimators/presets.py``.
        network: a name that ``te.build_model`` takes, in place of the preset's.
        network_options: the network's own arguments, ``{"hidden": (256, 128), "dropout": 0.1}``.
        kinds: {column: kind} for the columns you declare yourself.
        epochs: at most so many passes over the training rows; ``"auto"``: 20, and where these took few steps and still
            helped in their second half, longer cycles as long as they do.
        batch_size: rows a step; ``"auto"`` goes by how many there are, and so does ``"small"``, which is 128 up to
            51,200.
        learning_rate: the first; it falls along a cosine.
        weight_decay: decoupled, on touched rows and dense weights.
        validation_fraction: share of rows held out to choose the best epoch.
        patience: epochs without a better validation loss before it stops; where ``epochs="auto"`` means cycles, without
            a better one of their mean weights either, and half as many more in later cycles.
        validation: which rows these are: ``"random"``, ``"last"`` for the last ones of the data, where later rows are
            what is to be predicted, or a function of X and y that returns (n,) True for them. All but ``"random"`` say
            that what is to be predicted may hold labels together that no row here does.
        time_limit: seconds, from the call of ``fit`` on, by which training ends; None for none.
        random_state: makes training repeatable.
        verbose: 1 for a progress bar. What is None of the training's settings is the preset's and its network's own.

    Attributes:
        model_: the ``keras.Model``. schema_: the ``te.Schema``. tables_: {column: EmbeddingTable}.
        statistics_: {column, or "origin|dest" of a pair: EmbeddingTable} of the target statistics.
        history_: losses by epoch. n_epochs_: epochs run. metrics_: on the held-out rows, beside the baseline.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"dest": ["LAX", "BOS"] * 50})
        >>> est = te.TabularRegressor(epochs=1, random_state=0, verbose=0).fit(X, [5.0, -1.0] * 50)
        >>> est.predict(X).shape, est.tables_["dest"].labels
        ((100,), ('BOS', 'LAX'))

    Source: Guo & Berkhahn 2016, arXiv 1604.06737, section III.
    """

    @with_arguments_of(TabularEstimator.__init__)
    def __init__(
        self,
        *,
        loss: str = "mse",
        quantiles: Sequence[float] | None = None,
        power: float = Target.power,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.loss = loss
        self.quantiles = quantiles
        self.power = power

    def _declared(self, y: pa.Array | pa.ChunkedArray, name: str) -> Target:
        quantiles = () if self.quantiles is None else tuple(self.quantiles)
        return Target(name, "regression", objective=self.loss, quantiles=quantiles, power=self.power)

    def _check_classes(self, classes: Any, answers: pa.Table) -> None:
        if classes is not None:
            raise DataError(
                f"`classes` must be None for numbers, however: classes={classes!r}; leave it out, or use "
                f"te.TabularClassifier"
            )

    def predict(self, X: Any) -> Any:
        """Return (n,) float32 values in the target's unit, or (n, quantiles); of several targets a frame.

        Args:
            X: as in ``fit``.

        Raises:
            DataError: for a column that is missing or of another kind.
        """
        return self._predicted(self._answer(X))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R2, of quantiles D2, the share of the baseline's pinball loss that is saved; 1 is best.

        Of several targets it is the mean of theirs: R2, D2, or for classes and labels the accuracy.

        Args:
            X: as in ``fit``.
            y: (n,) the target, or (n, targets).
            sample_weight: as in ``fit``.

        Raises:
            DataError: for a column that is missing or of another kind.

        Source: Koenker & Machado 1999, Journal of the American Statistical Association 94 (D2 of quantiles).
        """
        target = self.schema_.need_targets() if hasattr(self, "schema_") else None
        if target is None or (isinstance(target, Target) and not target.quantiles):
            return float(super().score(X, y, sample_weight))
        found = self.evaluate(X, y, sample_weight)
        model, baseline = found["model"], found["baseline"]
        several = not isinstance(target, Target)
        pairs = [(model[name], baseline[name]) for name in model] if several else [(model, baseline)]
        return float(np.mean([_score(*pair) for pair in pairs]))


def _score(model: Mapping[str, float], baseline: Mapping[str, float]) -> float:
    """Return the one figure of a target's metrics that scores are made of."""
    if "pinball" in model:
        return 1.0 - model["pinball"] / baseline["pinball"] if baseline["pinball"] else float(not model["pinball"])
    return model["r2"] if "r2" in model else model["accuracy"]
