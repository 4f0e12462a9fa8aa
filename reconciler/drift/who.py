"""Who may have made a change: entries of the source's log since it was last read, as evidence.

An entry about the very resource goes before one that does not name what it is about; a rule that begins to
fire is explained only by one about its resource. A finding keeps its entries while its values stay; of what
git moved, the log of the source shows nothing.
"""

from collections.abc import Iterable, Mapping

from reconciler.model.act import Act, LogEntry
from reconciler.model.findings import Event, Finding
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Inventory

_MOST = 3
_OF_TYPE: Mapping[str, frozenset[str]] = {
    "missing": frozenset({"deleted"}),
    "unmanaged": frozenset({"created"}),
}
_OF_PATH: Mapping[str, frozenset[str]] = {
    "/power": frozenset({"started", "stopped"}),
    "/node": frozenset({"moved"}),
    "/allowed_nodes": frozenset({"moved"}),
}
_CHANGED = frozenset({"changed"})


def findings_with_acts(
    found: Iterable[Finding], inventory: Inventory, previous: Recorded | None
) -> list[Finding]:
    """Return findings with the entries that may explain them: those of this run, else those known before."""
    earlier = {finding.id: finding for finding in previous.report.lasting} if previous is not None else {}
    return [_with_acts(finding, inventory.log, earlier.get(finding.id)) for finding in found]


def events_with_acts(found: Iterable[Event], inventory: Inventory) -> tuple[Event, ...]:
    """Return events with the entries that may explain them."""
    log = inventory.log
    if not log:
        return tuple(found)
    return tuple(
        event.model_copy(update={"who": _acts(log, event.key, frozenset({event.what}))}) for event in found
    )


def _with_acts(finding: Finding, log: Mapping[str, tuple[LogEntry, ...]], before: Finding | None) -> Finding:
    who: tuple[Act, ...] = ()
    if before is not None and _values(before) == _values(finding):
        who = before.who
    elif _is_of_source(finding):
        who = _acts(log, finding.key, _effects(finding))
    elif finding.of_rule and before is None:
        who = _about(log.get(finding.key.source, ()), finding.key)
    return finding.model_copy(update={"who": who}) if who else finding


def _is_of_source(finding: Finding) -> bool:
    """Return whether the source may have made the difference."""
    of_field = finding.change is not None or finding.pending is not None
    return (of_field or finding.type in _OF_TYPE) and finding.moved != "desired"


def _effects(finding: Finding) -> frozenset[str]:
    if finding.type in _OF_TYPE:
        return _OF_TYPE[finding.type]
    if finding.change is not None and not finding.path:
        return _OF_TYPE["unmanaged"]
    return _OF_PATH.get(finding.path, _CHANGED)


def _values(finding: Finding) -> tuple[object, ...]:
    change, pending = finding.change, finding.pending
    return (
        finding.type,
        *((change.desired, change.live) if change else ()),
        *((pending.configured, pending.running) if pending else ()),
    )


def _acts(log: Mapping[str, tuple[LogEntry, ...]], key: Key, effects: frozenset[str]) -> tuple[Act, ...]:
    """Return the last entries that may explain a change of a resource, in order of time."""
    able = [
        each for each in log.get(key.source, ()) if not each.effects or not each.effects.isdisjoint(effects)
    ]
    return _about(able, key) or _latest(each.act for each in able if not each.subjects)


def _about(entries: Iterable[LogEntry], key: Key) -> tuple[Act, ...]:
    """Return the last entries that are about a resource, in order of time."""
    return _latest(each.act for each in entries if each.is_about(key.kind, key.id))


def _latest(acts: Iterable[Act]) -> tuple[Act, ...]:
    in_order = sorted(set(acts), key=lambda act: (act.at, act.account, act.what, act.reference or ""))
    return tuple(in_order[-_MOST:])
