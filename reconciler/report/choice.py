"""A part of a report: the findings that were asked for, and the causes that they follow from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from reconciler.config.severity import SEVERITIES, Severity
from reconciler.model.findings import DriftReport, Event, Finding, GroupedFindings, split_ignored
from reconciler.model.key import Key
from reconciler.report.blocks import is_new


@dataclass(frozen=True, slots=True)
class Choice:
    """The findings to show; a part that is empty or None chooses all."""

    sources: frozenset[str] = frozenset()
    kinds: frozenset[tuple[str, str]] = frozenset()
    keys: frozenset[Key] = frozenset()
    ids: frozenset[str] = frozenset()
    """Ids of findings, or the beginnings of some."""
    severity: Severity = "info"
    """The lowest one."""
    new: bool = False
    types: frozenset[str] = frozenset()
    """Rules, and types of the comparison such as `missing`."""
    since: datetime | None = None
    words: str = ""
    """How it was asked for, as on the command line."""

    @property
    def everything(self) -> bool:
        """Whether it chooses the report as it is."""
        return not self.words

    @property
    def anywhere(self) -> bool:
        """Whether it chooses no place."""
        return not (self.sources or self.kinds or self.keys or self.ids)

    def has_place(self, key: Key, identity: str = "") -> bool:
        """Return whether a resource, or the finding with this id, is in a place that is chosen."""
        return (
            self.anywhere
            or key.source in self.sources
            or key[:2] in self.kinds
            or key in self.keys
            or (bool(self.ids) and identity.startswith(tuple(self.ids)))
        )


ALL = Choice()


def select(report: DriftReport, choice: Choice) -> DriftReport:
    """Return a report with the chosen findings, those that they follow from, and the run's own summary.

    Where places are chosen, it also has what follows from the findings there.
    """
    if choice.everything:
        return report
    shown = {finding.id for finding in report.findings if _chosen(finding, choice, report)}
    related = {finding.cause for finding in report.findings if finding.id in shown}
    related |= {group.cause for group in report.grouped if _has_group(group, choice, report)}
    if not choice.anywhere:
        related |= {finding.id for finding in report.findings if finding.cause in shown}
    found = tuple(each for each in report.findings if each.id in shown or each.id in related)
    groups = tuple(_narrowed(report, choice))
    silencing = {each.ignored_by for each in found} | {each.ignored_by for each in groups}
    return report.model_copy(
        update={
            "findings": found,
            "grouped": groups,
            "ignores": tuple(use for use in report.ignores if use.where in silencing),
            "resolved": tuple(each for each in report.resolved if _chosen(each, choice, report)),
            "unconfirmed": tuple(each for each in report.unconfirmed if _chosen(each, choice, report)),
            "events": tuple(_events(report.events, choice)),
            "degraded": {
                key: why
                for key, why in report.degraded.items()
                if _keeps(choice) and choice.has_place(Key.parse(key))
            },
        }
    )


def notes(report: DriftReport, choice: Choice, part: DriftReport) -> Iterator[str]:
    """Yield what the first line, which is about all of the run, does not show of a part of it."""
    if choice.everything:
        return
    shown, every = (sum(1 for each in split_ignored(one.every)[0]) for one in (part, report))
    yield f"showing {shown} of {every} findings: {choice.words}"
    found = {finding.key for finding in part.every}
    for key in sorted(choice.keys - found):
        verdict = report.verdicts.get(str(key), "not compared, because no file declares its kind")
        yield f"{key}: {verdict.replace('_', ' ')}"


def _chosen(finding: Finding, choice: Choice, report: DriftReport) -> bool:
    return (
        choice.has_place(finding.key, finding.id)
        and SEVERITIES.index(finding.severity) >= SEVERITIES.index(choice.severity)
        and (not choice.types or finding.type in choice.types)
        and (not choice.new or is_new(finding, report.run))
        and (choice.since is None or (finding.reopened or finding.first_seen) > choice.since)
    )


def _narrowed(report: DriftReport, choice: Choice) -> Iterator[GroupedFindings]:
    """Yield the groups with the resources that are chosen."""
    for group in report.grouped:
        if not _has_group(group, choice, report):
            continue
        ids = tuple(each for each in group.ids if choice.has_place(Key(group.source, group.kind, each)))
        if ids:
            yield group.model_copy(update={"ids": ids, "count": len(ids)})


def _has_group(group: GroupedFindings, choice: Choice, report: DriftReport) -> bool:
    first = next(group.findings())
    anywhere = Choice(severity=choice.severity, new=choice.new, types=choice.types, since=choice.since)
    return _chosen(first, anywhere, report)


def _events(found: Iterable[Event], choice: Choice) -> Iterator[Event]:
    """Yield the events of the places that are chosen; none where severity or rule is what counts."""
    if _keeps(choice):
        yield from (event for event in found if choice.has_place(event.key))


def _keeps(choice: Choice) -> bool:
    """Return whether a choice is of places only: an event has neither severity nor rule nor age."""
    return choice.severity == "info" and not (choice.types or choice.new or choice.since)
