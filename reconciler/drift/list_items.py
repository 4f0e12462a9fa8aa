"""The items of a list that came, went, changed or moved between what is declared and what is live.

Content is compared by DeepDiff; order by the longest run of common items that kept theirs: no mode of
DeepDiff shows an insertion and a move correctly.
"""

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from reconciler.model.findings import ItemChange

_MOST = 200
"""Items of a list above which only added and removed ones are shown: pairing changed ones is quadratic."""

Pair = tuple[int, int]


def list_items(desired: Sequence[object], live: Sequence[object]) -> tuple[ItemChange, ...]:
    """Return the items that differ, in the order of the live list, removed ones after them."""
    same = _same(desired, live)
    gone = sorted(set(range(len(desired))) - {left for left, _ in same})
    new = sorted(set(range(len(live))) - {right for _, right in same})
    if max(len(desired), len(live)) > _MOST:
        return (*_added(live, new), *_removed(desired, gone))
    changed = _changed(desired, live, gone, new)
    paired_left, paired_right = {left for left, _ in changed}, {right for _, right in changed}
    found = [
        *_added(live, [each for each in new if each not in paired_right]),
        *(_both("changed", desired, live, pair) for pair in changed),
        *(_both("moved", desired, live, pair) for pair in _moved([*same, *changed])),
    ]
    found.sort(key=lambda item: (item.live_index or 0, item.what))
    return (*found, *_removed(desired, [each for each in gone if each not in paired_left]))


def _same(desired: Sequence[object], live: Sequence[object]) -> list[Pair]:
    """Return the positions of equal items, each item once, first with first."""
    places: dict[str, list[int]] = {}
    for index, item in enumerate(live):
        places.setdefault(_text(item), []).append(index)
    found: list[Pair] = []
    for index, item in enumerate(desired):
        free = places.get(_text(item))
        if free:
            found.append((index, free.pop(0)))
    return found


def _text(item: object) -> str:
    return json.dumps(item, sort_keys=True)


def _changed(
    desired: Sequence[object], live: Sequence[object], gone: list[int], new: list[int]
) -> list[Pair]:
    """Return the positions of objects that are one item with other members, as DeepDiff pairs them."""
    old = [desired[index] for index in gone]
    now = [live[index] for index in new]
    if not old or not now or not all(isinstance(item, dict) for item in (*old, *now)):
        return []
    from deepdiff import DeepDiff

    difference = DeepDiff(
        old,
        now,
        view="tree",
        ignore_order=True,
        report_repetition=True,
        ignore_private_variables=False,
        cutoff_distance_for_pairs=0.7,
        cutoff_intersection_for_pairs=1,
    )
    pairs: dict[int, int] = {}
    for kind, levels in difference.items():
        if kind in {"iterable_item_added", "iterable_item_removed", "repetition_change"}:
            continue
        for level in levels:
            left = level.path(output_format="list")[0]
            right = level.path(output_format="list", use_t2=True)[0]
            if right not in pairs.values():
                pairs.setdefault(left, right)
    return [(gone[left], new[right]) for left, right in sorted(pairs.items())]


def _moved(pairs: list[Pair]) -> list[Pair]:
    """Return the fewest common items without which the others are in the same order on both sides."""
    pairs = sorted(pairs)
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (_, right) in enumerate(pairs):
        at = bisect_left(tails, right)
        before.append(ends[at - 1] if at else -1)
        tails[at : at + 1] = [right]
        ends[at : at + 1] = [number]
    kept: set[int] = set()
    number = ends[-1] if ends else -1
    while number >= 0:
        kept.add(number)
        number = before[number]
    return [pair for number, pair in enumerate(pairs) if number not in kept]


def _both(what: str, desired: Sequence[object], live: Sequence[object], pair: Pair) -> ItemChange:
    left, right = pair
    return ItemChange.model_validate(
        {
            "what": what,
            "desired": desired[left],
            "live": live[right],
            "desired_index": left,
            "live_index": right,
        }
    )


def _added(live: Sequence[object], indexes: Sequence[int]) -> Iterator[ItemChange]:
    for index in indexes:
        yield ItemChange.model_validate({"what": "added", "live": live[index], "live_index": index})


def _removed(desired: Sequence[object], indexes: Sequence[int]) -> Iterator[ItemChange]:
    for index in indexes:
        yield ItemChange.model_validate(
            {"what": "removed", "desired": desired[index], "desired_index": index}
        )
