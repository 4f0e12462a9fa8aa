"""One file of a release and its compressed copy: as the manifest, the schemas and web servers want them."""

import os
import stat
from hashlib import sha256

from reconciler.errors import Problem
from reconciler.files import parse_json
from reconciler.publish import entries
from reconciler.publish.folder import unpacks_to
from reconciler.publish.links import links_of
from reconciler.publish.manifest import MANIFEST, OWN_FILES, FileEntry, ListedFiles
from reconciler.publish.tree import Validator

REMEDY = "publish again"
_SHOWN = 3


class FileCheck:
    """Checks the files of a release one by one; remembers which there are, and where their links lead.

    Without a manifest, files are not compared with it; without a validator, schemas and links do not count.
    """

    def __init__(self, release: str, listed: ListedFiles | None, validate: Validator | None) -> None:
        self._release = release
        self.listed: ListedFiles = listed or {}
        self._compares = listed is not None
        self._validate = validate
        self.problems: list[Problem] = []
        self.found: dict[str, int] = {}
        """Path → bytes."""
        self.links: dict[str, str] = {}
        """Link → the first file that has it."""

    def add(self, path: str, what: str, remedy: str = REMEDY) -> None:
        """Add a problem of a file."""
        self.problems.append(Problem(f"{self._release}/{path}", what, remedy))

    def check(self, folder: str, name: str, here: int, *, compressed: bool) -> None:
        """Check a file of an open folder, and its compressed copy where it has one."""
        path = f"{folder}/{name}" if folder else name
        data = self._read(path, name, here)
        if data is not None:
            self._check_content(path, data)
        packed = self._read(f"{path}.gz", f"{name}.gz", here) if compressed else None
        if packed is not None and data is not None and not unpacks_to(packed, data):
            self.add(f"{path}.gz", f"does not unpack to {name}")

    def _read(self, path: str, name: str, here: int) -> bytes | None:
        """Return the bytes of a file, compared with the manifest; None where it cannot be read."""
        self.found[path] = 0
        try:
            data = entries.read(name, here).data
            mode = os.stat(name, dir_fd=here, follow_symlinks=False).st_mode
        except OSError as error:
            self.add(path, f"cannot be read: {error.strerror or error}")
            return None
        self.found[path] = len(data)
        if stat.S_IMODE(mode) & 0o444 != 0o444:
            self.add(path, "cannot be read by a web server", "chmod 644 it, or publish again")
        if self._compares and path not in OWN_FILES:
            self._compare(path, data, self.listed.get(path))
        return data

    def _compare(self, path: str, data: bytes, entry: FileEntry | None) -> None:
        if entry is None:
            self.add(path, f"is not in {MANIFEST}", "remove it, or publish again")
        elif entry.size != len(data):
            self.add(path, f"has {len(data):,} bytes, and {entry.size:,} in {MANIFEST}")
        elif entry.sha256 != sha256(data).hexdigest():
            self.add(path, f"has another SHA-256 than in {MANIFEST}")

    def _check_content(self, path: str, data: bytes) -> None:
        """Check the content of a file; remember its links."""
        document = None
        if path.endswith(".json"):
            try:
                document = parse_json(data)
            except ValueError:
                self.add(path, "is not JSON")
                return
        if self._validate is None:
            return
        for each in self._validate(path, data)[:_SHOWN]:
            self.add(path, f"does not fit its schema: {each.what}")
        for link in links_of(path, data, document):
            self.links.setdefault(link, path)
