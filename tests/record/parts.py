"""Repositories and runs to record."""

import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from reconciler.config.settings import HistorySettings
from reconciler.errors import Problem
from reconciler.model.findings import DriftReport, FieldChange, Finding, finding_id
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Inventory, Run, Scope, SourceStatus
from reconciler.model.summary import Summary, Verdict
from reconciler.model.value import Row

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
MARKDOWN = "# Drift\n"
LOCAL = HistorySettings()
CHECKED_OUT = HistorySettings(branch=None)
PUSHED = HistorySettings(push="origin")
CHECKED_OUT_PUSHED = HistorySettings(branch=None, push="origin")
GUESTS: Mapping[str, Row] = {
    "101": {"name": "web1", "memory": 8192, "tags": ["web"]},
    "102": {"name": "<script>`a|b`", "memory": 512, "tags": []},
}
MORE: Mapping[str, Row] = {**GUESTS, "103": {"name": "new"}}
OTHER: Mapping[str, Row] = {**GUESTS, "104": {"name": "other"}}


def git(directory: Path, *arguments: str, stdin: str | None = None) -> str:
    """Git's own word on a repository."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=directory,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    assert done.returncode == 0, f"git {arguments}: {done.stderr}"
    return done.stdout.strip()


def make_repository(directory: Path) -> Path:
    """A work tree on main with one commit."""
    git(directory.parent, "init", "--quiet", "--template=", "--initial-branch=main", str(directory))
    (directory / ".git/hooks").mkdir()
    git(directory, "config", "user.name", "Op")
    git(directory, "config", "user.email", "op@example.test")
    (directory / "desired-state/pve").mkdir(parents=True)
    (directory / "desired-state/pve/guest.yaml").write_text("101: {memory: 4096}\n")
    (directory / "notes.txt").write_text("mine\n")
    commit_all(directory, "start")
    return directory


def make_bare(directory: Path) -> Path:
    """An empty remote."""
    git(directory.parent, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(directory))
    (directory / "hooks").mkdir()
    git(directory, "config", "receive.autogc", "false")
    return directory


def commit_all(directory: Path, message: str) -> str:
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "-m", message)
    return git(directory, "rev-parse", "HEAD")


def tip(directory: Path, ref: str) -> str | None:
    return git(directory, "for-each-ref", "--format=%(objectname)", ref) or None


def run_in(directory: Path, ref: str) -> str:
    """The id of the run that the tip of a ref is of."""
    return git(directory, "log", "-1", "--format=%(trailers:key=Drift-Run,valueonly)", ref)


def count(directory: Path, ref: str) -> int:
    return int(git(directory, "rev-list", "--count", ref))


def at(hours: float) -> datetime:
    """A moment so many hours after noon of the first day."""
    return NOON + timedelta(hours=hours)


def run_of(moment: datetime, tree: str | None = "4" * 40) -> Run:
    return Run(
        id=f"{moment:%Y%m%dT%H%M%SZ}-{hashlib.sha256(str(moment).encode()).hexdigest()[:6]}",
        site="lan",
        collected_at=moment,
        stale_after=moment + timedelta(minutes=30),
        desired_commit="c" * 40,
        desired_tree=tree,
        version="0.1.0",
        sources={"pve": SourceStatus(system="proxmox", status="complete", last_success=moment)},
    )


def drifted(key: Key, desired: int, live: int) -> Finding:
    return Finding(
        id=finding_id(key, "/memory"),
        key=key,
        type="drifted",
        title=f"memory is {live}; {desired} is declared",
        severity="warning",
        change=FieldChange(path="/memory", desired=desired, live=live),
        first_seen=NOON,
    )


def missing(key: Key) -> Finding:
    return Finding(
        id=finding_id(key, "missing"),
        key=key,
        type="missing",
        title="does not exist",
        severity="error",
        first_seen=NOON,
    )


def of_type(finding: Finding) -> Verdict:
    """The verdict that a finding of the comparison goes with; what a rule finds changes none."""
    return "in_sync" if finding.of_rule else cast("Verdict", finding.type)


def recorded(
    moment: datetime = NOON,
    guests: Mapping[str, Row] = GUESTS,
    *,
    findings: Sequence[Finding] = (),
    scopes: Sequence[Scope] | None = None,
    observed: Mapping[Key, Row] | None = None,
    as_of: Mapping[Key, datetime] | None = None,
    changed_at: Mapping[Key, datetime] | None = None,
    tree: str | None = "4" * 40,
) -> Recorded:
    """A run over some guests and an empty list of pools."""
    config = {Key("pve", "guest", identity): row for identity, row in guests.items()}
    run = run_of(moment, tree)
    report = DriftReport(
        run=run,
        summary=Summary(
            verdict="drifted" if findings else "in_sync",
            drifted=bool(findings),
            incomplete=False,
            resources=len(config),
            verdicts={"in_sync": len(config) - len(findings), "drifted": len(findings)},
            inventory=0,
            findings={"warning": len(findings)},
            ignored=0,
            coverage=1.0,
            headline="…",
        ),
        findings=tuple(findings),
        scopes=tuple(scopes) if scopes is not None else scopes_of(len(config)),
        verdicts=dict.fromkeys(map(str, config), "in_sync")
        | {str(finding.key): of_type(finding) for finding in findings},
    )
    return Recorded(
        report=report,
        inventory=Inventory(run, report.scopes, config, observed or {}, as_of or {}),
        changed_at=dict.fromkeys(config, moment) if changed_at is None else changed_at,
    )


def scopes_of(guests: int) -> tuple[Scope, ...]:
    return (
        Scope(source="pve", kind="guest", listed="complete", count=guests),
        Scope(source="pve", kind="pool", listed="complete", count=0),
        Scope(
            source="pve",
            kind="storage",
            listed="failed",
            count=0,
            problem=Problem("", "timeout", cause="timeout"),
        ),
    )
