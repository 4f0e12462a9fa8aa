"""`/v1/schemas/{name}` and `/v1/openapi`: files of this package, made by `make generate`.

They depend on nothing that a run reads, and making them takes longer than a small site takes to publish.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from reconciler.publish.view import View

SCHEMAS = "/v1/schemas"
OPENAPI = "/v1/openapi"
_FOLDER = files("reconciler.publish.documents") / "fixed_files"


def schemas() -> Iterator[tuple[str, bytes]]:
    """Yield the JSON Schema of each document and each kind, by route."""
    for name in schema_names():
        yield f"{SCHEMAS}/{name}", _read(f"schemas/{name}.json")


@cache
def schema_names() -> tuple[str, ...]:
    """Return the names of all schemas."""
    return tuple(sorted(file.name.removesuffix(".json") for file in (_FOLDER / "schemas").iterdir()))


def schema_links(_view: View) -> list[str]:
    """Return the routes of all schemas."""
    return [f"{SCHEMAS}/{name}" for name in schema_names()]


def openapi() -> Iterator[tuple[str, bytes]]:
    """Yield the OpenAPI description of every route."""
    yield OPENAPI, _read("openapi.json")


@cache
def _read(name: str) -> bytes:
    return _FOLDER.joinpath(name).read_bytes()
