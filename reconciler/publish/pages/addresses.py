"""Addresses: each subnet as a grid, and every address with who has it and how that is known."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, NamedTuple

from reconciler.config.file import SITE
from reconciler.isolation import require
from reconciler.model.key import Key
from reconciler.publish.pages.address_grid import STATES, SubnetGrid, grids
from reconciler.publish.pages.named_thing import DocumentRow, NamedThing, anchor, named_thing
from reconciler.publish.view import View
from reconciler.text import visible

MOST_ADDRESSES = 300
"""How many rows the table has; the script shows the others from `/v1/addresses`."""
MOST_BLOCKS = 24
"""How many blocks are drawn; the script draws the others when they are unfolded."""
_CONFLICTS = frozenset({"duplicate-ip", "retired-alive", "reservation-contradiction"})
"""The rules about addresses that are in conflict."""


class ListedAddress(NamedTuple):
    """A row of the table."""

    address: str
    state: str
    holders: tuple[NamedThing, ...]
    known_from: tuple[str, ...]
    service: str
    """The service that it is declared for."""
    network: NamedThing | None
    page: str | None
    """The page of its declaration, with its findings."""
    problem: str | None
    """The title of the finding about the conflict."""


class ShownSubnet(NamedTuple):
    """A subnet as the page shows it."""

    grid: SubnetGrid
    network: NamedThing | None
    link: str | None
    """Link to its addresses in the table."""
    drawn: int
    """How many of its blocks are drawn."""


def addresses(view: View) -> Mapping[str, object]:
    """Return the grids and the table, addresses in conflict first."""
    rows: Mapping[str, Any] = {str(row["address"]): row for row in require(view.site.addresses)}
    conflicts = _conflicts(view, rows.values())

    def listed(address: str) -> ListedAddress | None:
        return _listed(view, rows[address], conflicts) if address in rows else None

    others = (address for address in rows if address not in conflicts)
    return {
        "total": len(rows),
        "conflicts": list(map(listed, conflicts)),
        "listed": listed,
        "addresses": list(map(listed, islice(chain(conflicts, others), MOST_ADDRESSES))),
        "states": STATES,
        "subnets": list(_subnets(view, grids(require(view.site.subnets), rows.values(), conflicts))),
        "edit": view.repository.edit_kind(SITE, "address"),
    }


def _conflicts(view: View, rows: Iterable[DocumentRow]) -> dict[str, str]:
    """Return the addresses that are in conflict, each with the title of the finding about it."""
    titles: dict[str, str] = {}
    for about, findings in view.findings.items():
        for finding in findings:
            if finding["type"] in _CONFLICTS and not finding.get("ignored_by"):
                titles.setdefault(str(about), visible(str(finding["title"]), 300))
    found = {}
    for row in rows:
        keys = (str(Key(SITE, "address", row["address"])), *(each["key"] for each in row["evidence"]))
        title = next((titles[key] for key in keys if key in titles), None)
        if title:
            found[row["address"]] = title
    return found


def _listed(view: View, row: DocumentRow, conflicts: Mapping[str, str]) -> ListedAddress:
    declared = row.get("declared") or {}
    key = Key(SITE, "address", row["address"])
    problem = conflicts.get(row["address"])
    return ListedAddress(
        address=row["address"],
        state="conflict" if problem else row["state"],
        holders=tuple(named_thing(view, each) for each in row["holders"]),
        known_from=tuple(dict.fromkeys(each["confidence"] for each in row["evidence"])),
        service=visible(declared.get("service") or ""),
        network=named_thing(view, row["network"]) if row.get("network") else None,
        page=named_thing(view, key).page,
        problem=problem,
    )


def _subnets(view: View, found: Iterable[SubnetGrid]) -> Iterator[ShownSubnet]:
    left = MOST_BLOCKS
    for grid in found:
        network = grid.row["network"]
        drawn = min(left, len(grid.blocks))
        left -= drawn
        link = anchor("network", network) if network else None
        yield ShownSubnet(grid, named_thing(view, network) if network else None, link, drawn)
