"""The causes of a report, and what is not known of earlier ones: made once a run, for all sinks."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from reconciler.alarms.state import MAX_TITLE, SentCause
from reconciler.config.file import SITE
from reconciler.config.severity import SEVERITIES, Severity
from reconciler.drift.lifecycle import state_of
from reconciler.model.findings import DriftReport, Finding
from reconciler.model.key import Key
from reconciler.model.listing import Listed
from reconciler.report.timeline import acts
from reconciler.text import visible

TagsOf = Callable[[Key], Collection[str]]
"""The tags of a resource, live or declared."""

_WORDS = {"missing": "is missing", "unmanaged": "is not declared"}


@dataclass(frozen=True, slots=True)
class AlarmCause:
    """An active finding that follows from no other one, with what follows from it."""

    finding: Finding
    severity: Severity
    """The worst of it and of what follows."""
    follows: tuple[Finding, ...]

    @property
    def keys(self) -> set[Key]:
        """The resources that it, or what follows from it, is about."""
        return {self.finding.key, *(each.key for each in self.follows)}

    @property
    def who(self) -> str | None:
        """The entry of the source's log that may explain it."""
        return acts(self.finding.who[-1:]) or None

    def sent(self) -> SentCause:
        """Return what is kept of it once it was sent."""
        finding = self.finding
        return SentCause(
            key=finding.key,
            type=finding.type,
            severity=self.severity,
            title=visible(sentence(finding), MAX_TITLE),
            name=None if finding.name is None else visible(finding.name),
        )


def sentence(finding: Finding) -> str:
    """Return a finding as what follows the name of its resource."""
    return _WORDS.get(finding.type, finding.title)


@dataclass(frozen=True)
class Situation:
    """A report as alarms read it. `as_of` are the resources whose rows an earlier run read."""

    report: DriftReport
    as_of: Collection[Key]
    tags_of: TagsOf

    @cached_property
    def causes(self) -> Mapping[str, AlarmCause]:
        """The causes that are not silenced, by the id of their finding.

        What could not be verified is not among them: the status of its source is.
        """
        active = [each for each in self.report.active if each.type != "unverified"]
        shown = {each.id for each in active}
        follows: dict[str, list[Finding]] = {}
        top: list[Finding] = []
        for finding in active:
            if finding.cause in shown:
                follows.setdefault(str(finding.cause), []).append(finding)
            else:
                top.append(finding)
        return {each.id: _cause(each, follows.get(each.id, ())) for each in top}

    @cached_property
    def standing(self) -> frozenset[str]:
        """The ids of all findings that are not gone: silenced ones and those that wait are among them."""
        return frozenset(each.id for each in self.report.lasting)

    @cached_property
    def sources(self) -> Mapping[str, Listed]:
        """The status of each source; one that is expected to be offline, or ignored, counts as complete."""
        failed = self.report.summary.failed_sources
        return {
            name: "complete" if source.status == "failed" and name not in failed else source.status
            for name, source in self.report.run.sources.items()
        }

    @cached_property
    def _scopes(self) -> Mapping[tuple[str, str], Collection[str] | None]:
        """(source, kind) → the ids that were not read; None for a list that is not complete."""
        return {
            (scope.source, scope.kind): scope.unread if scope.listed == "complete" else None
            for scope in self.report.scopes
        }

    def fate(self, identity: str, cause: SentCause) -> str:
        """Return what became of a cause that was sent: standing, or one of the states of `lifecycle`.

        Resolved is only what this run could check: a resource of which it knows nothing, in a list that is
        not complete, may still have it, whatever the record knew.
        """
        if identity in self.standing:
            return "standing"
        key, verdict = cause.key, self.report.verdicts.get(str(cause.key))
        fate = state_of(key, cause.type, verdict, self._scopes, self.as_of, self.report.unchecked)
        if fate == "resolved" and verdict is None and key.source != SITE:
            unread = self._scopes.get((key.source, key.kind))
            return "resolved" if unread is not None and key.id not in unread else "unconfirmed"
        return fate


def _cause(finding: Finding, follows: Collection[Finding]) -> AlarmCause:
    worst = max((each.severity for each in (finding, *follows)), key=SEVERITIES.index)
    return AlarmCause(finding, worst, tuple(follows))
