"""Capacity: what nodes have, what guests are assigned, and which guests fit nowhere without a node."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from typing import Any, NamedTuple

from reconciler.isolation import require
from reconciler.model.key import Key
from reconciler.publish.documents.history import history_data
from reconciler.publish.pages.bars import AmountBar, bar, size
from reconciler.publish.pages.day_chart import BAR, STEP
from reconciler.publish.pages.named_thing import DocumentRow, NamedThing, named_thing
from reconciler.publish.view import View
from reconciler.site.capacity import disks
from reconciler.site.guest_rows import GuestRow

MOST_GUESTS = 20
MOST_HOMELESS = 8
MOST_NODES = 200
MOST_DAYS = 92
FEWEST_DAYS = 2
TALL = 60
"""Height of the picture of the trend."""


class ShownAmount(NamedTuple):
    """A bar with the numbers beside it."""

    bar: AmountBar
    text: str


class NodeWithout(NamedTuple):
    """The loss of one node."""

    node: NamedThing
    lacking: str | None
    """How much memory the others lack; None: its guests fit."""
    homeless: int
    """How many guests fit nowhere."""
    guests: tuple[NamedThing, ...]
    """The first of them."""


class ShownNode(NamedTuple):
    """A node with its bars."""

    node: NamedThing
    guests: int
    running: int
    as_of: str
    memory: ShownAmount
    cores: ShownAmount
    without: NodeWithout | None
    """None: it is offline, or its memory is not known."""
    findings: tuple[str, ...]


class ShownStorage(NamedTuple):
    """A storage with what the disks of guests on it add up to."""

    storage: NamedThing
    assigned: ShownAmount
    nodes: str


class ShownGuest(NamedTuple):
    """One of the largest guests."""

    guest: NamedThing
    node: str
    power: str
    memory: ShownAmount
    cores: str
    disks: str


class DayMemory(NamedTuple):
    """One day of the trend."""

    x: int
    assigned: float
    """Height of the bar."""
    physical: float
    """Height of the line above it."""
    title: str


class MemoryTrend(NamedTuple):
    """The memory of the site by day."""

    bars: tuple[DayMemory, ...]
    width: int
    text: str
    height: int = TALL + 2
    bar: int = BAR


def capacity(view: View) -> Mapping[str, object]:
    """Return the bars of nodes, storages and the largest guests."""
    document: Any = require(view.site.capacity)
    rows = document.get("nodes", ())
    losses = {
        row["node"]: _without(view, row)
        for cluster in document.get("clusters", {}).values()
        for row in cluster["without"]
    }
    return {
        "nodes": list(_nodes(view, rows[:MOST_NODES], losses)),
        "total": len(rows),
        "tight": [each for each in losses.values() if each.lacking],
        "judged": len(losses),
        "storages": list(_storages(view, rows)),
        "guests": list(_guests(view)),
        "incomplete": document.get("incomplete"),
        "trend": _trend(view),
    }


def _trend(view: View) -> MemoryTrend | None:
    """Return the memory by day; None where fewer than two days are known."""
    days = [day for day in reversed(history_data(view).days[:MOST_DAYS]) if day.memory is not None]
    known = [(day.date, day.memory) for day in days if day.memory is not None]
    if len(known) < FEWEST_DAYS:
        return None
    (_, first), (_, last) = known[0], known[-1]
    scale = max(max(each.assigned_mib, each.physical_mib) for _, each in known)
    bars = tuple(
        DayMemory(
            number * STEP,
            _tall(each.assigned_mib, scale),
            _tall(each.physical_mib, scale),
            f"{date}: {size(each.assigned_mib)} of {size(each.physical_mib)} assigned",
        )
        for number, (date, each) in enumerate(known)
    )
    grown = last.assigned_mib - first.assigned_mib
    words = "as much as" if not grown else f"{size(abs(grown))} {'more' if grown > 0 else 'less'} than"
    share = f", {100 * last.assigned_mib // last.physical_mib} % of the nodes" if last.physical_mib else ""
    text = f"Running guests are assigned {size(last.assigned_mib)}{share}, {words} on {known[0][0]}."
    return MemoryTrend(bars, len(known) * STEP, text)


def _tall(mib: int, scale: int) -> float:
    return round(mib / scale * TALL, 1) if scale else 0.0


def _without(view: View, row: DocumentRow) -> NodeWithout:
    lacking = row["lacking"]["memory_mib"]
    homeless = row["would_not_fit"]
    guests = tuple(named_thing(view, each) for each in homeless[:MOST_HOMELESS])
    return NodeWithout(
        named_thing(view, row["node"]), size(lacking) if homeless else None, len(homeless), guests
    )


def _nodes(view: View, rows: Sequence[DocumentRow], losses: Mapping[str, NodeWithout]) -> Iterator[ShownNode]:
    """Yield each node; all bars of one kind have one scale, so that nodes compare."""
    memory = max((_most(row, "memory_mib") for row in rows), default=0)
    cores = max((_most(row, "cpus") for row in rows), default=0)
    for row in rows:
        allocated, key = row["allocated"], Key.parse(row["node"])
        titles = (each["title"] for each in view.findings.get(key, ()) if each["type"] == "over-commit")
        yield ShownNode(
            node=named_thing(view, key),
            guests=allocated["all"]["guests"],
            running=allocated["running"]["guests"],
            as_of=row["as_of"],
            memory=_memory(row, memory),
            cores=_cores(row, cores),
            without=losses.get(row["node"]),
            findings=tuple(map(str, titles)),
        )


def _most(row: DocumentRow, name: str) -> float:
    physical: float | None = row["physical"]["memory_mib" if name == "memory_mib" else "threads"]
    assigned: float = row["allocated"]["all"][name]
    return max(physical or 0, assigned)


def _amounts(row: DocumentRow, name: str) -> Iterable[tuple[float, str]]:
    """Return what running guests are assigned, and what those that are stopped would add."""
    running, every = row["allocated"]["running"][name], row["allocated"]["all"][name]
    return (running, "running"), (every - running, "stopped")


def _memory(row: DocumentRow, scale: float) -> ShownAmount:
    has, used = row["physical"]["memory_mib"], row["used"]["memory_mib"]
    (running, _), (stopped, _) = _amounts(row, "memory_mib")
    text = f"{size(running)} of {'an unknown size' if has is None else size(has)} assigned"
    text += f", {size(stopped)} more if all guests run" if stopped else ""
    text += "" if used is None else f", {size(used)} in use"
    return ShownAmount(bar(_amounts(row, "memory_mib"), scale, has, used), text)


def _cores(row: DocumentRow, scale: float) -> ShownAmount:
    has, running = row["physical"]["threads"], row["allocated"]["running"]["cpus"]
    text = f"{running:g} virtual CPUs on {'an unknown number of' if has is None else has} threads"
    return ShownAmount(bar(_amounts(row, "cpus"), scale, has, is_hard=False), text)


def _storages(view: View, nodes: Iterable[DocumentRow]) -> Iterator[ShownStorage]:
    """Yield each storage that has disks of guests, the fullest first."""
    assigned: dict[Key, dict[str, int]] = {}
    for row in nodes:
        node = Key.parse(row["node"])
        for name, mib in row["allocated"]["storages_mib"].items():
            assigned.setdefault(Key(node.source, "storage", name), {})[node.id] = mib
    totals = {key: sum(own.values()) for key, own in assigned.items()}
    scale = max(totals.values(), default=0)
    for key in sorted(totals, key=lambda each: (-totals[each], each)):
        nodes_of = ", ".join(f"{node} {size(mib)}" for node, mib in sorted(assigned[key].items()))
        amount = ShownAmount(bar([(totals[key], "running")], scale), size(totals[key]))
        yield ShownStorage(named_thing(view, key), amount, nodes_of)


def _guests(view: View) -> Iterator[ShownGuest]:
    """Yield the guests with the most memory."""
    fields = {key: entry["fields"] for key, entry in view.entries.items() if key.kind == "guest"}
    known = {key: each for key, each in fields.items() if isinstance(each, dict)}
    rows = dict(zip(known, GuestRow.of_rows(known.values()), strict=True))
    largest = nsmallest(MOST_GUESTS, rows, key=lambda key: (rows[key].template, -rows[key].memory, key))
    scale = max((rows[key].memory for key in largest), default=0)
    for key in largest:
        row = rows[key]
        cores = "all" if row.cores is None else str(row.cores * (row.sockets or 1))
        yield ShownGuest(
            guest=named_thing(view, key),
            node=row.node,
            power="template" if row.template else row.power or "unknown",
            memory=ShownAmount(bar([(row.memory, "running")], scale), size(row.memory)),
            cores=cores,
            disks=size(sum(mib for _, mib in disks(row))),
        )
