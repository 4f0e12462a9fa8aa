"""From when to when something had an address, from every recorded version of the rows that show it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.model.key import Key
from reconciler.model.snapshot import Inventory
from reconciler.model.value import Row
from reconciler.site.addresses import AddressEvidence, addresses
from reconciler.site.inputs import SiteInputs
from reconciler.site.mentions import MENTIONING_KINDS, AddressMention, mentions

if TYPE_CHECKING:
    from reconciler.record.queries import KindOf, RecordCommit, RowVersions

ADDRESS_KINDS = frozenset(
    {"guest", "node", "node-network", "network", "device", "reservation", "address", *MENTIONING_KINDS}
)
"""The kinds whose recorded rows show addresses."""

Fact = AddressEvidence | AddressMention


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which a row showed an address; positions count commits from the newest, which is 0."""

    fact: Fact
    name: str | None
    since: "RecordCommit"
    since_position: int
    is_first: bool
    """Whether it was so in the oldest record that is here: it may have been so before."""
    until: "RecordCommit | None" = None
    until_position: int = -1

    def covers(self, position: int) -> bool:
        """Return whether it was so in the record of a commit."""
        return self.until_position < position <= self.since_position


class FactsOf:
    """Finds the facts in single rows of an inventory; each different row once."""

    def __init__(self, inventory: Inventory, kind_of: "KindOf") -> None:
        self._inventory = inventory
        self._kind_of = kind_of
        self._known: dict[tuple[Key, str], dict[tuple[str, str], Fact]] = {}

    def __call__(self, key: Key, row: Row) -> Mapping[tuple[str, str], Fact]:
        """Return the facts of a row: address and field → fact."""
        at = (key, repr(row))
        if at not in self._known:
            self._known[at] = self._facts_of(key, row)
        return self._known[at]

    def _facts_of(self, key: Key, row: Row) -> dict[tuple[str, str], Fact]:
        from reconciler.record.trusted import trusted

        good = trusted({key: row}, {}, self._kind_of).config
        if not good:
            return {}
        inputs = SiteInputs(Inventory(self._inventory.run, (), good, {}, {}))
        found: dict[tuple[str, str], Fact] = {
            (one.address, one.field): one for each in addresses(inputs).values() for one in each
        }
        return found | {(one.address, ""): one for one in mentions(inputs)}


IsAsked = Callable[[Key, Row, Fact], bool]
"""Returns whether a fact of a row is asked about."""


def spans(versions: "RowVersions", facts_of: FactsOf, wanted: IsAsked) -> list[Span]:
    """Return the spans of the wanted facts, the newest first."""
    found: list[Span] = []
    open_: dict[tuple[str, str], dict[tuple[Key, str, str], Span]] = {}
    for position, commit in reversed(list(enumerate(versions.commits))):
        for place, blobs in versions.files[commit.id].items():
            known = open_.get(place)
            rows = _rows(versions, blobs[1])
            if rows is None:
                continue
            now = dict(_facts(place, rows, facts_of, wanted))
            before = known or {}
            open_[place] = {
                at: before.get(at)
                or Span(fact, _name(rows[at[0].id]), commit, position, is_first=known is None)
                for at, fact in now.items()
            }
            found += [_closed(span, commit, position) for at, span in before.items() if at not in now]
    found += [span for each in open_.values() for span in each.values()]
    return sorted(found, key=lambda span: (span.since_position, span.until_position))


def _closed(span: Span, commit: "RecordCommit", position: int) -> Span:
    return replace(span, until=commit, until_position=position)


def _rows(versions: "RowVersions", blob: str | None) -> Mapping[str, Row] | None:
    """Return the rows of a version; none where the file is gone, None where it cannot be read."""
    if blob is None:
        return {}
    rows = versions.rows.get(blob)
    return rows if isinstance(rows, Mapping) else None


def _facts(
    place: tuple[str, str],
    rows: Mapping[str, Row],
    facts_of: FactsOf,
    wanted: IsAsked,
) -> Iterator[tuple[tuple[Key, str, str], Fact]]:
    for identity, row in rows.items():
        key = Key(*place, identity)
        for (address, field), fact in facts_of(key, row).items():
            if wanted(key, row, fact):
                yield (key, address, field), fact


def _name(row: Row) -> str | None:
    name = row.get("name")
    return name if isinstance(name, str) else None
