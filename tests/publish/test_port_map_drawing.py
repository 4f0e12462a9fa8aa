"""The picture of the port map: boxes that do not overlap, curves that end at their boxes."""

import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.publish.pages.port_map_drawing import COLUMNS, MapLink, MapRoute, MapStop, draw, fitting

QUICK = settings(max_examples=60)
NAMES = st.sampled_from(["a", "b10", "b9", "é", "箱", "x" * 300, "", " "])


@st.composite
def routes(draw_):
    """Paths as any site may have them: shared stops, skipped columns, several NICs and ports, dead ends."""
    found = []
    for number in range(draw_(st.integers(0, 12))):
        stops, links = [MapStop(0, f"name {number}", draw_(NAMES), "#name=x")], []
        before = stops
        for column in range(1, len(COLUMNS)):
            ids = draw_(st.lists(st.integers(0, 4), unique=True, max_size=3 if column > 4 else 1))
            now = [MapStop(column, f"{column}.{each}", f"t{each}", "#q=t", each == 4) for each in ids]
            starts = draw_(st.lists(st.sampled_from(before), min_size=len(now), max_size=len(now)))
            links += [
                MapLink(start.place, stop.place, "observed") for start, stop in zip(starts, now, strict=True)
            ]
            stops, before = [*stops, *now], now or before
        found.append(MapRoute(number, tuple(stops), tuple(links)))
    return found


@QUICK
@given(routes())
def test_boxes_do_not_overlap_and_lie_in_the_picture(paths):
    drawing = draw(paths)
    assert Counter(box.stop.place for box in drawing.boxes) == Counter(
        {stop.place for route in paths for stop in route.stops}
    )
    for box in drawing.boxes:
        assert 0 <= box.x <= box.x + box.width <= drawing.width
        assert 0 <= box.y <= box.y + box.height <= drawing.height
        for other in drawing.boxes:
            if other is not box and other.x < box.x + box.width and box.x < other.x + other.width:
                assert abs(other.y - box.y) > box.height


@QUICK
@given(routes())
def test_every_curve_leads_from_the_right_of_a_box_to_the_left_of_another(paths):
    drawing = draw(paths)
    ends: Any = {(box.x, box.y + box.height // 2): box for box in drawing.boxes}
    starts: Any = {(box.x + box.width, box.y + box.height // 2): box for box in drawing.boxes}
    found = set()
    for curve in drawing.curves:
        numbers = [int(each) for each in re.findall(r"\d+", curve.line)]
        assert len(numbers) == 8, "a move, and a Bézier curve"
        start, end = starts[tuple(numbers[:2])], ends[tuple(numbers[-2:])]
        assert start.stop.column < end.stop.column
        assert set(curve.routes) <= {*start.routes} & {*end.routes}
        assert curve.leads_nowhere == end.stop.is_missing
        found |= {(route, start.stop.place, end.stop.place) for route in curve.routes}
    assert found == {(path.number, link.start, link.end) for path in paths for link in path.links}


@QUICK
@given(routes(), st.randoms())
def test_the_order_of_paths_does_not_matter(paths, dice):
    mixed = list(paths)
    dice.shuffle(mixed)
    assert draw(mixed) == draw(paths)


def test_paths_that_end_at_one_port_stand_together():
    def route(number, port):
        name, end = MapStop(0, f"n{number}", f"n{number}"), MapStop(6, port, port)
        return MapRoute(number, (name, end), (MapLink(name.place, end.place, "declared"),))

    drawing = draw(route(number, "port 2" if number % 2 else "port 10") for number in range(6))
    assert [box.routes for box in drawing.boxes if box.stop.column == 0] == [
        (1,),
        (3,),
        (5,),
        (0,),
        (2,),
        (4,),
    ]
    assert [box.stop.text for box in drawing.boxes if box.stop.column == 6] == ["port 2", "port 10"]
    crossed = [re.findall(r"\d+", curve.line) for curve in drawing.curves]
    assert sorted(crossed, key=lambda each: int(each[1])) == sorted(
        crossed, key=lambda each: (int(each[7]), int(each[1]))
    ), "no two curves cross"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short", "short"),
        ("a longer name", "a longer…"),
        ("箱箱箱箱箱箱", "箱箱箱箱…"),
        ("e\u0301" * 10, "e\u0301" * 10),
        ("", ""),
    ],
)
def test_a_text_is_cut_to_its_box(text, expected):
    assert fitting(text, 72) == expected


def test_no_paths_are_an_empty_picture():
    drawing = draw([])
    assert (drawing.boxes, drawing.curves) == ((), ())
