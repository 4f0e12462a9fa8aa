"""What a comparison finds: verdicts, findings, and the report that holds them."""

import hashlib
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field, JsonValue, ValidationError

from reconciler.config.severity import Severity
from reconciler.model.key import Key, KeyText
from reconciler.model.problem import ProblemValue
from reconciler.model.snapshot import SCHEMA_VERSION, Run, Scope, check_version
from reconciler.model.value import Row, Timestamp, Value

Verdict = Literal["in_sync", "drifted", "missing", "unmanaged", "unverified"]
VERDICTS: tuple[Verdict, ...] = ("in_sync", "drifted", "missing", "unmanaged", "unverified")


INTERNAL = "internal"
"""The rule of findings about parts of this program that failed; they never count as drift."""


class FieldChange(Value):
    """One field that is not as declared."""

    path: str = Field(description="JSON pointer (RFC 6901) into the resource: /nics/net0/tag")
    desired: JsonValue = None
    live: JsonValue = Field(None, description="What the configuration says; null where there is none")
    running: JsonValue = Field(None, description="What runs until the change is active, where that differs")


class Finding(Value):
    """One thing a person should know: its address, its cause and the next step."""

    id: str = Field(description="Stable: from key and path (or rule) alone, never from values")
    key: KeyText
    name: str | None = Field(None, description="The resource's own name, for people: untrusted text")
    verdict: Verdict | None = None
    rule: str | None = None
    severity: Severity
    change: FieldChange | None = None
    related: tuple[KeyText, ...] = ()
    problem: ProblemValue | None = Field(
        None, description="Why it is unverified, or the failure of a part of this program"
    )
    reason: str | None = Field(None, description="Why, where values and problem do not show it")
    hint: str | None = Field(None, description="What accepts or fixes it")
    declared_at: str | None = Field(None, description="file:line of the declaration")
    first_seen: Timestamp
    ignored_by: str | None = None

    @property
    def why(self) -> str | None:
        """The problem or the reason as text."""
        return self.reason if self.problem is None else str(self.problem)


def finding_id(key: Key, aspect: str) -> str:
    """The id of a finding: 12 hex digits over its key and the path, verdict or rule that it is about."""
    return hashlib.sha256(f"{key}\0{aspect}".encode("utf-8", "surrogatepass")).hexdigest()[:12]


def split_ignored(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the findings that are active, and those that are ignored."""
    groups: tuple[list[Finding], list[Finding]] = ([], [])
    for finding in findings:
        groups[finding.ignored_by is not None].append(finding)
    return tuple(groups[0]), tuple(groups[1])


class Summary(Value):
    """Counts that add up: every resource has exactly one verdict or is inventory."""

    verdict: Literal["in_sync", "drifted", "incomplete"] = Field(
        description="incomplete: see there; drifted: see there"
    )
    drifted: bool = Field(
        description="Whether a finding that is certain is at least a warning (an info, with fail_on: info)"
    )
    incomplete: bool = Field(
        description="Whether something declared could not be verified, or a part of this program failed"
    )
    resources: int = Field(ge=0)
    verdicts: dict[Verdict, int]
    inventory: int = Field(ge=0, description="Resources of kinds that nothing declares: no verdict")
    findings: dict[Severity, int]
    ignored: int = Field(ge=0)
    health: dict[str, int] = Field(
        default_factory=dict,
        description="State of health → resources; the second axis, never part of the verdict",
    )
    coverage: float | None = Field(
        None,
        description="Share of live resources of declared kinds that are declared; null when there are none",
    )
    headline: str = Field(description="One line for people")


class Event(Value):
    """What happened since the last run and is no drift: a guest moved, an id or a secret is another one."""

    key: KeyText
    name: str | None = None
    what: Literal["moved", "replaced", "secret-changed"]
    path: str = Field(description="JSON pointer of the field that tells")
    before: JsonValue = None
    after: JsonValue = None


class IgnoreUse(Value):
    """An ignore rule and what it did in a run."""

    where: str = Field(description="config/ignore.yaml:LINE, as `ignored_by` of findings names it")
    about: str = Field(description="What it is about: source/kind/pattern and path")
    reason: str
    owner: str | None = None
    expires: str = Field(description="Last day that it works")
    hits: int = Field(ge=0, description="Findings that it covers")


class DriftReport(Value):
    """The outcome of a run."""

    run: Run
    summary: Summary
    findings: tuple[Finding, ...]
    scopes: tuple[Scope, ...]
    verdicts: dict[str, Verdict] = Field(description="key → verdict; what is not here is inventory")
    resolved: tuple[Finding, ...] = Field((), description="Findings of the previous report that are gone")
    unconfirmed: tuple[Finding, ...] = Field(
        (), description="Earlier findings about what cannot be verified now: neither confirmed nor resolved"
    )
    events: tuple[Event, ...] = Field(
        (), description="What happened since the previous report and is no drift"
    )
    ignores: tuple[IgnoreUse, ...] = Field((), description="The ignore rules")
    unchecked: dict[str, str] = Field(
        default_factory=dict, description="Rule → why not all of it could be checked"
    )
    degraded: dict[str, str] = Field(
        default_factory=dict, description="key → why it is not healthy, of what this run read"
    )

    @property
    def active(self) -> tuple[Finding, ...]:
        """The findings that nothing silences."""
        return split_ignored(self.findings)[0]

    @property
    def ignored(self) -> tuple[Finding, ...]:
        """The findings that an ignore rule or an expected absence silences."""
        return split_ignored(self.findings)[1]


def report_document(report: DriftReport) -> Row:
    """The JSON form of a report: what the record keeps as `drift.json` and publish shows.

    A change always names both sides, so that a null can be told from a field that is not there.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        **report.model_dump(mode="json", exclude_none=True, exclude={"findings", "resolved", "unconfirmed"}),
        "findings": [_finding_row(finding) for finding in report.findings],
        "resolved": [_finding_row(finding) for finding in report.resolved],
        "unconfirmed": [_finding_row(finding) for finding in report.unconfirmed],
    }


def summary_document(report: DriftReport) -> Row:
    """The JSON form of a report without its findings: the run and its counts."""
    return {
        "schema_version": SCHEMA_VERSION,
        **report.model_dump(mode="json", exclude_none=True, include={"run", "summary"}),
    }


def parse_report(document: Any) -> DriftReport:
    """The report whose JSON form is `document`; unknown keys of a later minor version are ignored.

    Raises `ValueError` with one line when it is no report of a version that we read.
    """
    check_version(document)
    fields = {name: value for name, value in document.items() if name != "schema_version"}
    try:
        return DriftReport.model_validate(fields, extra="ignore")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        message = f"is no drift report that this version reads: {where}: {first['msg']}"
        raise ValueError(message) from error


def _finding_row(finding: Finding) -> Row:
    row = finding.model_dump(mode="json", exclude_none=True)
    if finding.change is not None:
        row["change"].update(desired=finding.change.desired, live=finding.change.live)
        if finding.rule is not None:
            row["change"].update(running=finding.change.running)
    return row
