"""The life of findings across runs: since when each is known, and which are gone."""

from collections.abc import Container, Iterable, Mapping
from datetime import datetime

from reconciler.config.file import SITE
from reconciler.model.findings import Finding, Verdict
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded


def first_seen(previous: Recorded | None) -> dict[str, datetime]:
    """Return since when each finding of the previous report is known, by id; unconfirmed ones too."""
    return {finding.id: finding.first_seen for finding in _earlier(previous)}


def gone(
    previous: Recorded | None,
    findings: Iterable[Finding],
    verdicts: Mapping[str, Verdict],
    scopes: Container[tuple[str, str]],
    as_of: Container[Key],
    unchecked: Container[str] = (),
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return earlier findings that this run does not make, as (resolved, unconfirmed).

    What is of no scope of this run (its source is not configured any more) is neither, and forgotten. What
    cannot be verified now is not resolved: its earlier findings wait, with their date, until a run confirms
    or resolves them; so do those of a rule that could not be checked in full. Differing fields of what is
    missing now are neither: `missing` took their place.
    """
    current = {finding.id for finding in findings}
    resolved: list[Finding] = []
    unconfirmed: list[Finding] = []
    for finding in _earlier(previous):
        verdict = verdicts.get(str(finding.key))
        if finding.id in current or (finding.type == "drifted" and verdict == "missing"):
            continue
        of_site = finding.key.source == SITE
        if verdict is None and not of_site and (finding.key.source, finding.key.kind) not in scopes:
            continue
        unverified = verdict == "unverified" or (verdict is None and finding.key in as_of)
        unverified = unverified or finding.type in unchecked
        if unverified and finding.type != "unverified":
            unconfirmed.append(finding)
        else:
            resolved.append(finding)
    return tuple(resolved), tuple(unconfirmed)


def _earlier(previous: Recorded | None) -> tuple[Finding, ...]:
    return () if previous is None else previous.report.lasting
