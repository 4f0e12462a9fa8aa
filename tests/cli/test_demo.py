import json
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.lab.seed import CHANGES
from reconciler.site import rules
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


def test_the_second_run_commits_nothing(demo):
    _, scratch = demo
    (folder,) = scratch.glob("reconciler-demo-*")
    assert _git(folder, "rev-list", "--count", "drift-state") == "1"


SHOWN = {
    "duplicate-ip": {"site/address/192.168.11.122"},
    "address-outside-subnet": {"pve/guest/132"},
    "undeclared-address": {"site/address/192.168.1.99"},
    "unseen-address": {"site/address/192.168.11.120", "site/address/192.168.11.142"},
    "vlan-not-carried": {"pve/guest/148"},
    "cable-contradiction": {"site/cable/ml110:eno1"},
    "target-unknown": {"npm/proxy-host/wiki.lan.example", "unifi/port-forward/wan:udp:51820"},
    "target-stopped": {"npm/proxy-host/vault.lan.example"},
    "certificate-expiry": {"npm/certificate/old.example"},
    "over-commit": {"pve/node/ml110"},
    "no-backup": {"pve/guest/130", "pve/guest/131"},
    "inactive-storage": {"pve/guest/115", "pve/guest/143", "pve/guest/155"},
}
"""Rule → where it fires on the seeded site."""


def test_the_demo_shows_a_handful_of_rules_and_no_false_alarm(demo):
    _, scratch = demo
    (folder,) = scratch.glob("reconciler-demo-*")
    report = json.loads(_git(folder, "show", "drift-state:reports/latest/drift.json"))
    shown: dict[str, set[str]] = {}
    for finding in report["findings"]:
        if finding["type"] in rules.RULES:
            shown.setdefault(finding["type"], set()).add(finding["key"])
    assert shown == SHOWN
    assert report["unconfirmed"] == []
    assert report["unchecked"] == {}


def test_every_change_is_printed(demo):
    done, _ = demo
    assert done.stdout.count("  seeded: ") == len(CHANGES)


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
