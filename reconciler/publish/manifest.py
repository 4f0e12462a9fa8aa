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


ListedFiles = Mapping[str, FileEntry]
"""Path below the release → its entry."""


def rows_of(files: ListedFiles) -> Row:
    """Return the JSON form of the entries, but for the manifest's own."""
    return {
        path: {"sha256": entry.sha256, "size": entry.size}
        for path, entry in sorted(files.items())
        if path not in OWN_FILES
    }


def read_manifest(release: Path) -> ListedFiles | None:
    """Return what the manifest of a release lists; None where there is none that can be parsed.

    Raises `OSError` for one that cannot be read.
    Nothing of it is trusted: an entry that is not one of ours makes it unusable.
    """
    data = entries.read_if_any(release, MANIFEST_FILE)
    try:
        rows = parse_json(data or b"")["data"]["files"]
        return {path: _entry(row) for path, row in rows.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _entry(row: Mapping[str, object]) -> FileEntry:
    sha256, size = row["sha256"], row["size"]
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256) or type(size) is not int or size < 0:
        raise ValueError(row)
    return FileEntry(sha256, size)
