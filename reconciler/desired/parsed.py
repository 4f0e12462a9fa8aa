"""Files of desired state that were parsed without a problem, for another tree that has the same ones.

Two commits differ in few files; reading the others once more would be half of the time of a review.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.desired.rows import DesiredFile
from reconciler.errors import Problem
from reconciler.model.desired import Declared
from reconciler.model.key import Key

_KnownRows = tuple[Mapping[str, Key], dict[Key, Declared]]


@dataclass
class ParsedFiles:
    """By path and content; valid for one configuration, on which the kinds depend."""

    _files: dict[tuple[str, bytes], list[DesiredFile]] = field(default_factory=dict)
    _rows: dict[int, _KnownRows] = field(default_factory=dict)
    """`id` of each file of `_files`, which keeps it alive → its keys, and its declarations."""
    _kept: set[int] = field(default_factory=set)
    """`id` of each file of `_files`."""

    def files(
        self, path: str, data: bytes, found: list[Problem], parse: Callable[[], list[DesiredFile]]
    ) -> list[DesiredFile]:
        """Return the parsed file, by `parse` where it is not known; one that adds a problem is not kept."""
        known = self._files.get((path, data))
        if known is None:
            before = len(found)
            known = parse()
            if len(found) == before:
                self._files[path, data] = known
                self._kept |= {id(file) for file in known}
        return known

    def rows(
        self,
        file: DesiredFile,
        keys: Mapping[str, Key],
        found: list[Problem],
        declared: Callable[[], dict[Key, Declared]],
    ) -> dict[Key, Declared]:
        """Return the declarations of a file under these keys, by `declared` where they are not known."""
        known = self._rows.get(id(file))
        if known is not None and known[0] == keys:
            return known[1]
        before = len(found)
        made = declared()
        if len(found) == before and id(file) in self._kept:
            self._rows[id(file)] = (keys, made)
        return made
