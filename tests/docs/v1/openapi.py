"""`/v1/openapi`: every route of the table, with what a web server answers, and examples from the lab."""

import re
from typing import Any

from pydantic.json_schema import models_json_schema

from reconciler import __version__
from reconciler.publish.documents.form import JSON, AnyDocument, name_of
from reconciler.publish.documents.table import DOCUMENTS
from reconciler.publish.schemas import readable
from tests.docs.v1.examples import shown

PROBLEM = "application/problem+json"
PARAMETERS = {
    "kinds": ("Name of the list of a kind, as `/v1` links it", "guests"),
    "source": ("Source, as in the links of resources", "pve"),
    "slug": ("Id of the resource, as in its link", "113"),
    "name": ("Name of a schema, as `/v1` lists it", "summary"),
    "run": ("Id of a run, as `/v1/history` lists it", "20261123T210500Z-3fa9c1"),
    "id": ("Id of a finding, as `/v1/inventory/drift` has it", "7454fda8f326"),
}
"""Variable of a route → its description and an example."""
INFORMATION = """\
The state of a site as the last run recorded it: static documents, made by `reconciler publish`. Every \
document states when its data were collected and when they go stale, or links to `/v1/health`, which does. \
Keys may be added; readers ignore keys that they do not know.
"""
ERRORS = {
    "401": "Only where the web server asks for an API key: it is missing or wrong",
    "403": "The client's address is not in the allow list of the web server",
    "404": "There is no such document; a resource or finding may be gone",
    "default": "The web server does not answer the request as it is: method, address, headers, or load",
}


def openapi() -> dict[str, Any]:
    """Return the description."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "reconciler", "version": __version__, "description": INFORMATION.strip()},
        "security": [{}, {"apiKey": []}],
        "paths": {document.route: {"get": _operation(document)} for document in DOCUMENTS},
        "components": {
            "schemas": {**_schemas(), "Problem": _problem()},
            "headers": _headers(),
            "responses": {
                _error_name(status): _error(status, description) for status, description in ERRORS.items()
            },
            "securitySchemes": {
                "apiKey": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-API-Key",
                    "description": "Optional: only where the web server is set up to ask for it",
                }
            },
        },
    }


def _operation(document: AnyDocument) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": _schema_of(document)}
    if document.media_type == JSON and document.body_model is not None:
        content["example"] = shown(document)
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _headers()}
    parameters = [_parameter(name) for name in re.findall(r"{(\w+)}", document.route)]
    return {
        "operationId": name_of(document.route).replace("-", "_"),
        "summary": document.title,
        **({"parameters": parameters} if parameters else {}),
        "responses": {
            "200": {
                "description": document.title,
                "headers": headers,
                "content": {document.media_type: content},
            },
            "304": {"description": "Unchanged since the ETag in `If-None-Match`"},
            **{status: {"$ref": f"#/components/responses/{_error_name(status)}"} for status in ERRORS},
        },
    }


def _parameter(name: str) -> dict[str, Any]:
    description, example = PARAMETERS[name]
    schema = {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9_:~-][A-Za-z0-9._:~-]*$"}
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
        "example": example,
    }


def _schema_of(document: AnyDocument) -> dict[str, Any]:
    if document.body_model is not None:
        return {"$ref": f"#/components/schemas/{_plain(_definition(document.body_model.__name__))}"}
    return {"type": "object"} if document.media_type == JSON else {"type": "string"}


def _schemas() -> dict[str, Any]:
    models = [document.body_model for document in DOCUMENTS if document.body_model is not None]
    _, document = models_json_schema(
        [(model, "serialization") for model in models], ref_template="#/components/schemas/{model}"
    )
    return {_plain(name): _renamed(schema) for name, schema in readable(document["$defs"]).items()}


def _definition(name: str) -> str:
    """Return the name that pydantic gives the definition of a model."""
    return re.sub(r"[^a-zA-Z0-9.\-_]", "_", name)


def _plain(name: str) -> str:
    """Return the name of an envelope without the characters of generics: `PortmapDocument`."""
    return re.sub(r"^(?:Uns|S)tamped_(\w+)_$", r"\1Document", name)


def _renamed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_renamed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _renamed(part) for name, part in schema.items()}
    reference = found.get("$ref")
    if isinstance(reference, str):
        above, _, name = reference.rpartition("/")
        found["$ref"] = f"{above}/{_plain(name)}"
    title = found.get("title")
    if isinstance(title, str):
        found["title"] = _plain(_definition(title))
    return found


def _problem() -> dict[str, Any]:
    texts = {
        "type": "A URI of the kind of error; about:blank: the status says it all",
        "title": "The status in words",
        "detail": "What to do",
    }
    properties: dict[str, Any] = {
        name: {"type": "string", "description": text} for name, text in texts.items()
    }
    properties["status"] = {"type": "integer", "description": "The HTTP status"}
    return {
        "type": "object",
        "title": "Problem",
        "description": "An error (RFC 9457); it repeats nothing of the request",
        "required": ["type", "title", "status"],
        "properties": properties,
    }


def _headers() -> dict[str, Any]:
    return {
        "ETag": {
            "description": "Changes with the bytes; send it back in `If-None-Match`",
            "schema": {"type": "string"},
        },
        "Last-Modified": {"description": "When the bytes last changed", "schema": {"type": "string"}},
        "Cache-Control": {
            "description": "`no-cache`: ask again each time; a 304 is cheap",
            "schema": {"type": "string"},
        },
    }


def _error_name(status: str) -> str:
    return f"Error{status}" if status.isdecimal() else "OtherError"


def _error(_status: str, description: str) -> dict[str, Any]:
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}
