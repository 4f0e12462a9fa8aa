"""How each finding of a report is settled: from the rows that the run read, and never from older ones.

A command is made only from a row that this run read completely, and never for what is ignored, locked or
unverified. Nothing that deletes a resource is made. It is computed where it is shown, and not recorded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pydantic import JsonValue

from reconciler.errors import Problem
from reconciler.isolation import isolated
from reconciler.model.findings import DriftReport, Finding
from reconciler.model.fix import CommandWords, Fix, RowsById, WantedFields, by_hand, joined_fixes, why_not
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind, Kinds
from reconciler.model.pointer import parts_of
from reconciler.model.snapshot import Inventory
from reconciler.model.value import Row, timestamp
from reconciler.text import visible

_LONGEST = 100_000


def fixes(report: DriftReport, inventory: Inventory, kinds: Kinds) -> dict[str, Fix]:
    """Return finding id → how it is settled, for every finding that stands or waits to be confirmed.

    Findings about fields of one resource have one fix: each of its commands sets all of them back.
    """
    return FixSite(report, inventory, kinds).each((*report.every, *report.unconfirmed))


@dataclass(frozen=True)
class FixSite:
    """The site as a run read it, and what it found there."""

    report: DriftReport
    inventory: Inventory
    kinds: Kinds
    _known: dict[tuple[str, str], Mapping[str, Row] | None] = field(default_factory=dict, repr=False)
    """The rows of a (source, kind) that hooks have asked for."""

    def each(self, findings: Iterable[Finding]) -> dict[str, Fix]:
        """Return finding id → how it is settled; those about fields of one resource have one fix.

        What follows from another resource has its own: it is gone when that is settled.
        """
        groups: dict[object, list[Finding]] = {}
        for each in findings:
            groups.setdefault(self._group(each), []).append(each)
        made = {group: self.fix(members) for group, members in groups.items()}
        return {each.id: made[group] for group, members in groups.items() for each in members}

    def _group(self, finding: Finding) -> object:
        """Return what findings have in common that are settled by one command."""
        cause = self._active.get(finding.cause or "")
        is_open = finding.ignored_by is None and finding.id not in self._waiting
        if is_open and finding.path and (cause is None or cause.key == finding.key):
            return finding.key, finding.pending is not None
        return finding.id

    def fix(self, findings: Iterable[Finding]) -> Fix:
        """Return how findings of one resource are settled: those of its fields by one command."""
        of_fields: list[Finding] = []
        pending: list[Finding] = []
        made: list[Fix] = []
        for each in findings:
            if each.ignored_by is not None:
                made.append(why_not(f"it is ignored ({each.ignored_by})"))
            elif each.id in self._waiting:
                made.append(why_not("the last run could not confirm it"))
            elif each.pending is not None:
                pending.append(each)
            elif each.change is not None and each.change.path:
                of_fields.append(each)
            else:
                made.append(self._of_resource(each))
        made += [self._of_fields(group) for group in (of_fields, pending) if group]
        return joined_fixes(made)

    @cached_property
    def _active(self) -> Mapping[str, Finding]:
        return {finding.id: finding for finding in self.report.active}

    @cached_property
    def _waiting(self) -> frozenset[str]:
        """The findings of earlier runs that this one could not confirm."""
        return frozenset(finding.id for finding in self.report.unconfirmed)

    def _of_resource(self, finding: Finding) -> Fix:
        """Return how a finding is settled that is about a resource, not about the value of a field."""
        key = finding.key
        match finding.type:
            case "missing":
                return self._missing(finding)
            case "unmanaged":
                text = f"declare it, or remove {key} on the source yourself: nothing that deletes is printed"
                return Fix(effect="by hand", by_hand=text, instead=(_adopt(finding),))
            case "unverified":
                problem = finding.problem
                return why_not("it could not be verified", problem.remedy or None if problem else None)
            case "planned":
                return by_hand(f"make {key}, or wait: it is planned for later")
            case "drifted":
                return by_hand(f"remove {key} on the source yourself: nothing that deletes is printed")
        return by_hand(self.report.hints.get(finding.type) or "do what the finding describes, on the source")

    def _missing(self, finding: Finding) -> Fix:
        """Return how a resource that is gone is made again: from its newest backup, where one is known."""
        key = finding.key
        kind, rows = self._kind(key), self._rows_of(key.source)
        restored: Fix | Problem | None = None
        if kind is not None and kind.fix is not None:
            hooks = kind.fix
            restored = isolated(f"fix of {key.kind}", lambda: hooks.restore(key.id, rows))
        where = f" as declared at {finding.declared_at}" if finding.declared_at else ""
        made = by_hand(f"make {key} again{where}") if not isinstance(restored, Fix) else restored
        return _checked(made).model_copy(update={"instead": (_adopt(finding),)})

    def _of_fields(self, findings: list[Finding]) -> Fix:
        """Return how findings about fields of one resource are settled, or why nothing is shown."""
        key = findings[0].key
        kind = self._kind(key)
        obstacle = isolated(f"fix of {key.kind}", lambda: self._obstacle(findings, kind))
        if obstacle is not None:
            return why_not(str(obstacle))
        pending = findings[0].pending is not None
        hooks = kind.fix if kind is not None else None
        hook = None if hooks is None else hooks.activate if pending else hooks.change
        if hook is None:
            return by_hand(_plainly(findings, pending=pending))
        wanted = WantedFields(
            key.id, self._row(key), _changes(findings), self._rows_of(key.source), self._version(key.source)
        )
        made = isolated(f"fix of {key.kind}", lambda: hook(wanted))
        if isinstance(made, Problem):
            return why_not(str(made), _plainly(findings, pending=pending))
        adoptable = (each for each in findings if not pending and kind and not _is_policy(kind, each))
        instead = tuple(map(_adopt, adoptable))
        return _checked(made).model_copy(update={"instead": (*made.instead, *instead)})

    def _obstacle(self, findings: list[Finding], kind: AnyKind | None) -> str | None:
        """Return why no command may be made for a resource now."""
        key = findings[0].key
        if key not in self.inventory.config and key not in self.inventory.observed:
            return "its row is not in the record"
        if key in self.inventory.as_of:
            return f"its row is of {timestamp(self.inventory.as_of[key])}; a run has to read it first"
        if self.report.verdicts.get(str(key)) == "unverified":
            return "it could not be verified"
        unread = self._unread(key)
        if unread:
            return f"some of it could not be read: {', '.join(unread)}"
        observed = self.inventory.observed.get(key, {})
        paths = [each.path for each in findings]
        locks = (kind.locked(observed, path) for path in paths) if kind is not None and kind.locked else ()
        lock = next(filter(None, locks), None) or next(map(_lock, findings), None)
        return f"it is locked ({lock})" if lock else None

    def _unread(self, key: Key) -> list[str]:
        """Return the fields of a row that this run should have read and could not."""
        unread = self.inventory.observed.get(key, {}).get("unread")
        never = {
            name
            for scope in self.inventory.scopes
            if (scope.source, scope.kind) == key[:2]
            for name in scope.not_supported or ()
        }
        return [str(name) for name in unread if name not in never] if isinstance(unread, list | tuple) else []

    def _kind(self, key: Key) -> AnyKind | None:
        return self.kinds.get(key.source, {}).get(key.kind)

    def _version(self, source: str) -> str | None:
        status = self.inventory.run.sources.get(source)
        return status.version if status is not None else None

    def _row(self, key: Key) -> Row:
        return {**self.inventory.config.get(key, {}), **self.inventory.observed.get(key, {})}

    def _rows_of(self, source: str) -> RowsById:
        """Return a function that returns the rows of a kind; None where they were not all read."""

        def rows(kind: str) -> Mapping[str, Row] | None:
            at = (source, kind)
            if at not in self._known:
                self._known[at] = self._all_rows(source, kind)
            return self._known[at]

        return rows

    def _all_rows(self, source: str, kind: str) -> Mapping[str, Row] | None:
        listed = {(each.source, each.kind): each.listed for each in self.inventory.scopes}
        if listed.get((source, kind)) != "complete":
            return None
        keys = {
            key for key in (*self.inventory.config, *self.inventory.observed) if key[:2] == (source, kind)
        }
        return {key.id: self._row(key) for key in keys if key not in self.inventory.as_of}


def _changes(findings: Iterable[Finding]) -> dict[str, JsonValue]:
    changes: dict[str, JsonValue] = {}
    for each in findings:
        if each.change is not None:
            changes[each.change.path] = each.change.desired
        elif each.pending is not None:
            changes[each.pending.path] = each.pending.configured
    return changes


def _is_policy(kind: AnyKind, finding: Finding) -> bool:
    """Return whether a field exists in desired state only, so nothing live can be declared."""
    return parts_of(finding.path)[0] in kind.policies


def _lock(finding: Finding) -> str | None:
    """Return the lock that excuses a finding, which is known without the pulse too."""
    reason = finding.reason or ""
    return reason.removeprefix("locked: ") if reason.startswith("locked: ") else None


def _adopt(finding: Finding) -> CommandWords:
    """Return the command that declares what is live in place of what a finding is about."""
    return ("reconciler", "adopt", finding.id, "--write")


def _plainly(findings: Iterable[Finding], *, pending: bool) -> str:
    """Return what has to be done, for a kind that does not say where."""
    if pending:
        return "; ".join(
            f"apply or revert {'.'.join(parts_of(each.path))} of {each.key}" for each in findings
        )
    return "; ".join(f"set {'.'.join(parts_of(each.path))} of {each.key} as declared" for each in findings)


def _checked(fix: Fix) -> Fix:
    """Return a fix without commands that have a character which cannot be shown safely."""
    words = (word for command in (*fix.commands, *fix.instead) for word in command)
    if all(word and word.isprintable() and visible(word, _LONGEST) == word for word in words):
        return fix
    return why_not("a command would hold characters that cannot be shown safely", fix.by_hand)
