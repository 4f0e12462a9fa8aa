"""`/v1/manifest`: the size and the SHA-256 of every file of a release but the manifest's own."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from reconciler.files import parse_json
from reconciler.model.value import Row
from reconciler.publish import entries

MANIFEST = "/v1/manifest"
MANIFEST_FILE = "v1/manifest.json"
OWN_FILES = frozenset({MANIFEST_FILE, f"{MANIFEST_FILE}.gz"})
_SHA256 = re.compile("[0-9a-f]{64}")


class FileEntry(NamedTuple):
    """One file of a release, as the manifest has it."""

    sha256: str
    """64 hexadecimal digits."""
    size: int
    """Bytes."""


Listed = Mapping[str, FileEntry]
"""Path below the release → its entry."""


def manifest(files: Listed) -> Row:
    """Return the content of the manifest of these files."""
    return {
        "files": {
            path: {"sha256": entry.sha256, "size": entry.size}
            for path, entry in sorted(files.items())
            if path not in OWN_FILES
        }
    }


def read_manifest(release: Path) -> Listed | None:
    """Return what the manifest of a release lists; None where there is none that can be parsed.

    Nothing of it is trusted: an entry that is not one of ours makes it unusable.
    """
    try:
        with entries.opened(release, "v1") as here:
            document = parse_json(entries.read("manifest.json", here).data)
        return {path: _entry(row) for path, row in document["data"]["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _entry(row: Mapping[str, object]) -> FileEntry:
    sha256, size = row["sha256"], row["size"]
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256) or type(size) is not int or size < 0:
        raise ValueError(row)
    return FileEntry(sha256, size)
