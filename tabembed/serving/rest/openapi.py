"""The description of the interface, its request typed from the schema, and a page that shows it."""

from __future__ import annotations

__all__ = ["description", "page"]

import html
import json
from typing import Any

from ... import __version__
from .served import ServedVersion

_ERROR = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
_REFUSED = {
    400: "not of the schema",
    401: "no token",
    404: "no such model or version",
    408: "too slow",
    413: "too large",
}


def description(name: str, served: ServedVersion, rows: int, token: bool) -> dict[str, Any]:
    """Return the OpenAPI description.

    Args:
        name: the model's.
        served: the version that answers.
        rows: that a request may hold.
        token: whether one is needed.
    """
    base = f"/v1/models/{name}"
    versioned = {"name": "version", "in": "path", "required": True, "schema": {"enum": [str(served.version)]}}
    paths: dict[str, Any] = {}
    for prefix, parameters in ((base, []), (f"{base}/versions/{{version}}", [versioned])):
        paths[f"{prefix}:predict"] = {"post": _predict(parameters)}
        for path, summary in ((prefix, "State of the versions"), (f"{prefix}/metadata", "Signatures")):
            paths[path] = {"get": _get(summary, parameters)}
    for path, summary in (("/healthz", "Alive"), ("/readyz", "Ready to answer")):
        paths[path] = {"get": _get(summary, [])}
    paths["/metrics"] = {"get": {"summary": "Prometheus", "responses": {"200": {"description": "text"}}}}
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": f"tabembed: {name}", "version": __version__},
        "paths": paths,
        "components": {"schemas": _schemas(served, rows)},
    }
    if token:
        described["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        described["security"] = [{"bearer": []}]
    return described


def _schemas(served: ServedVersion, rows: int) -> dict[str, Any]:
    cells = served.reader.cells
    row = {
        "type": "object",
        "properties": {name: own.json for name, own in cells.items()},
        "required": list(cells),
        "additionalProperties": False,
        "example": {name: own.example for name, own in cells.items()},
    }
    columns = {
        **row,
        "properties": {name: {"type": "array", "items": own.json, "minItems": 1} for name, own in cells.items()},
        "example": {name: [own.example] for name, own in cells.items()},
    }
    signature = {"type": "string", "default": "serving_default", "enum": ["serving_default"]}
    instances = {"type": "array", "items": {"$ref": "#/components/schemas/Row"}, "minItems": 1, "maxItems": rows}

    def request(key: str, value: dict[str, Any]) -> dict[str, Any]:
        """Return one of the two formats."""
        properties = {key: value, "signature_name": signature}
        return {"type": "object", "properties": properties, "required": [key], "additionalProperties": False}

    return {
        "Row": row,
        "Columns": columns,
        "Rows": request("instances", instances),
        "Inputs": request("inputs", {"$ref": "#/components/schemas/Columns"}),
        "Error": _ERROR,
    }


def _predict(parameters: list[Any]) -> dict[str, Any]:
    formats = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Rows", "Inputs")]}
    answer = {"type": "object", "properties": {"predictions": {"type": "array"}, "outputs": {}}}
    return {
        "summary": "Predict rows (`instances`) or columns (`inputs`)",
        "parameters": parameters,
        "requestBody": {"required": True, "content": {"application/json": {"schema": formats}}},
        "responses": {"200": _json("the predictions", answer), **_refusals()},
    }


def _get(summary: str, parameters: list[Any]) -> dict[str, Any]:
    answers = {"200": _json("as TensorFlow Serving's", {"type": "object"}), **_refusals()}
    return {"summary": summary, "parameters": parameters, "responses": answers}


def _refusals() -> dict[str, Any]:
    return {str(code): _json(why, {"$ref": "#/components/schemas/Error"}) for code, why in _REFUSED.items()}


def _json(what: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": what, "content": {"application/json": {"schema": schema}}}


def page(described: dict[str, Any]) -> str:
    """Return the page: the columns, a request, and the whole description; it loads nothing from elsewhere.

    Args:
        described: what ``description`` gave.
    """
    row = described["components"]["schemas"]["Row"]
    path = next(path for path in described["paths"] if path.endswith(":predict"))
    example = json.dumps({"instances": [row["example"]]}, ensure_ascii=False)
    columns = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(json.dumps(of.get('type') or of.get('enum')))}</td></tr>"
        for name, of in row["properties"].items()
    )
    operations = "".join(
        f"<li><code>{method.upper()} {html.escape(route)}</code> {html.escape(operation['summary'])}</li>"
        for route, methods in described["paths"].items()
        for method, operation in methods.items()
    )
    title = html.escape(described["info"]["title"])
    whole = html.escape(json.dumps(described, indent=1, ensure_ascii=False))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>body{{font:1em/1.5 system-ui;max-width:60em;margin:2em auto}}td{{padding-right:2em}}</style>"
        f"<h1>{title}</h1><ul>{operations}</ul><h2>A request</h2>"
        f"<pre>curl -d {html.escape(_quoted(example))} http://HOST:PORT{html.escape(path)}</pre>"
        f"<table><tr><th>column<th>type</tr>{columns}</table>"
        f'<h2><a href="/openapi.json">OpenAPI</a></h2><pre>{whole}</pre></html>'
    )


def _quoted(text: str) -> str:
    quote = "'"
    return quote + text.replace(quote, quote + '"' + quote + '"' + quote) + quote
