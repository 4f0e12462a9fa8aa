"""IP sets and aliases that the firewall of one guest has for its own rules, by `guest:VMID:NAME`.

They are asked for where the firewall of the guest is on, and where some are declared or recorded. Elsewhere
they have no effect, and undeclared ones are left out, so that a firewall which was on and is off again leaves
nothing behind. Sets are always asked for there, because one that is called `ipfilter-net0` filters
without a rule; aliases only where a rule or a set of the guest names one.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.proxmox.absence import may_be_hidden
from reconciler.collectors.proxmox.cluster_list import RowListing, refused_for_right
from reconciler.collectors.proxmox.cluster_state import ClusterState, node_offline
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, by_key, path, rows
from reconciler.errors import Problem
from reconciler.model.value import Row

AliasNames = Mapping[str, frozenset[str]]
"""Guest → names that may be those of its aliases."""

_SCOPE = "guest"
_OF_SCOPE = {"node": "node", "vnet": "sdn-vnet"}
"""Scopes that always have a firewall → the kind of resource that has it."""
_MOST_NICS = 32
_NAMED = re.compile(r"!?(?P<set>\+)?(?P<scope>dc/|guest/)?(?P<name>[A-Za-z][\w-]*)")
_ALIAS = re.compile(r"(?:guest/)?([A-Za-z][\w-]*)")


def named(texts: Iterable[str], vmid: str | None) -> Iterator[tuple[str, str]]:
    """Yield the sets (`+NAME`) and aliases that sources, destinations or members name, by kind and id.

    Of a guest (`vmid`), a name without a scope may be its own or that of the datacenter.
    """
    for text in texts:
        match = _NAMED.fullmatch(text)
        if match is None:
            continue
        kind = "ipset" if match["set"] else "alias"
        if match["scope"] != "guest/":
            yield kind, match["name"]
        if match["scope"] != "dc/" and vmid is not None:
            yield kind, f"{_SCOPE}:{vmid}:{match['name']}"


@dataclass(slots=True)
class GuestLists:
    """The rows of several guests, and where each is."""

    rows: dict[str, ApiRow] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    """Id → the path of its own."""
    unread: dict[str, Problem] = field(default_factory=dict)
    problem: Problem | None = None
    """Why some may be missing."""


def scoped(text: str) -> str:
    """Return an id as it is; raises `ValueError` for one that is neither NAME nor guest:VMID:NAME."""
    parts = text.split(":")
    if len(parts) == 1 or (len(parts) == 3 and parts[0] == _SCOPE and parts[1].isdecimal() and parts[2]):
        return text
    message = "write NAME for one of the datacenter, guest:VMID:NAME for one of a guest"
    raise ValueError(message)


def guest_of(identity: str) -> str | None:
    """Return the guest whose firewall has it; None: that of the datacenter."""
    return identity.split(":")[1] if identity.startswith(f"{_SCOPE}:") else None


def within_guest(identity: str, _row: Row) -> Iterator[tuple[str, str]]:
    """Yield the guest whose firewall has it, as what it is in."""
    if (vmid := guest_of(identity)) is not None:
        yield "guest", vmid


def with_firewall(identity: str, _row: Row) -> Iterator[tuple[str, str, str]]:
    """Yield where the firewall of the guest that has it is switched on, and the rules that may name it."""
    if (vmid := guest_of(identity)) is not None:
        yield "firewall", f"{_SCOPE}:{vmid}", "/enable"
        yield "firewall", f"{_SCOPE}:{vmid}", "/rules"
        yield from switched_on(f"{_SCOPE}:{vmid}")


def switched_on(scope: str) -> Iterator[tuple[str, str, str]]:
    """Yield where a firewall is switched on, besides itself: of a guest, the datacenter's and its NICs'."""
    kind, _, name = scope.partition(":")
    if kind == _SCOPE:
        yield "firewall", "cluster", "/enable"
        for number in range(_MOST_NICS):
            yield "guest", name, f"/nics/net{number}/firewall"
    elif kind in _OF_SCOPE:
        yield _OF_SCOPE[kind], name, ""


def in_tree(identity: str) -> str:
    """Return the path in the tree of permissions that it is read with."""
    vmid = guest_of(identity)
    return "/" if vmid is None else f"/vms/{vmid}"


def alias_names(texts: Iterable[object]) -> frozenset[str]:
    """Return the names in sources, destinations or members that may be those of a guest's aliases."""
    parts = (part.strip(" !") for text in texts if isinstance(text, str) for part in text.split(","))
    return frozenset(name[1] for part in parts if (name := _ALIAS.fullmatch(part)))


def read_lists(
    api: ProxmoxApi,
    state: ClusterState,
    kind: str,
    leaf: str,
    guests: Iterable[str],
    without: AbstractSet[str] = frozenset(),
) -> GuestLists:
    """Read the list `leaf` of guests, and of those of which some are declared or recorded.

    Of guests `without` one that counts, only what is declared is kept.
    """
    expected: dict[str, set[str]] = {}
    for identity in api.expected.get(kind, frozenset()):
        if (vmid := guest_of(identity)) is not None:
            expected.setdefault(vmid, set()).add(identity)
    found = GuestLists()
    asked: dict[str, str] = {}
    for vmid in sorted({*guests, *expected} & state.guests.keys()):
        place = state.guests[vmid]
        if state.nodes.get(place.node):
            asked[path("nodes", place.node, place.type, vmid, "firewall", leaf)] = vmid
        else:
            found.unread |= dict.fromkeys(expected.get(vmid, ()), node_offline(place.node))
    for at, data in api.get_many(asked):
        _add(found, (at, asked[at]), data, expected.get(asked[at], set()), state)
    for identity in found.rows.keys() - api.declared.get(kind, frozenset()):
        if guest_of(identity) in without:
            del found.rows[identity], found.paths[identity]
    of_listed = {each for vmid, ids in expected.items() if vmid in state.guests for each in ids}
    hidden = may_be_hidden(api, kind, _of_others(api, kind) | of_listed, _asking(state), in_tree)
    found.unread |= hidden
    return found


def _of_others(api: ProxmoxApi, kind: str) -> set[str]:
    return {identity for identity in api.expected.get(kind, frozenset()) if guest_of(identity) is None}


def _asking(state: ClusterState) -> Callable[[str], list[str]]:
    return lambda identity: state.paths_of_guest(guest_of(identity) or "")


def _add(found: GuestLists, of: tuple[str, str], data: Any, expected: set[str], state: ClusterState) -> None:
    """Add the rows of one guest; where they cannot be read, its expected ids are unread."""
    at, vmid = of
    try:
        if isinstance(data, ProxmoxRequestFailed):
            raise data
        by_name, problem = by_key(rows(data, "", at), "name")
    except ProxmoxRequestFailed as failure:
        denied = failure.status == 403
        problem = refused_for_right(failure, f"/vms/{vmid}", state) if denied else failure.problem
        found.unread |= dict.fromkeys(expected, problem)
        by_name = {}
    if problem is not None and found.problem is None:
        found.problem = replace(problem, subject=f"guest {vmid}")
    for name, row in by_name.items():
        found.rows[f"{_SCOPE}:{vmid}:{name}"] = row
        found.paths[f"{_SCOPE}:{vmid}:{name}"] = f"{at}/{path(name)}"


def with_guests(listing: RowListing, lists: GuestLists) -> RowListing:
    """Return the listing of the datacenter with the rows of guests."""
    return replace(
        listing,
        rows={**listing.rows, **lists.rows},
        unread={**listing.unread, **lists.unread},
        problem=listing.problem or lists.problem,
    )


def merged(one: AliasNames, other: AliasNames) -> AliasNames:
    """Return the names that either of two has, by guest."""
    return {vmid: one.get(vmid, frozenset()) | other.get(vmid, frozenset()) for vmid in {*one, *other}}
