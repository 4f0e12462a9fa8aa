"""The life of findings across runs: which are gone, and which wait until a run can check them."""

from collections.abc import Container, Iterable, Mapping
from typing import Literal

from reconciler.config.file import SITE
from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from reconciler.model.summary import Verdict


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
        if finding.id in current:
            continue
        verdict = verdicts.get(str(finding.key))
        state = state_of(finding.key, finding.type, verdict, scopes, as_of, unchecked)
        if state == "unconfirmed":
            unconfirmed.append(finding)
        elif state == "resolved":
            resolved.append(finding)
    return tuple(resolved), tuple(unconfirmed)


def state_of(
    key: Key,
    type_: str,
    verdict: Verdict | None,
    scopes: Container[tuple[str, str]],
    as_of: Container[Key],
    unchecked: Container[str],
) -> Literal["replaced", "forgotten", "unconfirmed", "resolved"]:
    """Return what becomes of an earlier finding that this run does not make.

    `replaced`: its resource is missing now; `forgotten`: its source or kind is not configured any more.
    """
    if type_ == "drifted" and verdict == "missing":
        return "replaced"
    if verdict is None and key.source != SITE and (key.source, key.kind) not in scopes:
        return "forgotten"
    unverified = verdict == "unverified" or (verdict is None and key in as_of) or type_ in unchecked
    return "unconfirmed" if unverified and type_ != "unverified" else "resolved"


def _earlier(previous: Recorded | None) -> tuple[Finding, ...]:
    return () if previous is None else previous.report.lasting
