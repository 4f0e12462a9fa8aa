"""`reconciler what-if`: what an outage would cost, and what a resource depends on."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from reconciler.cli import answers
from reconciler.cli.context import Context, pass_context

if TYPE_CHECKING:
    from reconciler.jobs.what_if import WhatIf
    from reconciler.model.key import Key
    from reconciler.site.outage.needs import Need
    from reconciler.site.outage.outage import Outage

_MOST = 8
"""Names on a line; the rest is counted, and `--format json` has all."""


@click.command("what-if")
@click.option(
    "--down",
    multiple=True,
    metavar="KEY",
    help="A node, guest, storage, network, device or switch port that is down; can be repeated.",
)
@click.option(
    "--needs", multiple=True, metavar="KEY", help="Show what a resource depends on; can be repeated."
)
@answers.format_option
@pass_context
def command(context: Context, down: tuple[str, ...], needs: tuple[str, ...], answer_format: str) -> int:
    """Show what is lost while something is down, and what a resource depends on.

    The answer comes from the last recorded run; nothing is read from the sources. KEY is a resource key
    such as pve/node/r630-01, or an id or name that only one resource has.
    """
    from reconciler import files
    from reconciler.jobs.what_if import what_if

    if not (down or needs):
        message = "name what is down with --down KEY, or what to explain with --needs KEY"
        raise click.UsageError(message)
    with context.progress() as progress:
        found = what_if(context.config(), down, needs, progress)
    if answer_format == "json":
        click.echo(files.canonical(_document(found)).decode(), nl=False)
    else:
        for line in _lines(found):
            click.echo(line)
    return 0


def _lines(found: "WhatIf") -> Iterator[str]:
    from reconciler.model.value import timestamp

    if found.outage is not None:
        yield from _of_outage(found, found.outage)
    for key, needs in found.needs.items():
        yield _named(found, key)
        yield from _tree(found, needs, 1) if needs else ["  depends on nothing that is known"]
    for why in found.incomplete:
        yield _safe(f"incomplete: {why}")
    moment = timestamp(found.collected_at)[:16].replace("T", " ")
    yield f"as recorded at {moment} UTC (run {found.run_id})"


def _of_outage(found: "WhatIf", lost: "Outage") -> Iterator[str]:
    from reconciler.text import counted

    parts = lost.parts
    yield f"down: {_list(found, parts.asked)}"
    ports = [key for key in parts.hanging if key.kind == "switch-port"]
    also = [*(key for key in parts.hanging if key.kind != "switch-port"), *parts.storages]
    if also or ports:
        count = [counted(len(ports), "switch port")] if ports else []
        yield f"goes down with it: {', '.join([*([_list(found, also)] if also else []), *count])}"
    for source in lost.without_quorum:
        yield f"{source} loses its quorum: nothing starts again, and guests cannot be changed"
    away = sum(1 for key in parts.stopped if key not in parts.asked)
    again = sum(1 for each in parts.placed.values() if each.node)
    if away or again or any(key.kind != "guest" for key in parts.asked):
        yield _stopping(away, again)
    yield from _failover(found, lost)
    yield from _reasons(found, lost)
    whole = [key for key, cut in parts.cut.items() if cut.whole]
    some = [key for key, cut in parts.cut.items() if not cut.whole]
    lines = (
        ("nodes without a network (HA fences them)", lost.nodes),
        ("cut off from the network", whole),
        ("lose one of their networks", some),
        ("names lost", lost.names),
        ("names interrupted until their guest is started again", lost.interrupted),
        ("addresses lost", lost.addresses),
        ("guests without a backup meanwhile", lost.backups),
        ("cannot be read meanwhile", lost.unread),
        ("no routing between networks, and no internet", lost.gateways),
    )
    for title, items in lines:
        if items:
            yield f"{title}: {_list(found, items)}"
    if lost.clients:
        yield f"clients disconnected: {lost.clients}"


def _stopping(away: int, again: int) -> str:
    from reconciler.text import counted

    if not (away or again):
        return "no guest stops"
    stop = "stops" if away + again == 1 else "stop"
    by_ha = f": HA starts {again} again, {away} {'stays' if away == 1 else 'stay'} down" if again else ""
    return f"{counted(away + again, 'guest')} {stop}{by_ha}"


def _failover(found: "WhatIf", lost: "Outage") -> Iterator[str]:
    """Yield where high availability starts guests again, a line for each node."""
    nodes: dict[str, list[Key]] = {}
    for key, placement in lost.parts.placed.items():
        if placement.node is not None:
            nodes.setdefault(f"{key.source}/node/{placement.node}", []).append(key)
    ratios = {str(key): ratio for key, ratio in lost.memory.items()}
    for node, guests in sorted(nodes.items()):
        share = f", then at {round(100 * ratios[node])} % of its memory" if node in ratios else ""
        small = [key for key in guests if key in lost.too_small]
        short = f"; it lacks the memory for {_list(found, small)}" if small else ""
        yield f"  HA starts on {node}{share}: {_list(found, guests)}{short}"


def _reasons(found: "WhatIf", lost: "Outage") -> Iterator[str]:
    """Yield the guests that stay down, those with one reason together."""
    together: dict[str, list[Key]] = {}
    for key, by in lost.parts.stopped.items():
        if key not in lost.parts.asked:
            placement = lost.parts.placed.get(key)
            why = placement.reason if placement is not None else f"needs {by}"
            together.setdefault(why, []).append(key)
    for why, keys in together.items():
        yield _safe(f"  stay down ({why}): ") + _list(found, keys)


def _tree(found: "WhatIf", needs: Iterable["Need"], depth: int) -> Iterator[str]:
    for need in needs:
        yield f"{'  ' * depth}{_safe(need.role)}: {_named(found, need.key)}"
        yield from _tree(found, need.needs, depth + 1)


def _list(found: "WhatIf", items: Iterable[object]) -> str:
    """Return items on one line, with a count in place of those that are too many."""
    from reconciler.text import natural

    every = [_named(found, each) for each in sorted(items, key=lambda each: natural(str(each)))]
    more = f" and {len(every) - _MOST} more (--format json lists all)" if len(every) > _MOST else ""
    return ", ".join(every[:_MOST]) + more


def _named(found: "WhatIf", item: object) -> str:
    """Return a resource for people: a guest by name and id, others by key and name."""
    from reconciler.model.key import Key

    name = found.names.get(item) if isinstance(item, Key) else None
    if not isinstance(item, Key) or name is None:
        return _safe(str(item))
    return _safe(f"{name} ({item.id})" if item.kind == "guest" else f"{item} ({name})")


def _safe(text: str) -> str:
    from reconciler.report.escape import escape_terminal

    return escape_terminal(text, 300)


def _document(found: "WhatIf") -> dict[str, object]:
    from reconciler.model.snapshot import SCHEMA_VERSION
    from reconciler.model.value import timestamp
    from reconciler.site.outage.document import need_document, outage_document

    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": found.run_id,
        "collected_at": timestamp(found.collected_at),
        "outage": None if found.outage is None else outage_document(found.outage),
        "needs": {str(key): [need_document(need) for need in needs] for key, needs in found.needs.items()},
        "incomplete": list(found.incomplete),
    }
