"""The diary of each resource: what the runs that are kept noticed of it, the newest first."""

from collections.abc import Iterable, Iterator

from reconciler.model.findings import Event
from reconciler.model.key import Key
from reconciler.model.run_changes import ChangedFinding, RunChanges
from reconciler.model.value import Row, timestamp

_ENTRIES = 50
"""Entries of one diary; older ones are in the history of runs."""

_WORDS = {
    "new": "new",
    "reopened": "came back",
    "changed": "changed",
    "resolved": "resolved",
    "unverified": "unverified",
}


def diaries(past: Iterable[RunChanges]) -> dict[Key, list[Row]]:
    """Return the diary of each resource of which something is known; `past` has the newest run first."""
    found: dict[Key, list[Row]] = {}
    for changes in past:
        for key, entry in _entries(changes):
            diary = found.setdefault(key, [])
            if len(diary) < _ENTRIES:
                diary.append({"at": timestamp(changes.collected_at), "run": changes.id, **entry})
    return found


def _entries(changes: RunChanges) -> Iterator[tuple[Key, Row]]:
    for name, words in _WORDS.items():
        for finding in getattr(changes, name).findings:
            yield finding.key, _of_finding(finding, words)
    for event in changes.events:
        for identity in event.ids or (event.key.id,):
            yield event.key._replace(id=identity), _of_event(event)


def _of_finding(finding: ChangedFinding, words: str) -> Row:
    row: Row = {"what": words, "text": f"{words}: {finding.title}", "path": finding.path}
    return _with_acts(row, finding)


def _of_event(event: Event) -> Row:
    text = f"{event.path} {event.what}".strip()
    row: Row = {"what": event.what, "text": text, "path": event.path}
    if event.has_values:
        row |= {"old": event.old, "new": event.new}
    return _with_acts(row, event)


def _with_acts(row: Row, of: ChangedFinding | Event) -> Row:
    return row | ({"who": [act.model_dump(mode="json") for act in of.who]} if of.who else {})
