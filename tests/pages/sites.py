"""Sites to look at: the lab's, a hostile one, an empty one, and one of 10,000 guests."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from reconciler import record
from reconciler.cli import demo
from reconciler.cli.context import Context
from reconciler.jobs.publish import view_of
from reconciler.kinds import kind_finder
from reconciler.lab import Lab
from reconciler.lab.seed import seed
from reconciler.model.act import Act
from reconciler.model.findings import DriftReport, FieldChange, Finding, ItemChange, finding_id
from reconciler.model.key import Key
from reconciler.model.ledger import LedgerEntry
from reconciler.model.listing import Listed
from reconciler.model.past import Past
from reconciler.model.recorded import Recorded
from reconciler.model.run_entry import RunEntry
from reconciler.model.snapshot import Inventory
from reconciler.model.summary import Summary
from reconciler.model.value import Row
from reconciler.model.web_repository import WebRepository
from reconciler.publish.documents.form import Document, path_of
from reconciler.publish.documents.table import DOCUMENTS
from reconciler.publish.pages.render import page_files
from reconciler.publish.publish import publish
from reconciler.publish.view import View
from reconciler.record.run_changes import changes_of
from tests.publish import site
from tests.report import samples

SCRIPT = "<img src=x onerror=alert(1)>"
"""What an attacker names a guest: a browser that takes it for markup shows a dialog."""
MANY = 10_000
INTERVAL = timedelta(minutes=15)


def lab(directory: Path) -> Recorded:
    """The lab's site after people changed it by hand, as `reconciler demo` makes it."""
    context = Context(None, as_json=False, debug=False)
    with patch.object(tempfile, "tempdir", str(directory)), Lab() as running:
        config = demo.scratch_site(running, context)
        demo.job(config, running, context, "First run")
        seed(running)
        demo.job(config, running, context, "Second run")
        repository = record.open_repository(config.root)
        history = config.settings.history
        recorded = record.read(repository, history, kind_finder(config), fetch=False)
        assert recorded is not None
        return replace(recorded, past=record.read_past(repository, history))


def with_day(recorded: Recorded) -> Recorded:
    """The same record with the runs of the day before: quiet, an hour without, then drift."""
    last = recorded.report.run.collected_at
    counts: dict[str, int] = {
        name: number for name, number in recorded.report.summary.findings.items() if number
    }
    runs = []
    for before in range(95, -1, -1):
        at = last - before * INTERVAL
        failed = 40 <= before < 46
        found = counts if before < 2 else {"warning": 1} if before < 30 else {}
        verdict = "incomplete" if failed else "drifted" if before < 30 else "in_sync"
        if before in {60, 61, 62}:
            continue
        sources: dict[str, Listed] = {
            name: "failed" if failed and name == "npm" else "complete" for name in ("npm", "pve", "unifi")
        }
        memory = {"assigned_mib": 300_000 - 500 * before, "physical_mib": 851_968}
        name = f"{at:%Y%m%dT%H%M%SZ}-{before:06x}"
        runs.append(RunEntry(name, verdict, 3.1, sources, found, memory=memory))
    return replace(recorded, runs=tuple(runs))


def hostile(_directory: Path) -> Recorded:
    """Every text that a guest, a client or an API chooses is markup, or moves the cursor."""
    report = samples.hostile()
    keys = [Key("hall", "lamp", SCRIPT), Key("hall", "lamp", "7")]
    shared = {"severity": "error", "name": SCRIPT, "first_seen": report.run.collected_at, "type": "drifted"}
    act = Act(at=report.run.collected_at, account=SCRIPT, what=SCRIPT)
    items = (ItemChange(what="changed", desired=SCRIPT, live=f"{SCRIPT}2"),)
    change = FieldChange(
        path=f"/{SCRIPT}", desired=[SCRIPT], live=[SCRIPT, "x"], items=items, declared_at=f"{SCRIPT}:3"
    )
    more = [
        Finding(
            id=finding_id(key, "/x"), key=key, title=SCRIPT, change=change, who=(act,), moved="live", **shared
        )
        for key in keys
    ]
    more.append(
        Finding(id=finding_id(keys[0], "rule"), key=keys[0], title=SCRIPT, **{**shared, "type": "no-backup"})
    )
    rows: dict[Key, Row] = {
        key: {
            "name": SCRIPT,
            "tags": [SCRIPT],
            "description": SCRIPT,
            "node": SCRIPT,
            "health": {"state": "healthy"},
        }
        for key in keys
    }
    report = report.model_copy(
        update={"findings": (*more, *report.findings), "hints": {**report.hints, "no-backup": SCRIPT}}
    )
    gone = Key("hall", "lamp", f"{SCRIPT} of old")
    day = timedelta(days=1)
    since = report.run.collected_at - 2 * day
    ledger = {
        finding_id(gone, "rule"): LedgerEntry(
            gone, "no-backup", since, resolved_at=since + day, title=SCRIPT, severity="error"
        )
    }
    past = Past((), (changes_of(report, (), {}),))
    inventory = Inventory(report.run, report.scopes, rows, {}, {})
    return Recorded(report, inventory, {}, ledger=ledger, past=past)


def empty(_directory: Path) -> Recorded:
    """A first run that found nothing, of a site that declares nothing."""
    report = samples.unconfigured()
    run = report.run.model_copy(update={"sources": {}})
    summary = Summary(
        verdict="in_sync", drifted=False, incomplete=False, resources=0, verdicts={}, inventory=0,
        findings={}, ignored=0, headline="nothing is declared yet",
    )  # fmt: skip
    nothing = DriftReport(run=run, summary=summary, findings=(), scopes=(), verdicts={})
    return Recorded(nothing, Inventory(run, (), {}, {}, {}), {})


def many(_directory: Path) -> Recorded:
    """10,000 guests, of which every tenth drifted: more blocks and rows than a page has itself."""
    base = site.recorded()
    rows: dict[Key, Row] = {
        Key("pve", "guest", str(number)): {
            "name": f"vm-{number}", "node": f"node-{number % 16:02}", "tags": ["web"] * (number % 3 == 0)
        }
        for number in range(100, 100 + MANY)
    }  # fmt: skip
    findings = tuple(
        site.finding(
            key, "drifted", "/memory", name=str(rows[key]["name"]), declared_at=f"pve/guest.yaml:{key.id}"
        )
        for key in rows
        if key.id.endswith("7")
    )
    drifted = {finding.key for finding in findings}
    verdicts = {str(key): "drifted" if key in drifted else "in_sync" for key in rows}
    report = base.report.model_copy(
        update={"findings": findings, "verdicts": verdicts, "unconfirmed": (), "resolved": ()}
    )
    ledger = {each.id: LedgerEntry(each.key, each.type, each.first_seen, each.path) for each in findings}
    return Recorded(report, Inventory(report.run, report.scopes, rows, {}, {}), {}, ledger=ledger)


RECORDS: dict[str, Callable[[Path], Recorded]] = {
    "lab": lab,
    "hostile": hostile,
    "empty": empty,
    "many": many,
}


def shown(name: str, directory: Path) -> View:
    """The view of a site, with the web address of its repository."""
    recorded = RECORDS[name](directory)
    recorded = with_day(recorded) if name == "lab" else recorded
    web = WebRepository(address="https://gitea.lan/ops/site", branch="main", directory="desired-state")
    run = recorded.report.run.model_copy(update={"repository": web, "desired_commit": "0123abcd" * 5})
    report = recorded.report.model_copy(update={"run": run})
    return view_of(replace(recorded, report=report, inventory=replace(recorded.inventory, run=run)))


def publish_site(view: View, directory: Path, *, only_shared: bool = False) -> None:
    """Publish a site; of one with very many resources, only what is not about a single one."""
    if len(view.entries) < 2000 and not only_shared:
        publish(view, directory)
        return
    release = directory / "releases" / view.run.id
    documents = (document for document in DOCUMENTS if isinstance(document, Document))
    bodies = ((path_of(route), body()) for each in documents for route, body in each.bodies(view))
    for path, data in (*bodies, *((page.path, page.data) for page in page_files(view))):
        assert isinstance(data, bytes), data
        target = release / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    (directory / "current").symlink_to(release.relative_to(directory))
