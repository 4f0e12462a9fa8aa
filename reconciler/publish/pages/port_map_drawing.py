"""The picture of some paths of the port map: boxes in columns, joined by curves.

A pure function of the paths. Each column is ordered by the mean of its neighbours, and each box stands as
near to the middle of those on its left as the boxes above and below allow, so that few curves cross.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from statistics import fmean
from typing import NamedTuple

from reconciler.text import natural

COLUMNS: tuple[tuple[str, int], ...] = (
    ("Name", 200),
    ("Proxy or forward", 170),
    ("Address", 170),
    ("Host", 150),
    ("Bridge and VLAN", 170),
    ("NIC", 120),
    ("Switch port", 170),
)
"""Title and width of each column, from the public name to the switch port."""

_GAP, _ROW, _HEIGHT, _HEAD = 44, 28, 22, 26
_LETTER = 7.0
"""The width of a letter, about; East Asian wide ones have twice that."""
_SWEEPS = 3

_StopPlace = tuple[int, str]
"""Column and id of a stop: two paths that share it lead through one box."""


class MapStop(NamedTuple):
    """One thing that a path leads through."""

    column: int
    id: str
    text: str
    link: str = ""
    """Link to all names that lead through it."""
    is_missing: bool = False

    @property
    def place(self) -> _StopPlace:
        """Return what makes it one box with the same stop of other paths."""
        return self.column, self.id


class MapLink(NamedTuple):
    """One step of a path, from one of its stops to another."""

    start: _StopPlace
    end: _StopPlace
    confidence: str


class MapRoute(NamedTuple):
    """The path of one name: its stops, and how they are joined."""

    number: int
    stops: tuple[MapStop, ...]
    links: tuple[MapLink, ...]


class MapBox(NamedTuple):
    """A stop in the picture."""

    stop: MapStop
    x: int
    y: int
    width: int
    height: int
    label: str
    """Its text, cut to the width of the box."""
    routes: tuple[int, ...]


class MapCurve(NamedTuple):
    """A step in the picture."""

    line: str
    """The `d` of an SVG path."""
    confidence: str
    routes: tuple[int, ...]
    leads_nowhere: bool


class MapDrawing(NamedTuple):
    """A picture of some paths."""

    width: int
    height: int
    heads: tuple[tuple[int, str], ...]
    """Where the title of each column stands."""
    boxes: tuple[MapBox, ...]
    curves: tuple[MapCurve, ...]


def draw(routes: Iterable[MapRoute]) -> MapDrawing:
    """Return the picture of paths; the same paths in another order give the same one."""
    every = sorted(routes, key=_from_the_end)
    stops = {stop.place: stop for route in every for stop in route.stops}
    links: dict[tuple[_StopPlace, _StopPlace], tuple[str, list[int]]] = {}
    for route in every:
        for link in route.links:
            links.setdefault((link.start, link.end), (link.confidence, []))[1].append(route.number)
    through: dict[_StopPlace, set[int]] = {}
    for route in every:
        for stop in route.stops:
            through.setdefault(stop.place, set()).add(route.number)
    heights = _heights(_ordered(stops, links), _neighbours(links, 1))
    boxes = {place: _box(stop, heights[place], sorted(through[place])) for place, stop in stops.items()}
    curves = tuple(
        MapCurve(_line(boxes[start], boxes[end]), how, tuple(sorted(set(own))), stops[end].is_missing)
        for (start, end), (how, own) in sorted(links.items())
    )
    return MapDrawing(
        width=_left_of(len(COLUMNS)) - _GAP,
        height=max((box.y + box.height for box in boxes.values()), default=0) + 2,
        heads=tuple((_left_of(column), title) for column, (title, _) in enumerate(COLUMNS)),
        boxes=tuple(boxes[place] for place in sorted(boxes, key=lambda each: (each[0], boxes[each].y))),
        curves=curves,
    )


def fitting(text: str, width: float) -> str:
    """Return a text cut to a width in pixels, with an ellipsis where something is missing."""
    room, ends = width / _LETTER, list(accumulate(map(_width, text)))
    if not ends or ends[-1] <= room:
        return text
    return text[: sum(end <= room - 1 for end in ends)].rstrip() + "…"


def _width(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _from_the_end(route: MapRoute) -> tuple[object, ...]:
    """Sort key: what ends at one switch port, comes through one NIC … stands together."""
    stops = sorted(route.stops, key=lambda stop: (-stop.column, natural(stop.text), stop.id))
    return (*((-stop.column, natural(stop.text), stop.id) for stop in stops), (0, (), ""), route.number)


def _neighbours(
    links: Iterable[tuple[_StopPlace, _StopPlace]], side: int
) -> Mapping[_StopPlace, list[_StopPlace]]:
    """Return what each box is joined to: on its left (1), or on its right (0)."""
    found: dict[_StopPlace, list[_StopPlace]] = {}
    for link in links:
        found.setdefault(link[side], []).append(link[1 - side])
    return found


def _ordered(
    stops: Mapping[_StopPlace, MapStop], links: Iterable[tuple[_StopPlace, _StopPlace]]
) -> Sequence[list[_StopPlace]]:
    """Return the boxes of each column from top to bottom."""
    columns: list[list[_StopPlace]] = [[] for _ in COLUMNS]
    for place in stops:
        columns[place[0]].append(place)
    left, right = _neighbours(links, 1), _neighbours(links, 0)
    for sweep in range(2 * _SWEEPS):
        near = right if sweep % 2 == 0 else left
        index = {place: at for column in columns for at, place in enumerate(column)}
        for column in reversed(columns) if sweep % 2 == 0 else columns:
            mean = {
                place: fmean(index[each] for each in near[place]) if place in near else index[place]
                for place in column
            }
            column.sort(key=mean.__getitem__)
            index |= {place: at for at, place in enumerate(column)}
    return columns


def _heights(
    columns: Sequence[Sequence[_StopPlace]], left: Mapping[_StopPlace, Sequence[_StopPlace]]
) -> Mapping[_StopPlace, int]:
    """Return the upper edge of each box, the highest at the top of the picture."""
    heights: dict[_StopPlace, int] = {}
    for column in columns:
        wished = [
            fmean(heights[each] for each in left[place]) if place in left else at * _ROW
            for at, place in enumerate(column)
        ]
        heights |= dict(zip(column, _apart(wished), strict=True))
    top = min(heights.values(), default=0)
    return {place: height - top + _HEAD for place, height in heights.items()}


def _apart(wished: Sequence[float]) -> list[int]:
    """Return heights in the same order, a row apart at least, as near to those wished as possible.

    Least squares under an order: neighbours that are too near share the mean of what they wish.
    """
    blocks: list[tuple[float, int]] = []
    for at, height in enumerate(wished):
        mean, size = height - at * _ROW, 1
        while blocks and blocks[-1][0] > mean:
            other, others = blocks.pop()
            mean, size = (mean * size + other * others) / (size + others), size + others
        blocks.append((mean, size))
    starts = [round(mean) for mean, size in blocks for _ in range(size)]
    return [start + at * _ROW for at, start in enumerate(starts)]


def _left_of(column: int) -> int:
    return sum(width + _GAP for _, width in COLUMNS[:column])


def _box(stop: MapStop, height: int, routes: Iterable[int]) -> MapBox:
    width = COLUMNS[stop.column][1]
    label = fitting(stop.text, width - 14)
    return MapBox(stop, _left_of(stop.column), height, width, _HEIGHT, label, tuple(routes))


def _line(start: MapBox, end: MapBox) -> str:
    x, y = start.x + start.width, start.y + start.height // 2
    to_x, to_y = end.x, end.y + end.height // 2
    middle = (x + to_x) // 2
    return f"M{x} {y}C{middle} {y} {middle} {to_y} {to_x} {to_y}"
