"""What a regression minimises: which values it takes, its best constant prediction, and the loss of that."""

from __future__ import annotations

__all__ = ["OBJECTIVES", "POWERS", "SHIFTS", "best_constant", "constant_loss", "refuse_values"]

from collections.abc import Sequence

import numpy as np

from ..io.errors import DataError

OBJECTIVES = ("mse", "mae", "huber", "log", "log1p", "poisson", "gamma", "tweedie", "quantile")
POWERS = {"poisson": 1.0, "gamma": 2.0}
"""{objective: power of the mean that the variance goes by}; of ``tweedie`` it is the target's own."""
SHIFTS = {"log": 0.0, "log1p": 1.0}
"""{objective: what is added before the logarithm is taken}."""
_ABOVE_ZERO, _FROM_ZERO = ("log", "gamma"), ("log1p", "poisson", "tweedie")


def refuse_values(objective: str, numbers: np.ndarray, name: str) -> None:
    """Refuse values that an objective has no loss for.

    Args:
        objective: one of ``OBJECTIVES``.
        numbers: (n,) the target's, NaN where missing.
        name: the target's.

    Raises:
        DataError: for the first row whose value is out of range.

    Example:
        >>> refuse_values("poisson", np.array([0.0, -2.0]), "claims")
        Traceback (most recent call last):
        tabembed.io.errors.DataError: target 'claims' must be 0 or more for loss 'poisson', however: -2 in row 1 ...
    """
    if objective not in _ABOVE_ZERO + _FROM_ZERO:
        return
    bad = numbers <= 0 if objective in _ABOVE_ZERO else numbers < 0
    if bad.any():
        row = int(np.argmax(bad))
        wanted = "above 0" if objective in _ABOVE_ZERO else "0 or more"
        raise DataError(
            f"target {name!r} must be {wanted} for loss {objective!r}, however: {numbers[row]:g} in row {row} "
            f"({int(bad.sum()):,} such rows); drop these rows, or choose another loss"
        )


def best_constant(objective: str, numbers: np.ndarray, quantiles: Sequence[float] = ()) -> tuple[float, ...]:
    """Return the constant prediction of the smallest loss (of ``huber`` the median, which is near it).

    Args:
        objective: one of ``OBJECTIVES``.
        numbers: (n,) float64, none missing.
        quantiles: of the objective ``quantile``.

    Example:
        >>> best_constant("mae", np.array([1.0, 2.0, 9.0])), best_constant("poisson", np.array([1.0, 2.0, 9.0]))
        ((2.0,), (4.0,))
    """
    if objective in SHIFTS:
        shift = SHIFTS[objective]
        return (float(np.exp(np.log(numbers + shift).mean()) - shift),)
    if objective in ("mae", "huber"):
        return (float(np.median(numbers)),)
    if objective == "quantile":
        return tuple(float(level) for level in np.quantile(numbers, quantiles))
    return (float(numbers.mean()),)


def constant_loss(
    objective: str,
    numbers: np.ndarray,
    start: Sequence[float],
    *,
    quantiles: Sequence[float] = (),
    power: float = 1.5,
    delta: float = 1.0,
) -> float:
    """Return the mean loss of a constant prediction: the unit that the loss of a model is told in.

    Args:
        objective: one of ``OBJECTIVES``.
        numbers: (n,) float64, none missing.
        start: what ``best_constant`` gave.
        quantiles: of ``quantile``.
        power: of ``tweedie``.
        delta: of ``huber``, in the target's unit.

    Example:
        >>> constant_loss("mae", np.array([1.0, 2.0, 9.0]), (2.0,))
        2.6666666666666665
    """
    error = numbers - start[0]
    if objective == "mae":
        return float(np.abs(error).mean())
    if objective == "huber":
        far = np.abs(error)
        return float(np.where(far <= delta, far**2 / 2, delta * far - delta**2 / 2).mean())
    if objective in SHIFTS:
        shift = SHIFTS[objective]
        return float(((np.log(numbers + shift) - np.log(start[0] + shift)) ** 2).mean())
    if objective == "quantile":
        return float(np.mean([_pinball(numbers, level, q) for level, q in zip(start, quantiles, strict=True)]))
    if objective == "mse":
        return float((error**2).mean())
    return _deviance(numbers, start[0], POWERS.get(objective, power))


def _pinball(numbers: np.ndarray, level: float, quantile: float) -> float:
    error = numbers - level
    return float(np.maximum(quantile * error, (quantile - 1) * error).mean())


def _deviance(numbers: np.ndarray, mean: float, power: float) -> float:
    """Return the mean unit deviance (Jorgensen 1997, "The Theory of Dispersion Models", section 4.1)."""
    if power == 1:
        logs = np.log(np.where(numbers > 0, numbers, 1) / mean)
        return float(2 * (numbers * logs - numbers + mean).mean())
    if power == 2:
        return float(2 * (np.log(mean / numbers) + numbers / mean - 1).mean())
    one, two = 1 - power, 2 - power
    parts = numbers**two / (one * two) - numbers * mean**one / one + mean**two / two
    return float(2 * parts.mean())
