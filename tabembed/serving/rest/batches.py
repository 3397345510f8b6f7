"""Rows of requests that come at the same time are answered in one call of the model."""

from __future__ import annotations

__all__ = ["Batches"]

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from ...io.errors import DataError
from .questions import Question
from .refusals import Refused

Answers = Mapping[str, np.ndarray]
Columns = dict[str, list[Any]]

_WINDOW = 0.001
_FULL = 512
"""Rows from which waiting for more gains nothing."""
_LARGE = 2_048
"""Rows from which the loop must not wait for the model: other requests come in between."""


class _Waiting(NamedTuple):
    question: Question
    answer: asyncio.Future[Answers]


class Batches:
    """Answers questions, many at once.

    Args:
        answer: from columns to {output: (n, ...)}.
        executor: a thread for large requests.
        together: whether rows of several requests may be answered in one call.
    """

    def __init__(self, answer: Callable[[Columns], Answers], executor: Executor, *, together: bool = True) -> None:
        self._answer = answer
        self._executor = executor
        self._together = together
        self._waiting: list[_Waiting] = []
        self._rows = 0
        self._timer: asyncio.TimerHandle | None = None

    async def ask(self, question: Question) -> Answers:
        """Return {output: (rows, ...)} of a request's rows.

        Raises:
            Refused: for a cell that the model can't read.
        """
        loop = asyncio.get_running_loop()
        if question.alone or question.rows >= _LARGE:
            try:
                return await loop.run_in_executor(self._executor, self._answer, question.columns)
            except DataError as error:
                raise Refused(400, str(error)) from None
        waiting = _Waiting(question, loop.create_future())
        self._waiting.append(waiting)
        self._rows += question.rows
        if self._rows >= _FULL or not self._together:
            self._flush()
        elif self._timer is None:
            self._timer = loop.call_later(_WINDOW, self._flush)
        return await waiting.answer

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        waiting, self._waiting, self._rows, self._timer = self._waiting, [], 0, None
        self._answer_all([one for one in waiting if not one.answer.done()])  # a client may have gone

    def _answer_all(self, waiting: list[_Waiting]) -> None:
        if not waiting:
            return
        try:
            answers = self._answer(_joined([one.question for one in waiting]))
        except DataError as error:
            if len(waiting) > 1:  # the others must not suffer from one
                for one in waiting:
                    self._answer_all([one])
            else:
                waiting[0].answer.set_exception(Refused(400, str(error)))
        except Exception as error:
            for one in waiting:
                one.answer.set_exception(error)
        else:
            start = 0
            for one in waiting:
                end = start + one.question.rows
                one.answer.set_result({output: values[start:end] for output, values in answers.items()})
                start = end


def _joined(questions: list[Question]) -> Columns:
    first = questions[0].columns
    if len(questions) == 1:
        return first
    return {name: [*chain.from_iterable(one.columns[name] for one in questions)] for name in first}
