"""The port map as JSON values: the path of each name, what depends on each hop, and flat rows for a table."""

from collections.abc import Iterable, Iterator, Sequence

from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.site.inputs import SiteInputs
from reconciler.site.portmap import Edge, ServicePath

MISSING = "missing"
"""The confidence of what is not known."""
_THROUGH_NPM = frozenset({"proxy-host", "stream"})
_LAST = frozenset({"switch-port", "wlan"})


def document(inputs: SiteInputs, paths: Sequence[ServicePath]) -> Row:
    """Return the content of `/v1/portmap/joined`."""
    return {
        "paths": [_path(inputs, path) for path in paths],
        "rows": [row for path in paths for row in _rows(path)],
        "depends": _depends(paths),
    }


def mentioned(paths: Iterable[ServicePath]) -> Iterator[Key]:
    """Yield every key that the document mentions."""
    for path in paths:
        yield path.entry
        yield from path.resources()
        yield from (edge.via for edge in path.edges if edge.via is not None)
        if path.holder is not None:
            yield path.holder


def _path(inputs: SiteInputs, path: ServicePath) -> Row:
    return {
        "name": path.name,
        "entry": str(path.entry),
        "enabled": path.enabled,
        "address": path.address,
        **_ports(path.port),
        "holder": str(path.holder) if path.holder else None,
        "complete": path.complete,
        "edges": [_edge(inputs, edge, path.name) for edge in path.edges],
    }


def _ports(text: str | None) -> Row:
    """Return one port as a number; several, or a range, as ranges."""
    ranges: list[tuple[int, int]] = []
    for part in (text or "").split(","):
        first, _, last = part.strip().partition("-")
        if first.isdecimal() and (not last or last.isdecimal()):
            ranges.append((int(first), int(last or first)))
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return {"port": ranges[0][0]}
    several: Row = {"ports": [{"first": first, "last": last} for first, last in ranges]} if ranges else {}
    return {"port": None, **several}


def _edge(inputs: SiteInputs, edge: Edge, name: str) -> Row:
    row: Row = {
        "step": edge.step,
        "from": edge.start or name,
        "hop": edge.hop,
        "key": str(edge.key) if edge.key is not None else None,
        "confidence": edge.how or MISSING,
    }
    if edge.vlan is not None:
        row["vlan"] = edge.vlan
    if edge.via is not None:
        row["via"] = str(edge.via)
        row["as_of"] = inputs.moment(edge.via)
    if edge.reason is not None:
        row["reason"] = edge.reason
    return row


def _depends(paths: Iterable[ServicePath]) -> dict[str, list[str]]:
    """Switch port, NIC, bridge, host or address → the names that would be gone with it."""
    found: dict[str, set[str]] = {}
    for path in paths:
        for edge in path.edges[1:]:
            if edge.hop is not None:
                found.setdefault(edge.hop, set()).add(path.name)
    return {hop: sorted(names) for hop, names in sorted(found.items())}


def _rows(path: ServicePath) -> Iterator[Row]:
    """Yield the path as flat rows: one, or one for each switch port where there are several."""
    entry, target, *rest = path.edges
    ends: list[Edge | None] = [edge for edge in rest if edge.step in _LAST]
    missing = next((edge.reason for edge in path.edges if edge.hop is None), None)
    ending = f"the path ends at a {path.holder.kind}" if path.holder else "it is not known"
    for end in ends or [None]:
        yield {
            "name": path.name,
            "enabled": path.enabled,
            "public_hostname": _public(path),
            "npm": _npm(path, entry),
            "lan": _lan(path, target, rest[0] if rest else None),
            "switch": _missing(missing or ending) if end is None else _cell(end, end.hop, end.key),
        }


def _public(path: ServicePath) -> Row:
    if path.entry.kind == "proxy-host":
        return {"value": path.name, "key": None, "confidence": "configured"}
    return _missing(f"a {path.entry.kind} is reached by its port, under any name")


def _npm(path: ServicePath, entry: Edge) -> Row:
    if path.entry.kind in _THROUGH_NPM:
        return _cell(entry, path.entry.id, path.entry)
    return _missing("it does not pass through Nginx Proxy Manager")


def _lan(path: ServicePath, target: Edge, host: Edge | None) -> Row:
    """Return the address and port, the resource that has the address, and how that is known."""
    last = target if host is None else host
    return {**_cell(last, target.hop, path.holder), "address": path.address, **_ports(path.port)}


def _cell(edge: Edge, value: str | None, key: Key | None) -> Row:
    row: Row = {"value": value, "key": str(key) if key else None, "confidence": edge.how or MISSING}
    if edge.reason is not None:
        row["reason"] = edge.reason
    return row


def _missing(reason: str) -> Row:
    return {"value": None, "key": None, "confidence": MISSING, "reason": reason}
