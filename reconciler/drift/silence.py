"""The one step that silences findings: on what is expected to be offline, and by ignore rules.

A silenced finding stays in the report, marked with the place that silences it, and is counted apart.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.drift.expired_ignores import expired_ignore
from reconciler.drift.expiring_ignores import NOTICE, expiring_ignore
from reconciler.drift.findings import Comparison
from reconciler.drift.ignore import Ignore
from reconciler.drift.unused_ignores import unused_ignore, unused_since
from reconciler.model.findings import Finding, IgnoreUse
from reconciler.model.recorded import Recorded


@dataclass(frozen=True, slots=True)
class RuleMemory:
    """The knowledge by which a rule that covers nothing is judged."""

    previous: Recorded | None
    unchecked: Container[str]
    """The rules that could not be checked in full."""
    unused_after: timedelta

    @property
    def uses(self) -> dict[str, IgnoreUse]:
        """The uses of ignore rules in the previous report, by what they are about."""
        return {use.about: use for use in self.previous.report.ignores} if self.previous else {}


def silence(
    comparison: Comparison,
    found: Sequence[Finding],
    ignores: Sequence[Ignore],
    memory: RuleMemory,
) -> tuple[list[Finding], tuple[IgnoreUse, ...]]:
    """Return the findings, silenced ones marked, and the uses of each rule.

    There is one more finding for each rule that has expired, expires soon, or is unused for too long. Rules
    expire by the day of the run, so that a replay gives the same result.
    """
    today = comparison.inventory.run.collected_at.date()
    working = [ignore for ignore in ignores if ignore.rule.expires >= today]
    hits = dict.fromkeys((ignore.where for ignore in ignores), 0)
    marked: list[Finding] = []
    for finding in found:
        place = _expected_offline(comparison, finding) if finding.type == "unverified" else None
        if place is None:
            place = next((ignore.where for ignore in working if ignore.covers(finding)), None)
            if place is not None:
                hits[place] += 1
        marked.append(_marked(finding, place))
    uses: list[IgnoreUse] = []
    earlier = memory.uses
    for ignore in ignores:
        since = unused_since(comparison, ignore, hits[ignore.where], earlier, memory.unchecked)
        uses.append(_use(ignore, hits[ignore.where], since))
        unused = unused_ignore(comparison, ignore, since, memory.unused_after)
        if ignore.rule.expires < today:
            marked.append(expired_ignore(comparison, ignore, sum(map(ignore.covers, found))))
        elif ignore.rule.expires - today <= NOTICE:
            marked.append(expiring_ignore(comparison, ignore))
        if unused is not None:
            marked.append(unused)
    return marked, tuple(uses)


def silence_unconfirmed(
    comparison: Comparison, unconfirmed: Sequence[Finding], ignores: Sequence[Ignore]
) -> tuple[Finding, ...]:
    """Return earlier findings that wait to be confirmed, marked as the rules in force silence them now."""
    today = comparison.inventory.run.collected_at.date()
    working = [ignore for ignore in ignores if ignore.rule.expires >= today]
    return tuple(
        _marked(
            finding,
            _expected_offline(comparison, finding)
            or next((ignore.where for ignore in working if ignore.covers(finding)), None),
        )
        for finding in unconfirmed
    )


def _marked(finding: Finding, place: str | None) -> Finding:
    return finding if place == finding.ignored_by else finding.model_copy(update={"ignored_by": place})


def _expected_offline(comparison: Comparison, finding: Finding) -> str | None:
    """Return where the node that a resource is on is declared offline; None if it is not."""
    if finding.key.kind not in comparison.kinds.get(finding.key.source, {}):
        return None
    declared = comparison.desired.resources.get(finding.key)
    row = comparison.inventory.config.get(finding.key) or (declared.fields if declared else {})
    return comparison.expected_offline.declared_at(finding.key, row)


def _use(ignore: Ignore, hits: int, since: datetime | None) -> IgnoreUse:
    rule = ignore.rule
    return IgnoreUse(
        where=ignore.where,
        about=ignore.about,
        reason=rule.reason,
        owner=rule.owner,
        expires=str(rule.expires),
        hits=hits,
        unused_since=since,
    )
