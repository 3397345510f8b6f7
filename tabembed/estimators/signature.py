"""Arguments of a base class in the signature of a derived one, so that each stands in one place only."""

from __future__ import annotations

__all__ = ["with_arguments_of"]

import inspect
from collections.abc import Callable
from typing import TypeVar

Method = TypeVar("Method", bound=Callable[..., None])


def with_arguments_of(base: Callable[..., None]) -> Callable[[Method], Method]:
    """Return a decorator that shows the arguments of a base ``__init__`` behind a derived one's own ones.

    scikit-learn reads an estimator's parameters from the signature, and so do editors and ``help``.

    Args:
        base: the base class's ``__init__``, all of whose arguments go by name.

    Example:
        >>> def base(self, *, epochs=1): ...
        >>> @with_arguments_of(base)
        ... def derived(self, *, loss="mse", **settings): ...
        >>> str(inspect.signature(derived))
        "(self, *, loss='mse', epochs=1)"
    """

    def decorate(method: Method) -> Method:
        """Set the signature of the derived ``__init__``."""
        own = [p for p in inspect.signature(method).parameters.values() if p.kind is not p.VAR_KEYWORD]
        names = {p.name for p in own}
        more = [p for p in inspect.signature(base).parameters.values() if p.name not in names]
        method.__signature__ = inspect.Signature([*own, *more])  # type: ignore[attr-defined]
        return method

    return decorate
