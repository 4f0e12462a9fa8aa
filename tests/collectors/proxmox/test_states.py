"""States of guests, rules and networks over real sockets: what is health, and what makes no commit."""

import time

import pytest

from reconciler.collectors.proxmox.kinds.guest import policy
from reconciler.config.settings import DriftSettings
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.kinds import SYSTEMS
from reconciler.model.desired import DesiredState
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from tests.collectors.proxmox.lab_site import read

KINDS = {"pve": {kind.name: kind for kind in SYSTEMS["proxmox"].kinds}}
NOTHING = DesiredState({}, frozenset(), lambda _key, _path: "", frozenset())
VM = 111
AGENT = f"GET /api2/json/nodes/r630-01/qemu/{VM}/agent/network-get-interfaces"


def run(lab, previous=None):
    """The record of a run in which nothing is declared."""
    inventory = carry_forward(read(lab), previous, KINDS)
    report = compare(inventory, NOTHING, previous, DriftSettings(), KINDS)
    return Recorded(report, inventory, {})


def found(recorded, type_):
    return {
        str(finding.key): (finding.severity, finding.title)
        for finding in recorded.report.findings
        if finding.type == type_
    }


def guest(recorded, vmid=VM):
    key = Key("pve", "guest", str(vmid))
    return recorded.inventory.config[key], recorded.inventory.observed[key]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("io-error", "it is paused because of an I/O error of a disk"),
        ("internal-error", "it is paused because of an internal error of QEMU"),
        ("guest-panicked", "its operating system has crashed"),
        ("paused", "it is paused"),
        ("prelaunch", "its process is running, but it was never started"),
        ("suspended", "it is suspended (asleep)"),
    ],
)
def test_a_state_of_a_vm_is_health_and_a_warning_and_no_change(own_lab, word, reason):
    before = run(own_lab)
    own_lab.state.set_run_state(VM, word)
    asked = own_lab.requests[AGENT]
    now = run(own_lab, before)
    assert now.inventory.config == before.inventory.config
    assert guest(now)[1]["health"] == {"state": "degraded", "reason": reason, "alarm": True}
    assert found(now, "degraded") == {f"pve/guest/{VM}": ("warning", reason)}
    assert not [event for event in now.report.events if event.key.kind == "guest"]
    assert own_lab.requests[AGENT] == asked, "its agent cannot answer"


def test_high_availability_that_gave_up_is_health_and_a_warning(own_lab):
    own_lab.state.set_ha_state(VM, "started")
    before = run(own_lab)
    assert not found(before, "degraded")
    own_lab.state.set_ha_state(VM, "error")
    now = run(own_lab, before)
    assert now.inventory.config == before.inventory.config
    reason = "HA has given up on it (state error)"
    assert found(now, "degraded") == {f"pve/guest/{VM}": ("warning", reason)}


@pytest.mark.parametrize("known", [True, False], ids=["run state in the list", "only the node knows it"])
def test_a_stopped_vm_that_runs_for_its_backup_is_stopped(own_lab, known):
    own_lab.state.set_power(VM, "stopped")
    before = run(own_lab)
    own_lab.state.edit_guest(VM, lock="backup")
    own_lab.state.set_run_state(VM, "prelaunch")
    own_lab.state.qemu_answers = known
    now = run(own_lab, before)
    assert guest(now)[0] == guest(before)[0]
    assert guest(now)[1]["health"] == {"state": "stopped"}
    assert not now.report.events
    assert not found(now, "degraded")


def test_a_vm_that_runs_during_its_backup_runs(own_lab):
    before = run(own_lab)
    own_lab.state.edit_guest(VM, lock="backup")
    now = run(own_lab, before)
    assert guest(now)[0] == guest(before)[0]
    assert guest(now)[1]["health"]["state"] == "healthy"
    assert guest(now)[1]["lock"] == "backup"


def test_power_is_recorded_and_an_event_and_never_adopted(own_lab):
    before = run(own_lab)
    own_lab.state.set_power(VM, "stopped")
    now = run(own_lab, before)
    assert [(event.what, event.path) for event in now.report.events] == [("stopped", "/power")]
    assert guest(now)[0]["power"] == "stopped"
    assert "power" in KINDS["pve"]["guest"].not_adopted_fields
    assert policy.locked({"lock": "suspended"}, "/power") is None
    assert policy.locked({"lock": "suspended"}, "/memory") == "suspended"


def test_errors_of_rules_are_health_and_a_warning_and_no_change(own_lab):
    before = run(own_lab)
    lists = own_lab.state.lists
    lists["cluster/ha/rules"][0]["errors"] = {"nodes": ["node 'r9' does not exist", "no node left"]}
    lists["cluster/firewall/rules"][1]["errors"] = {"dest": "no such alias 'dc/gone'"}
    lists["cluster/firewall/ipset/management"][0]["errors"] = {"cidr": "duplicate entry"}
    now = run(own_lab, before)
    assert now.inventory.config == before.inventory.config
    assert not now.report.events
    assert found(now, "degraded") == {
        "pve/firewall/cluster": (
            "warning",
            "Proxmox VE skips rule 1 (dest: no such alias 'dc/gone')",
        ),
        "pve/ha-rule/databases-big": (
            "warning",
            "Proxmox VE skips it: nodes: node 'r9' does not exist; no node left",
        ),
        "pve/ipset/management": ("warning", "Proxmox VE skips 192.168.11.0/24 (cidr: duplicate entry)"),
    }


def test_errors_of_a_rule_that_is_off_do_not_matter(own_lab):
    own_lab.state.lists["cluster/firewall/rules"][1] |= {"enable": 0, "errors": {"dest": "no such alias"}}
    own_lab.state.lists["cluster/ha/rules"][0] |= {"disable": 1, "errors": {"nodes": "no such node"}}
    assert not found(run(own_lab), "degraded")


def test_what_waits_on_a_node_is_one_finding_about_it(own_lab):
    own_lab.state.stage_interface("r630-01", "vmbr0", mtu="9000")
    own_lab.state.stage_interface("r630-01", "vmbr0.12", cidr="192.168.12.99/24", address="192.168.12.99")
    own_lab.state.stage_interface("r630-01", "eno3")
    recorded = run(own_lab)
    assert found(recorded, "pending-change")["pve/node/r630-01"] == (
        "info",
        'network_changes is not active yet: ["eno3", "vmbr0", "vmbr0.12"]',
    )
    assert not [key for key in found(recorded, "pending-change") if key.startswith("pve/node-network/")]
    marked = {
        key.id
        for key, row in recorded.inventory.observed.items()
        if row.get("changes_pending") and key.id[:7] == "r630-01"
    }
    assert marked == {"r630-01:vmbr0", "r630-01:vmbr0.12"}


def test_the_network_of_a_node_that_cannot_be_read_still_waits(own_lab):
    before = run(own_lab)
    assert "pve/node/r630-03" in found(before, "pending-change")
    own_lab.faults.answer("/nodes/r630-03/network", 500, "broken")
    now = run(own_lab, before)
    assert found(now, "pending-change") == found(before, "pending-change")
    assert now.inventory.config == before.inventory.config


def test_a_node_in_maintenance_is_online_and_shown(own_lab):
    before = run(own_lab)
    own_lab.state.lists["lrm"] = {"r630-02": "maintenance mode"}
    now = run(own_lab, before)
    key = Key("pve", "node", "r630-02")
    assert now.inventory.config == before.inventory.config
    assert now.inventory.config[key]["status"] == "online"
    assert now.inventory.observed[key]["ha"] == "maintenance"
    assert now.inventory.observed[key]["health"]["state"] == "degraded"
    assert not now.report.events


def test_a_replication_that_fails_is_a_warning_and_no_change(own_lab):
    before = run(own_lab)
    sync = own_lab.state.lists["synchronisations"]["111-0"]
    sync |= {"fail_count": 4, "error": "no space left"}
    now = run(own_lab, before)
    assert now.inventory.config == before.inventory.config
    reason = "4 tries failed since 2026-11-23T20:40:00Z: no space left"
    assert found(now, "degraded") == {"pve/replication-job/111-0": ("warning", reason)}


@pytest.mark.parametrize(
    ("went", "late"),
    [({}, True), ({"pid": 4711}, False), ({"last_try": 0}, False), ({"remove_job": "full"}, False)],
)
def test_a_replication_that_does_not_run_when_it_is_due_is_a_warning(own_lab, went, late):
    before = run(own_lab)
    due = int(time.time()) - 7200
    own_lab.state.lists["synchronisations"]["111-0"] |= {"next_sync": due, **went}
    now = run(own_lab, before)
    assert now.inventory.config == before.inventory.config
    assert set(found(now, "degraded")) == ({"pve/replication-job/111-0"} if late else set())


def test_ceph_is_the_health_of_its_cluster(own_lab):
    before = run(own_lab)
    (key,) = [each for each in before.inventory.observed if each.kind == "cluster"]
    assert before.inventory.observed[key]["health"] == {"state": "healthy"}
    health = {"status": "HEALTH_WARN", "checks": {"OSD_DOWN": {"severity": "HEALTH_WARN"}}}
    own_lab.state.lists["cluster/ceph/status"] = {"health": health}
    now = run(own_lab, before)
    assert now.inventory.config == before.inventory.config
    assert found(now, "degraded") == {str(key): ("warning", "Ceph: HEALTH_WARN: OSD_DOWN")}
