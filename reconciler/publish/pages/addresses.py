"""Addresses: each subnet as a grid, and every address with who has it and how that is known."""

from collections.abc import Iterable, Iterator, Mapping
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
    rows: list[Any] = list(require(view.site.addresses))
    conflicts = {row["address"]: title for row in rows if (title := _conflict(view, row))}
    listed = sorted(rows, key=lambda row: row["address"] not in conflicts)
    found = [_listed(view, row, conflicts) for row in listed]
    return {
        "total": len(rows),
        "conflicts": [each for each in found if each.problem],
        "titles": {each.address: each for each in found},
        "addresses": found[:MOST_ADDRESSES],
        "states": STATES,
        "subnets": list(_subnets(view, grids(require(view.site.subnets), rows, conflicts))),
        "edit": view.repository.edit_kind(SITE, "address"),
    }


def _conflict(view: View, row: DocumentRow) -> str | None:
    """Return the title of the finding that an address is in conflict; None where it is not."""
    keys = [Key(SITE, "address", row["address"]), *(Key.parse(each["key"]) for each in row["evidence"])]
    for key in dict.fromkeys(keys):
        for finding in view.findings.get(key, ()):
            if finding["type"] in _CONFLICTS and not finding.get("ignored_by"):
                return visible(str(finding["title"]), 300)
    return None


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
