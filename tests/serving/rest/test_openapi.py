"""Requests that schemathesis makes up from the OpenAPI description: whatever comes, the server doesn't fail."""

from __future__ import annotations

from typing import Any

import hypothesis
import schemathesis
from schemathesis.checks import not_a_server_error


def test_nothing_that_the_description_allows_or_forbids_fails(app: Any) -> None:
    described = schemathesis.openapi.from_asgi("/openapi.json", app)
    tried = 0
    for result in described.get_all_operations():
        operation = result.ok()
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            examples = 15 if operation.method == "post" else 3

            @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
            @hypothesis.settings(
                max_examples=examples, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
            )
            def answered(case: Any) -> None:
                nonlocal tried
                tried += 1
                case.call_and_validate(checks=[not_a_server_error])

            try:
                answered()
            except hypothesis.errors.Unsatisfiable:
                assert operation.method == "get", "what takes nothing has no wrong request"
    assert tried > 30
