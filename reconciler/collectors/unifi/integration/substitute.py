"""A list of the integration API in place of one of the classic or v2 API, in the words of that one.

What the API lacks is unread, so that it is never taken for a default. Facts: the OpenAPI documents of the
Network application 9.5 and 10.5.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.connection.api import Read, UnifiApi, UnifiRequestFailed
from reconciler.collectors.unifi.integration.values import INTEGRATION
from reconciler.errors import Problem


class Translated(NamedTuple):
    """A row in other words."""

    row: ApiRow
    has: frozenset[str]
    """The fields of the kind that the row has, or that are known not to apply to it."""


class Part(NamedTuple):
    """One list, and how its rows are translated."""

    path: str
    translate: Callable[[ApiRow], Translated]
    details: bool = False
    """Whether `path/ID` has more of each row: `translate` gets both, and without an answer only the row."""

    @property
    def read(self) -> Read:
        """The list."""
        return Read("integration", self.path)


class Substitute(NamedTuple):
    """The lists that together stand for one of the classic or v2 API; the first must be readable."""

    parts: tuple[Part, ...]

    @property
    def read(self) -> Read:
        """The first list."""
        return self.parts[0].read


class Substituted(NamedTuple):
    """The rows of a substitute."""

    rows: list[ApiRow]
    problem: Problem | None
    """Why they may not be all."""
    has: Mapping[str, frozenset[str]]
    """`_id` of a row → the fields that it has."""

    def lacking(self, fields: frozenset[str]) -> dict[str, tuple[str, ...]]:
        """Return the fields of a kind that each row lacks, by its `_id`."""
        return {identity: tuple(sorted(fields - has)) for identity, has in self.has.items() if fields - has}


def substitute(api: UnifiApi, instead: Substitute) -> Substituted:
    """Read the lists of a substitute; raises `UnifiRequestFailed` where the first cannot be read.

    Another one that cannot be read makes the list partial.
    """
    api.begin(part.read for part in instead.parts)
    found: list[Translated] = []
    problem: Problem | None = None
    for number, part in enumerate(instead.parts):
        try:
            rows = api.rows(part.read)
        except UnifiRequestFailed as failure:
            if number == 0:
                raise
            problem = problem or Problem("", f"{part.path}: {failure.summary}", failure.remedy, failure.cause)
            continue
        problem = problem or api.doubt(part.read)
        for row in _detailed(api, part, rows) if part.details else rows:
            translated = part.translate(row)
            found.append(translated._replace(row={**translated.row, INTEGRATION: row}))
    return Substituted(
        [each.row for each in found], problem, {str(each.row.get("_id")): each.has for each in found}
    )


def _detailed(api: UnifiApi, part: Part, rows: list[ApiRow]) -> list[ApiRow]:
    """Return each row with its details where they can be read."""
    reads = [Read("integration", f"{part.path}/{row.get('id')}", single=True) for row in rows]
    api.begin(reads)
    found: list[ApiRow] = []
    for row, read in zip(rows, reads, strict=True):
        try:
            found.append({**row, **api.rows(read)[0]})
        except UnifiRequestFailed:
            found.append(row)
    return found


def is_users(row: ApiRow) -> bool:
    """Return whether a person made a row: not the controller by itself, or out of something else."""
    metadata = row.get("metadata")
    origin = metadata.get("origin") if isinstance(metadata, Mapping) else None
    return not isinstance(origin, str) or origin in {"", "USER_DEFINED"}
