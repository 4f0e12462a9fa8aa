"""A small recorded site, with every verdict, hostile names and rows of an earlier run."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from reconciler.errors import Problem
from reconciler.jobs.fix import fixes_of
from reconciler.kinds import SYSTEMS
from reconciler.model.findings import DriftReport, Event, FieldChange, Finding, finding_id
from reconciler.model.key import Key
from reconciler.model.ledger import LedgerEntry
from reconciler.model.past import Past
from reconciler.model.recorded import KeyMove, Position, Recorded
from reconciler.model.run_entry import RunEntry
from reconciler.model.snapshot import Inventory, Run, Scope, SourceStatus
from reconciler.model.summary import Summary
from reconciler.model.value import Row
from reconciler.publish.content import files_of
from reconciler.publish.documents.table import document_files
from reconciler.publish.view import view
from reconciler.record.run_changes import changes_of

NOW = datetime(2026, 11, 23, 21, 5, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=5)
PLURALS = {"guest": "guests", "node": "nodes", "storage": "storages", "wlan": "wlans"}

KINDS = {kind.name: kind for system in SYSTEMS.values() for kind in system.kinds}

WEB = Key("pve", "guest", "101")
ROGUE = Key("pve", "guest", "666")
GONE = Key("pve", "guest", "102")
UNREAD = Key("pve", "guest", "103")
CARRIED = Key("barn", "guest", "101")
NODE = Key("pve", "node", "r630-01")
ESCAPE = Key("pve", "storage", "../../etc/x")
MARKUP = Key("pve", "storage", "<script>alert(1)</script>")
LONG = Key("pve", "storage", "x" * 5000)
BIDI = Key("pve", "storage", "\x00\x1b[31m\u202egnp\u2028")
CLIENT = Key("air", "client", "AA:BB:CC:00:00:01")

HOSTILE = (ESCAPE, MARKUP, LONG, BIDI)


def finding(key, type_, path=None, **more):
    change = None if path is None else FieldChange(path=path, desired=8192, live=4096)
    return Finding(
        id=finding_id(key, path or type_),
        key=key,
        type=type_,
        title=more.pop("title", type_),
        severity="warning",
        change=change,
        first_seen=EARLIER,
        **more,
    )


REFUSED = Problem("barn.lan", "connection refused", cause="unreachable")

FINDINGS = (
    finding(WEB, "drifted", "/memory", name="web1 & <b>co</b>", declared_at="pve/guest.yaml:2"),
    finding(GONE, "missing", declared_at="pve/guest.yaml:9", related=(NODE, Key("pve", "guest", "7"))),
    finding(ROGUE, "unmanaged", name="\u202erogue\u2029"),
    finding(UNREAD, "unverified", problem=Problem("", "permission denied"), declared_at="pve/guest.yaml:12"),
    finding(CARRIED, "unverified", problem=REFUSED),
)


def run(identity="20261123T210500Z-3fa9c1", at=NOW):
    return Run(
        id=identity,
        site="lan-main",
        collected_at=at,
        stale_after=at + timedelta(minutes=30),
        desired_commit="0123456789abcdef0123456789abcdef01234567",
        version="0.1.0",
        sources={
            "air": SourceStatus(system="unifi", status="complete", last_success=at),
            "barn": SourceStatus(system="proxmox", status="failed", problem=REFUSED, last_success=EARLIER),
            "pve": SourceStatus(system="proxmox", status="partial", version="9.2", last_success=at),
            "shed": SourceStatus(
                system="proxmox",
                status="failed",
                problem=Problem("shed.lan", "no such host", cause="unreachable"),
            ),
        },
    )


CONFIG: dict[Key, Row] = {
    WEB: {"name": "web1", "type": "qemu", "node": "r630-01", "memory": 4096, "nics": {"net0": {"tag": 11}}},
    ROGUE: {"name": "\u202erogue\u2029", "node": "r630-01", "memory": 512},
    CARRIED: {"name": "old", "node": "barn-01", "memory": 1024},
    Key("air", "wlan", "guests"): {"name": "guests"},
    NODE: {"name": "r630-01", "cores": 32},
    **{key: {"name": key.id, "content": ["iso"]} for key in HOSTILE},
}


def documents(run=None, plurals=PLURALS):
    """Path below the release → bytes, of every document of a recorded run but the manifest.

    The manifest is made of what is written, pages and compressed copies included.
    """
    return _by_path(document_files(shown(run, plurals)))


def release(run=None, plurals=PLURALS):
    """Path below the release → bytes, of every file of a recorded run, pages included."""
    return _by_path(files_of(shown(run, plurals)))  # without the manifest, which is made of what is written


def _by_path(yielded):
    found = list(yielded)
    assert len({page.path for page in found}) == len(found), "two documents with one path"
    assert all(isinstance(page.data, bytes) for page in found)
    return {page.path: page.data for page in found}


def shown(run=None, plurals=PLURALS):
    """The view of a recorded run, with how its findings are settled."""
    run = run or recorded()
    return view(run, plurals, fixes=fixes_of(run), kind_of=lambda _source, kind: KINDS.get(kind))


SUMMARY = Summary(
    verdict="incomplete",
    drifted=True,
    incomplete=True,
    resources=0,
    verdicts={"in_sync": 1, "drifted": 1, "missing": 1, "unmanaged": 1, "unverified": 2},
    inventory=5,
    findings={"info": 0, "warning": 5, "error": 0},
    ignored=0,
    coverage=0.5,
    headline="5 findings",
)
MOVED_FROM = Key("air", "wlan", "old & <b>co</b>")
WLAN = Key("air", "wlan", "guests")
RESOLVED = Key("pve", "guest", "55")


def entry(hours, verdict="drifted", **changes):
    """A row of a run so many hours before the last one."""
    moment = NOW - timedelta(hours=hours)
    return RunEntry(
        f"{moment:%Y%m%dT%H%M%SZ}-{int(hours * 4):06x}",
        verdict,
        4.5,
        {"pve": "complete"},
        {"warning": 2},
        **changes,
    )


def past():
    """Some runs with a gap, one that changed something, and none of before yesterday but one."""
    hours = (50, 3.5, 3.25, 3, 2.75, 2.5, 1, 0.75, 0.5, 0.25)
    memory: dict[float, dict[str, int]] = {
        50: {"assigned_mib": 2048, "physical_mib": 8192},
        1: {"assigned_mib": 3072, "physical_mib": 8192},
    }
    rows = [entry(each, changes={"new": 1} if each == 3 else {}, memory=memory.get(each)) for each in hours]
    report = DriftReport(
        run=run(rows[3].id, rows[3].at),
        summary=SUMMARY,
        findings=tuple(each.model_copy(update={"first_seen": rows[3].at}) for each in FINDINGS),
        scopes=(),
        verdicts={},
        resolved=(finding(RESOLVED, "missing", name="\u202email\x0b"),),
        events=(Event(key=ROGUE, what="started", path="", name="<img src=x onerror=alert(1)>"),),
    )
    before = {"pve": SourceStatus(system="proxmox", status="complete", last_success=EARLIER)}
    return Past(tuple(rows), (changes_of(report, (), before),))


LIVES = {
    finding_id(RESOLVED, "missing"): LedgerEntry(
        RESOLVED,
        "missing",
        EARLIER - timedelta(days=3),
        resolved_at=EARLIER,
        reopened=EARLIER - timedelta(hours=1),
        title="does not exist",
        severity="error",
    ),
    finding_id(WEB, "/cores"): LedgerEntry(
        WEB, "drifted", EARLIER - timedelta(days=30), "/cores", (4,), EARLIER - timedelta(days=2)
    ),
    finding_id(WEB, "/memory"): LedgerEntry(WEB, "drifted", EARLIER, "/memory", (8192,)),
}


def recorded(identity="20261123T210500Z-3fa9c1", at=NOW, config=None, **changes):
    config = CONFIG if config is None else config
    verdicts = {str(key): "in_sync" for key in config if key.kind != "storage"}
    verdicts |= {str(one.key): one.type for one in FINDINGS}
    report = DriftReport(
        run=run(identity, at),
        summary=SUMMARY.model_copy(update={"resources": len(config) + 3}),
        findings=FINDINGS,
        scopes=(
            Scope(
                source="pve",
                kind="guest",
                listed="complete",
                count=2,
                unread={"103": Problem("", "permission denied")},
            ),
            Scope(source="pve", kind="node", listed="complete", count=1),
            Scope(source="pve", kind="storage", listed="complete", count=4),
            Scope(source="pve", kind="pool", listed="complete", count=0),
            Scope(
                source="barn",
                kind="guest",
                listed="failed",
                count=0,
                problem=Problem("barn.lan", "refused", cause="unreachable"),
            ),
        ),
        verdicts=verdicts,
        resolved=(finding(Key("pve", "guest", "55"), "missing", declared_at="pve/guest.yaml:3"),),
        unconfirmed=(finding(CARRIED, "drifted", "/memory", declared_at="barn/guest.yaml:1"),),
    )
    base = Recorded(
        report=report,
        inventory=Inventory(
            report.run,
            report.scopes,
            config,
            {WEB: {"addresses": ["192.168.11.5/24"]}, CLIENT: {"hostname": "phone"}},
            {CARRIED: EARLIER},
        ),
        changed_at=dict.fromkeys([*config, GONE, UNREAD], EARLIER),
        moved={MOVED_FROM: KeyMove(WLAN, EARLIER)},
        ledger=LIVES,
        past=past(),
        position=Position("0123456789ab", 7),
    )
    return replace(base, **changes)


PAGES = (
    *("index", "drift", "inventory", "resource", "port-map", "addresses", "capacity", "history"),
    *("not-checked", "404"),
)
PLACEHOLDERS = {
    **{
        f"{name}.html": f'<!doctype html>\n<html lang="en"><p>{name} \u2713{"<p>" * 500}\n'.encode()
        for name in PAGES
    },
    "assets/style.css": b"p { margin: 0 }\n" * 100,
    "assets/script.js": b'"use strict";\n' * 100,
    "assets/icon.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    "v1/feed.atom": b'<feed xmlns="http://www.w3.org/2005/Atom"/>\n' * 40,
}
"""Files of a release that show how web servers treat pages, whatever the pages are."""


def put_placeholders(release):
    """Put them into a release, each over 1 KB with its compressed copy."""
    for name, data in PLACEHOLDERS.items():
        path = release / name
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        if len(data) > 1024:
            path.with_name(f"{path.name}.gz").unlink(missing_ok=True)
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(data))
