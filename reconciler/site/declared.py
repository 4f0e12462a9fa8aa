"""Contradictions between declarations, each of which is right by itself: found when desired state is loaded.

Everything is a line of a file; nothing live is read.
"""

import ipaddress
from collections.abc import Collection, Iterator

from reconciler.config.file import SITE
from reconciler.errors import Problem
from reconciler.model.desired import Declared, DesiredState
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.site.declared_nodes import unknown_nodes
from reconciler.site.subnets import number_of
from reconciler.text import shown
from reconciler.yamlfile.validation import did_you_mean

_Range = tuple[int, int, int, Declared]
"""IP version, first and last address, and what declares them."""


def contradictions(desired: DesiredState, written: Collection[Key], kinds: Kinds) -> Iterator[Problem]:
    """Yield the problems; `written` also has the keys of declarations that are wrong by themselves."""
    yield from _subnets(desired)
    yield from _pools(desired)
    yield from _owners(desired, written, kinds)
    yield from _cables(desired, written)
    yield from _shared_names(desired, kinds)
    yield from unknown_nodes(desired, written, kinds)


def _shared_names(desired: DesiredState, kinds: Kinds) -> Iterator[Problem]:
    """Two declared ids that mean one row, by the names that are declared: it can have only one id."""
    owners: dict[Key, Declared] = {}
    for key, each in desired.resources.items():
        naming = kinds[key.source][key.kind].naming
        if naming is None or naming.siblings or each.absent:
            continue
        for name in dict.fromkeys((*naming.target(key.id, each.fields), key.id)):
            owner = owners.setdefault(key._replace(id=name), each)
            if owner is not each:
                what = f"{shown(key.id)}: {shown(name)} is also a name of {shown(owner.key.id)}"
                yield Problem(
                    desired.position(each.key, ""), f"{what} ({owner.declared_at})", "declare it once"
                )
                break


def _of(desired: DesiredState, kind: str) -> Iterator[Declared]:
    return (each for key, each in desired.resources.items() if key.kind == kind and not each.absent)


def _subnets(desired: DesiredState) -> Iterator[Problem]:
    """Networks of one controller whose addresses overlap."""
    by_source: dict[str, list[_Range]] = {}
    for each in _of(desired, "network"):
        text = each.fields.get("ip_subnet")
        if text and each.fields.get("purpose") != "wan":
            network = ipaddress.ip_interface(str(text)).network
            first, last = int(network.network_address), int(network.broadcast_address)
            by_source.setdefault(each.key.source, []).append((network.version, first, last, each))
    for ranges in by_source.values():
        for each, other in _overlapping(ranges):
            mine, theirs = each.fields["ip_subnet"], other.fields["ip_subnet"]
            what = f"{each.key.id}.ip_subnet: {mine} overlaps {theirs} of {other.key.id}"
            where = desired.locate(other.key, "/ip_subnet")
            yield Problem(desired.position(each.key, "/ip_subnet"), f"{what} ({where})", "give each its own")


def _pools(desired: DesiredState) -> Iterator[Problem]:
    """DHCP ranges without an end, that end before they begin, or that overlap."""
    ranges: list[_Range] = []
    for each in _of(desired, "address"):
        pool, until = each.fields.get("role") == "dhcp-pool", each.fields.get("until")
        first = number_of(each.key.id)
        last = number_of(str(until)) if until else None
        if pool and last is None:
            yield Problem(
                desired.position(each.key, ""), f"{each.key.id}: a dhcp-pool needs `until`, its last address"
            )
        elif last is not None and not pool:
            at = desired.position(each.key, "/until")
            yield Problem(at, f"{each.key.id}.until: only a dhcp-pool has it", "write `role: dhcp-pool`")
        elif last is not None and (last[0] != first[0] or last < first):
            at = desired.position(each.key, "/until")
            yield Problem(at, f"{each.key.id}.until: {until} does not come after {each.key.id}")
        elif last is not None:
            ranges.append((*first, last[1], each))
    for each, other in _overlapping(ranges):
        what = f"{each.key.id}: overlaps the dhcp-pool {other.key.id} ({other.declared_at})"
        yield Problem(desired.position(each.key, ""), what, "merge them, or end the first earlier")


def _overlapping(ranges: list[_Range]) -> Iterator[tuple[Declared, Declared]]:
    """Each range that begins before an earlier one has ended, with that one."""
    widest: _Range | None = None
    for each in sorted(ranges, key=lambda one: (one[0], one[1], -one[2], one[3].key)):
        if widest is not None and each[0] == widest[0] and each[1] <= widest[2]:
            yield each[3], widest[3]
        if widest is None or each[0] != widest[0] or each[2] > widest[2]:
            widest = each


def _owners(desired: DesiredState, written: Collection[Key], kinds: Kinds) -> Iterator[Problem]:
    """Owners that no source could ever have, or that are not among what is declared of their kind."""
    for each in _of(desired, "address"):
        if not each.fields.get("owner"):
            continue
        at, owner = desired.position(each.key, "/owner"), Key.parse(str(each.fields["owner"]))
        subject = f"{each.key.id}.owner"
        if owner.source not in kinds or owner.source == SITE:
            near = did_you_mean(owner.source, kinds.keys() - {SITE})
            yield Problem(at, f"{subject}: no source {shown(owner.source)} is configured{near}")
        elif owner.kind not in kinds[owner.source]:
            near = did_you_mean(owner.kind, kinds[owner.source])
            yield Problem(at, f"{subject}: {owner.source} has no kind {shown(owner.kind)}{near}")
        elif (owner.source, owner.kind) in desired.opted_in and owner not in written:
            near = did_you_mean(owner.id, [key.id for key in written if key[:2] == owner[:2]])
            yield Problem(at, f"{subject}: {owner} is not declared{near}", "declare it too")


def _cables(desired: DesiredState, written: Collection[Key]) -> Iterator[Problem]:
    """Cables to a port that is not declared where ports are, and two cables to one port."""
    ports = {key.id for key in written if key.kind == "switch-port"}
    taken: dict[str, Declared] = {}
    for each in _of(desired, "cable"):
        port = each.fields.get("to")
        if not port:
            continue
        at, subject = desired.position(each.key, "/to"), f"{each.key.id}.to"
        if ports and port not in ports:
            near = did_you_mean(str(port), ports)
            yield Problem(at, f"{subject}: no switch port {shown(str(port))} is declared{near}")
        other = taken.setdefault(str(port), each)
        if other is not each:
            where = desired.locate(other.key, "/to")
            what = f"{subject}: {port} is already declared for {other.key.id} at {where}"
            yield Problem(at, what, "one port takes one cable; correct one of them")
