import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler.lab import seed
from tests.docs.demo_output import GOLDEN, steady

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """`reconciler demo`, run as a user does, from a folder that is not the checkout."""
    scratch = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "demo"],
        cwd=scratch,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={"PYTHONPATH": str(ROOT), "TMPDIR": str(scratch), "PATH": "/usr/bin:/bin", "HOME": str(scratch)},
    )
    return done, scratch


def test_the_demo_prints_its_golden_output(demo):
    done, _ = demo
    assert done.returncode == 0, done.stderr
    assert GOLDEN.read_text() == steady(done.stdout), "run: make generate"


def test_the_demo_tells_its_steps_and_nothing_else_on_standard_error(demo):
    done, _ = demo
    assert "guests: 61" in done.stderr
    assert "warning" not in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_the_demo_stays_in_its_folder(demo):
    _, scratch = demo
    (folder,) = scratch.glob("reconciler-demo-*")
    assert sorted(path.name for path in scratch.iterdir()) == [folder.name]
    assert (folder / "site/public/current/v1/summary.json").is_file()


def _git(folder, *arguments):
    done = subprocess.run(
        ["git", *arguments], cwd=folder / "origin.git", check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_a_run_on_the_unchanged_site_commits_nothing(demo):
    """The first run and the one after the changes do."""
    _, scratch = demo
    (folder,) = scratch.glob("reconciler-demo-*")
    assert _git(folder, "rev-list", "--count", "drift-state") == "2"


def _report(scratch, commit="drift-state"):
    (folder,) = scratch.glob("reconciler-demo-*")
    report: dict[str, Any] = json.loads(_git(folder, "show", f"{commit}:reports/latest/drift.json"))
    return report


CAUSES = {
    seed.memory_halved: "pve/guest/113 /memory",
    seed.moved_to_another_vlan: "pve/guest/132 /nics/net0/tag",
    seed.destroyed: "pve/guest/120 missing",
    seed.made_by_hand: "pve/guest/199 unmanaged",
    seed.forward_leads_elsewhere: "unifi/port-forward/wan:udp:51820 /fwd",
    seed.proxy_leads_elsewhere: "npm/proxy-host/git.lan.example /forward_port",
    seed.copied_address: "pve/guest/142 /nics/net0/ip",
    seed.vlan_that_stops_at_the_switch: "pve/guest/148 /nics/net1",
    seed.plugged_elsewhere: "site/cable/ml110:eno1 cable-contradiction",
    seed.stopped_behind_a_name: "pve/guest/145 target-stopped",
    seed.given_more_than_there_is: "pve/guest/108 /memory",
    seed.storage_away: "pve/storage/nas inactive-storage",
}
"""Change → the finding that it is."""

BELOW = {
    "pve/guest/132 /nics/net0/tag": {"address-outside-subnet pve/guest/132"},
    "pve/guest/120 missing": {"unseen-address site/address/192.168.11.120"},
    "pve/guest/199 unmanaged": {"undeclared-address site/address/192.168.1.99"},
    "unifi/port-forward/wan:udp:51820 /fwd": {"target-unknown unifi/port-forward/wan:udp:51820"},
    "pve/guest/142 /nics/net0/ip": {
        "duplicate-ip site/address/192.168.11.122",
        "unseen-address site/address/192.168.11.142",
    },
    "pve/guest/148 /nics/net1": {"vlan-not-carried pve/guest/148"},
    "pve/guest/108 /memory": {"over-commit pve/node/ml110"},
}
"""Cause → what follows from it."""

KNOWN = {
    "certificate-expiry": ["npm/certificate/old.example"],
    "target-unknown": ["npm/proxy-host/wiki.lan.example"],
    "no-backup": ["pve/guest/130", "pve/guest/131"],
    "pending-change": [*["pve/guest/114"] * 3, "pve/node/r630-03"],
}
"""Rule → where it fires before anything is changed."""


def _called(finding):
    change = finding.get("change")
    return f"{finding['key']} {change['path'] if change else finding['type']}"


def test_findings_of_the_site_as_it_is_declared_are_listed_by_name(demo):
    done, scratch = demo
    shown: dict[str, list[str]] = {}
    for finding in _report(scratch, "drift-state~1")["findings"]:
        shown.setdefault(finding["type"], []).append(finding["key"])
        assert f"  known before: {finding['key']} {finding['type']}: " in done.stdout
    assert shown == KNOWN
    assert done.stdout.count("  known before: ") == sum(map(len, KNOWN.values())) == 8


def test_each_change_is_one_cause_or_one_event(demo):
    """Here each is a cause; all else that is new follows from one of them."""
    _, scratch = demo
    known = {finding["id"] for finding in _report(scratch, "drift-state~1")["findings"]}
    report = _report(scratch)
    new = {each["id"]: each for each in report["findings"] if each["id"] not in known}
    causes = {identity: _called(each) for identity, each in new.items() if "cause" not in each}
    assert CAUSES.keys() == set(seed.CHANGES)
    assert sorted(causes.values()) == sorted(CAUSES.values())
    assert report["events"] == []
    below: dict[str, set[str]] = {}
    for finding in new.values():
        if "cause" in finding:
            below.setdefault(causes[finding["cause"]], set()).add(f"{finding['type']} {finding['key']}")
    assert below == BELOW
    assert report["unconfirmed"] == []
    assert report["resolved"] == []
    assert report["unchecked"] == {}
    assert sum(report["summary"]["causes"].values()) == len(CAUSES) + len(known)


def test_every_change_is_printed(demo):
    done, _ = demo
    changes = done.stdout.split("Then people change the site by hand:\n")[1].split("\n\n")[0]
    assert len(changes.splitlines()) == len(seed.CHANGES)


def test_the_trace_of_a_name_leads_to_the_switch_port(demo):
    done, _ = demo
    trace = done.stdout.split("Trace of git.lan.example to the switch port\n")[1].split("\n\n")[0]
    *steps, where = [" ".join(line.split()) for line in trace.splitlines()]
    assert steps == [
        "name git.lan.example",
        "→ proxy host git.lan.example configured by npm/proxy-host/git.lan.example",
        "→ address 192.168.11.115:3001 configured by npm/proxy-host/git.lan.example",
        "→ guest 115 gitea configured by pve/guest/115",
        "→ bridge r630-01:vmbr0 (VLAN 11) configured by pve/guest/115",
        "→ NIC r630-01:eno1 configured by pve/node-network/r630-01:eno1",
        "→ NIC r630-01:eno2 configured by pve/node-network/r630-01:eno2",
        "→ switch port 74:AC:B9:00:00:02:2 Core: r630-01 a declared by site/cable/r630-01:eno1",
        "→ switch port 74:AC:B9:00:00:02:3 Core declared by site/cable/r630-01:eno2",
    ]
    assert where.startswith("every name, and what depends on each port: /")
    assert Path(where.rpartition(" ")[2]).is_file()
