"""`/v1/manifest`: the size and the SHA-256 of every other file of the release, pages and twins included."""

from typing import Annotated

from pydantic import Field

from reconciler.model.value import Row, Value
from reconciler.publish.manifest import rows_of
from reconciler.publish.view import View

MANIFEST = "/v1/manifest"


class ManifestEntry(Value):
    """One file."""

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of the file, in hexadecimal")]
    size: int = Field(ge=0, description="Bytes")


class PublishedManifest(Value):
    """Every file of the release but the manifest itself."""

    files: dict[str, ManifestEntry] = Field(description="Path of the file in the release → size and checksum")


def manifest(view: View) -> Row:
    """Return the entry of each file of the release."""
    return {"files": rows_of(view.files)}
