"""The summary of a run: verdicts and counts that add up."""

from typing import Literal

from pydantic import Field

from reconciler.config.severity import Severity
from reconciler.model.key import KeyText
from reconciler.model.value import Value

Verdict = Literal["in_sync", "drifted", "missing", "unmanaged", "unverified"]
VERDICTS: tuple[Verdict, ...] = ("in_sync", "drifted", "missing", "unmanaged", "unverified")


class Folded(Value):
    """Many findings of one type and kind in one entry."""

    type: str
    source: str
    kind: str
    severity: Severity = Field(description="Highest severity among them")
    count: int = Field(ge=1)
    ids: tuple[str, ...] = Field(description="The resources, in the order of the findings")


class Summary(Value):
    """Counts that add up: every resource has exactly one verdict or is inventory."""

    verdict: Literal["in_sync", "drifted", "incomplete"] = Field(
        description="incomplete if `incomplete` is true, else drifted if `drifted` is true, else in_sync"
    )
    drifted: bool = Field(
        description="Whether a confirmed difference from desired state is at least a warning (with "
        "fail_on: info, an info); findings of rules do not count"
    )
    rules: Literal["ok", "firing"] = Field(
        "ok", description="firing: a finding of a rule is at least a warning (with fail_on: info, an info)"
    )
    incomplete: bool = Field(
        description="Whether something declared could not be verified, a source failed, an earlier finding "
        "could not be confirmed, or a part of this program failed; what is ignored does not count"
    )
    resources: int = Field(ge=0)
    verdicts: dict[Verdict, int]
    declared: int = Field(0, ge=0, description="Declared resources")
    verified: int = Field(0, ge=0, description="Declared resources that this run could verify")
    inventory: int = Field(
        ge=0, description="Resources without a verdict, because their kind is not declared"
    )
    findings: dict[Severity, int]
    causes: dict[Severity, int] = Field(
        default_factory=dict, description="Findings that do not follow from another active one, by severity"
    )
    unconfirmed: dict[Severity, int] = Field(
        default_factory=dict, description="Earlier findings that this run could neither confirm nor resolve"
    )
    failed_sources: tuple[str, ...] = Field(
        (), description="Sources that could not be read and are neither ignored nor expected to be offline"
    )
    ignored: int = Field(ge=0)
    folded: tuple[Folded, ...] = Field((), description="Types with many findings, one entry each")
    exact: int = Field(
        0, ge=0, description="Declared resources whose undeclared fields must be at their default"
    )
    not_exact: tuple[KeyText, ...] = Field((), description="Declared resources that are not exact")
    no_file: tuple[str, ...] = Field(
        (), description="source/kind that can be declared but has no desired-state file"
    )
    health: dict[str, int] = Field(
        default_factory=dict, description="Health state → number of resources; never part of the verdict"
    )
    coverage: float | None = Field(
        None,
        description="Share of live resources of declared kinds that are declared; null if there are none",
    )
    headline: str = Field(description="The run in one line, without its verdict")
