"""Port map: from each public name to the switch port behind it, and back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from reconciler.isolation import require
from reconciler.model.key import Key
from reconciler.publish.pages.named_thing import DocumentRow, NamedThing, anchor, named_thing
from reconciler.publish.pages.port_map_drawing import (
    COLUMNS,
    MapDrawing,
    MapLink,
    MapRoute,
    MapStop,
    draw,
)
from reconciler.publish.view import View
from reconciler.text import counted, enumerated, natural, visible

MOST_NAMES = 300
"""How many names a page draws and lists; the script shows the others from `/v1/portmap/joined`."""
MOST_IN_PICTURE = 60
_OPEN_UP_TO = 40
"""With more names than this, only broken paths are unfolded."""
_COLUMN: Mapping[str, int] = {
    "entry": 1, "target": 2, "host": 3, "bridge": 4, "interface": 4, "nic": 5, "switch-port": 6, "wlan": 6,
}  # fmt: skip
_REMEDIES: Mapping[str, str] = {
    "target": "Point the entry at an address, or add a DNS record for that name to the controller.",
    "host": "Correct the address in the proxy host or forward, reserve it, or declare it.",
    "bridge": "Set the address of the guest in cloud-init or reserve it; "
    "reconciler doctor lists the rights that a token lacks.",
    "interface": "Run reconciler doctor: it lists the rights that a token lacks.",
    "switch-port": "Declare the cables of the node.",
}
_Depends = Mapping[str, Sequence[str]]
"""Hop → the names that lead through it."""


class MapStep(NamedTuple):
    """One step of a path, as the table shows it."""

    thing: NamedThing
    confidence: str
    names: int
    """How many names lead through it."""
    reverse: str
    """Link to all names that lead through it."""
    reason: str | None


class MapPath(NamedTuple):
    """A row of the table."""

    number: int
    name: str
    link: str
    entry: str
    enabled: bool
    cells: tuple[tuple[MapStep, ...], ...]
    """The steps in each column after the name."""
    reason: str | None
    """Why a step is not known; None for a path that is complete."""
    remedy: str | None
    edit: str | None
    """Link to the editor of what declares the missing step."""


class MapSection(NamedTuple):
    """The names that lead to one node, with their picture."""

    title: str
    names: int
    drawn: int
    drawing: MapDrawing
    description: str
    open: bool


def port_map(view: View) -> Mapping[str, object]:
    """Return the pictures and the table, broken paths first."""
    document = require(view.site.portmap)
    found: Any = document.get("paths", ())
    depends: Any = document.get("depends", {})
    paths = sorted(found, key=lambda path: (path["complete"], natural(path["name"]), path["entry"]))
    shown = [_path(view, number, path, depends) for number, path in enumerate(paths[:MOST_NAMES])]
    return {
        "columns": [title for title, _ in COLUMNS],
        "total": len(paths),
        "broken": [path for path in shown if path.reason is not None],
        "broken_total": sum(not path["complete"] for path in paths),
        "paths": shown,
        "sections": list(_sections(view, paths, depends)),
        "edit_cables": view.repository.edit_kind("site", "cable"),
        "edit_addresses": view.repository.edit_kind("site", "address"),
    }


def _path(view: View, number: int, path: DocumentRow, depends: _Depends) -> MapPath:
    cells: list[list[MapStep]] = [[] for _ in COLUMNS[1:]]
    missing = next((edge for edge in path["edges"] if edge["hop"] is None), None)
    for edge in path["edges"]:
        if edge["step"] in _COLUMN:
            cells[_COLUMN[edge["step"]] - 1].append(_step(view, path, edge, depends))
    kind = {"switch-port": "cable", "host": "address"}.get(missing["step"] if missing else "")
    return MapPath(
        number=number,
        name=visible(path["name"]),
        link=anchor("name", path["name"]),
        entry=path["entry"],
        enabled=path["enabled"],
        cells=tuple(map(tuple, cells)),
        reason=missing and visible(missing["reason"], 300),
        remedy=_REMEDIES.get(missing["step"]) if missing else None,
        edit=view.repository.edit_kind("site", kind) if kind else None,
    )


def _step(view: View, path: DocumentRow, edge: DocumentRow, depends: _Depends) -> MapStep:
    hop = edge["hop"]
    if hop is None:
        return MapStep(NamedThing("unknown", None), "missing", 0, "", visible(edge["reason"], 300))
    names = len(depends.get(hop, ()))
    return MapStep(_thing(view, edge), edge["confidence"], names, _reverse(path, edge, depends), None)


def _reverse(path: DocumentRow, edge: DocumentRow, depends: _Depends) -> str:
    """Return the link to all names that lead through a step; a port goes by its switch and number."""
    hop: str = edge["hop"]
    if edge["step"] == "switch-port":
        return anchor("port", Key.parse(hop).id)
    return anchor("hop", hop) if len(depends.get(hop, ())) > 1 else anchor("name", path["name"])


def _thing(view: View, edge: DocumentRow) -> NamedThing:
    thing = named_thing(view, edge["hop"]) if edge["key"] else NamedThing(visible(edge["hop"]), None)
    return thing._replace(text=f"{thing.text} VLAN {edge['vlan']}") if edge.get("vlan") else thing


def _sections(view: View, paths: Sequence[DocumentRow], depends: _Depends) -> Iterator[MapSection]:
    """Yield broken paths in one section, then the others by the node or device that they lead to."""
    groups: dict[tuple[bool, str], list[tuple[int, DocumentRow]]] = {}
    for number, path in enumerate(paths):
        title = _place(view, path) if path["complete"] else "Broken paths"
        groups.setdefault((path["complete"], title), []).append((number, path))
    for complete, title in sorted(groups, key=lambda each: (each[0], natural(each[1]))):
        own = groups[complete, title]
        listed = [each for each in own if each[0] < MOST_NAMES][:MOST_IN_PICTURE]
        routes = [_route(view, number, path, depends) for number, path in listed]
        yield MapSection(
            title=title,
            names=len(own),
            drawn=len(routes),
            drawing=draw(routes),
            description=_description(routes),
            open=not complete or len(paths) <= _OPEN_UP_TO,
        )


def _place(view: View, path: DocumentRow) -> str:
    """Return where a path leads: its node; else what has its address."""
    for edge in path["edges"]:
        if edge["step"] in {"bridge", "interface", "nic"} and edge["hop"]:
            node = edge["hop"].rpartition("/")[2].partition(":")[0]
            return f"Node {visible(node)}"
    kind = Key.parse(path["holder"]).kind if path["holder"] else ""
    return {"network": "Gateways", "device": "Network devices", "client": "Clients"}.get(kind, "Other hosts")


def _route(view: View, number: int, path: DocumentRow, depends: _Depends) -> MapRoute:
    """Return a path as stops and links; steps of other versions of the tool are left out."""
    stops = [MapStop(0, path["name"], visible(path["name"]), anchor("name", path["name"]))]
    at = {path["name"]: stops[0].place}
    links = []
    for edge in path["edges"]:
        if edge["step"] not in _COLUMN:
            continue
        stop = _stop(view, path, edge, depends)
        start = at.get(edge["from"], stops[-1].place)
        stops.append(stop)
        if edge["hop"] is not None:
            at[edge["hop"]] = stop.place
        links.append(MapLink(start, stop.place, edge["confidence"]))
    return MapRoute(number, tuple(stops), tuple(links))


def _stop(view: View, path: DocumentRow, edge: DocumentRow, depends: _Depends) -> MapStop:
    column = _COLUMN[edge["step"]]
    if edge["hop"] is None:
        reason = visible(edge["reason"], 300)
        return MapStop(column, f"? {reason}", reason, anchor("q", reason), is_missing=True)
    vlan = f" {edge['vlan']}" if edge.get("vlan") else ""
    return MapStop(column, f"{edge['hop']}{vlan}", _thing(view, edge).text, _reverse(path, edge, depends))


def _description(routes: Iterable[MapRoute]) -> str:
    """Return what the picture shows, in words, for who cannot see it."""
    names = [route.stops[0].text for route in routes]
    last = len(COLUMNS) - 1
    ends = dict.fromkeys(stop.text for route in routes for stop in route.stops if stop.column == last)
    to = f", leading to {enumerated(list(ends))}" if ends else ""
    return f"{counted(len(names), 'name')}: {enumerated(names)}{to}"
