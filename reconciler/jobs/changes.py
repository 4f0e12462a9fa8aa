"""The changes that one commit of the record makes to one resource, and to what was found about it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue, TypeAdapter, ValidationError

from reconciler.drift.events import row_events
from reconciler.model.act import Act
from reconciler.model.fingerprint import without_fingerprints
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind
from reconciler.model.pointer import differing, member, parts_of
from reconciler.model.timeline import Change
from reconciler.model.value import Row, timestamp

if TYPE_CHECKING:
    from reconciler.record.queries import RecordCommit, Step

_ACTS = TypeAdapter(tuple[Act, ...])
_NOTHING: frozenset[str] = frozenset()
_WHOLE = frozenset({"missing", "unmanaged", "planned"})
"""Types of findings about a resource as a whole."""


def changes_of(step: "Step", kind: AnyKind | None, key: Key, version_before: str | None) -> list[Change]:
    """Return the changes of a step: of fields first, then findings that no changed field shows.

    `version_before`: that of the program that recorded the step before; None where that is not known.
    """
    facts = _facts(step.commit)
    upgraded = version_before not in {None, step.commit.version}
    found = [Change(**facts, **each) for each in _of_row(step, kind, key, upgraded=upgraded)]
    who = _who(step)
    merged, shown = _with_effects(found, step)
    more = [Change(**facts, **each) for each in _of_findings(step, kind, shown)]
    return [each.model_copy(update={"who": who.get(each.path, who.get("", ()))}) for each in (*merged, *more)]


def renamed(step: "Step", old: str, new: str) -> Change:
    """Return the change of an id."""
    return Change(**_facts(step.commit), what="renamed", old=old, new=new)


def _facts(commit: "RecordCommit") -> dict[str, Any]:
    by_hand = None if commit.run else commit.author
    return {"at": commit.at, "run": commit.run, "commit": commit.id, "by_hand": by_hand}


def _of_row(step: "Step", kind: AnyKind | None, key: Key, *, upgraded: bool) -> Iterator[dict[str, Any]]:
    before, after = step.before, step.after
    if before is None and after is not None:
        known = step.known_before and not step.commit.cut
        yield {"what": "created" if known else "first-recorded"}
    elif before is not None and after is None:
        yield {"what": "deleted" if step.known_after else "not-configured"}
    elif before is not None and after is not None and before != after:
        yield from _of_fields(before, after, kind, key, upgraded=upgraded)


def _of_fields(
    before: Row, after: Row, kind: AnyKind | None, key: Key, *, upgraded: bool
) -> Iterator[dict[str, Any]]:
    old, new = (_trusted(row, kind, key) for row in (before, after))
    if kind is None or old is None or new is None:
        for path, value in differing(before, after).items():
            yield _values("changed", path, member(before, parts_of(path)), value)
        return
    for event in row_events(kind, key, old, new, _NOTHING, _NOTHING):
        top = parts_of(event.path)[:1]
        if upgraded and top and top[0] not in before:
            yield {"what": "first-read", "path": event.path}
        elif event.what in {"secret-changed", "unread-changed"}:
            yield {"what": event.what, "path": event.path}
        else:
            yield _values(event.what, event.path, event.old, event.new)


def _values(what: str, path: str, old: JsonValue, new: JsonValue) -> dict[str, Any]:
    """Return a change with its values; of two fingerprints only that they differ."""
    shown = without_fingerprints(old), without_fingerprints(new)
    if shown != (old, new):
        return {"what": "secret-changed", "path": path}
    return {"what": what, "path": path, "old": old, "new": new}


def _trusted(row: Row, kind: AnyKind | None, key: Key) -> Row | None:
    """Return a row as the model of its kind reads it; None where it refuses it."""
    from reconciler.record.trusted import trusted

    return trusted({key: row}, {}, lambda _source, _kind: kind).config.get(key)


def _who(step: "Step") -> Mapping[str, tuple[Act, ...]]:
    """Return the entries of the source's log in the report of a step: pointer → entries."""
    found: dict[str, tuple[Act, ...]] = {}
    for each in (*step.found_after.findings, *step.found_after.events):
        with suppress(ValidationError, KeyError, TypeError):
            acts = _ACTS.validate_python(each["who"])
            change = each.get("change")
            path = change["path"] if isinstance(change, dict) else each.get("path", "")
            found[str(path)] = tuple(dict.fromkeys((*found.get(str(path), ()), *acts)))
    return found


def _by_id(*lists: Iterable[Row]) -> dict[str, Row]:
    return {str(each.get("id")): each for every in lists for each in every}


def _path(finding: Row) -> str:
    """Return the field that a finding is about; empty for the resource as a whole."""
    for name in ("change", "pending"):
        part = finding.get(name)
        if isinstance(part, dict):
            return str(part.get("path", ""))
    return ""


def _with_effects(found: list[Change], step: "Step") -> tuple[list[Change], set[str]]:
    """Return the changes of fields with the findings that they open and close, and the ids of those."""
    before, after = step.found_before, step.found_after
    was, now = _by_id(before.findings, before.unconfirmed), _by_id(after.findings, after.unconfirmed)
    opened = {_path(each): name for name, each in now.items() if name not in was and _of_comparison(each)}
    closed = {_path(each): name for name, each in was.items() if name not in now and _of_comparison(each)}
    stays = {_path(each): name for name, each in now.items() if name in was}
    merged: list[Change] = []
    shown: set[str] = set()
    for change in found:
        for places, effect in ((opened, "opens drift"), (closed, "closes drift"), (stays, None)):
            name = places.get(change.path)
            if name is not None:
                change = change.model_copy(update={"finding": name, "effect": effect})  # noqa: PLW2901
                shown.add(name)
                break
        merged.append(change)
    return merged, shown


def _of_comparison(finding: Row) -> bool:
    return finding.get("type") == "drifted" or finding.get("type") in _WHOLE


def _of_findings(step: "Step", kind: AnyKind | None, shown: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the findings that came, went, or have other values."""
    before, after = step.found_before, step.found_after
    was, now = _by_id(before.findings), _by_id(after.findings)
    waits, waited = _by_id(after.unconfirmed), _by_id(before.unconfirmed)
    for name in sorted({*was, *now} - shown):
        old, new = was.get(name), now.get(name)
        if old is None and new is not None and name not in waited:
            if not _from_before(step, new):
                yield _finding("finding-opened", name, new, kind)
        elif new is None and old is not None and name not in waits:
            yield _finding("finding-closed", name, old, kind)
        elif old is not None and new is not None and _outcome(old) != _outcome(new):
            yield _finding("finding-changed", name, new, kind)


def _from_before(step: "Step", finding: Row) -> bool:
    """Return whether a finding was opened by a run that this shallow clone does not have."""
    return step.commit.cut and finding.get("first_seen") != timestamp(step.commit.at)


def _outcome(finding: Row) -> object:
    change = finding.get("change")
    sides = (change.get("desired"), change.get("live")) if isinstance(change, dict) else ()
    return finding.get("type"), sides


def _finding(what: str, name: str, finding: Row, kind: AnyKind | None) -> dict[str, Any]:
    path, change = _path(finding), finding.get("change")
    title = without_fingerprints(str(finding.get("title", "")))
    row: dict[str, Any] = {"what": what, "path": path, "finding": name, "title": title}
    is_secret = kind is not None and bool(path) and kind.is_secret(path)
    if isinstance(change, dict) and not is_secret:
        row |= {
            name: without_fingerprints(change.get(side))
            for name, side in (("old", "desired"), ("new", "live"))
        }
    return row
