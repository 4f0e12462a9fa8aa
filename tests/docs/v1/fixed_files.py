"""The files of the package that `/v1/schemas/{name}` and `/v1/openapi` publish."""

from collections.abc import Mapping
from pathlib import Path

import reconciler
from reconciler import files
from reconciler.kinds import SYSTEMS
from reconciler.publish.schemas import published_schemas
from reconciler.site import KINDS as SITE_KINDS
from tests.docs.v1.openapi import openapi

FOLDER = Path(reconciler.__file__).parent / "publish" / "documents" / "fixed_files"


def schema_files() -> dict[str, bytes]:
    """Path below the folder → bytes, of each schema."""
    kinds = [*(kind for system in SYSTEMS.values() for kind in system.kinds), *SITE_KINDS]
    return {
        f"schemas/{name}.json": files.compact(schema) for name, schema in published_schemas(kinds).items()
    }


def fixed_files() -> dict[str, bytes]:
    """Path below the folder → bytes, of every file."""
    return {**schema_files(), "openapi.json": files.compact(openapi())}


def write() -> None:
    """Write the schemas, which are published with the lab, then the description that has its examples."""
    for path in FOLDER.rglob("*.json"):
        path.unlink()
    _write(schema_files() | {"openapi.json": b"{}"})
    _write(fixed_files())


def _write(made: Mapping[str, bytes]) -> None:
    for path, data in made.items():
        files.write_atomically(FOLDER / path, data)
