"""When a command is printed, and when it never is: each rule by itself, on one guest."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.drift.fixes import FixSite, fixes
from reconciler.errors import Problem
from reconciler.kinds import SYSTEMS
from reconciler.model.findings import DriftReport, FieldChange, Finding, PendingChange, finding_id
from reconciler.model.fix import Fix, KindFixes
from reconciler.model.key import Key
from reconciler.model.snapshot import Inventory, Run, Scope, SourceStatus
from reconciler.model.summary import Summary
from reconciler.model.value import Row
from tests.fix.configuration import split

NOW = datetime(2026, 11, 23, 21, 5, tzinfo=UTC)
KEY = Key("pve", "guest", "100")
KINDS = {"pve": {kind.name: kind for kind in SYSTEMS["proxmox"].kinds}}
OTHERS = {
    "unifi": {kind.name: kind for kind in SYSTEMS["unifi"].kinds},
    "npm": {kind.name: kind for kind in SYSTEMS["npm"].kinds},
}
MAC = "BC:24:11:00:00:01"
VM: Row = {
    "name": "web",
    "type": "qemu",
    "node": "a",
    "power": "running",
    "memory": 2048,
    "protection": True,
    "pool": "old",
    "nics": {"net0": {"model": "virtio", "mac": MAC, "bridge": "vmbr0", "tag": 12, "firewall": True}},
    "disks": {
        "scsi0": {"storage": "nas", "volume": "vm-100-disk-0", "size": "32G", "media": "disk", "ssd": True}
    },
    "unmodelled": {},
}
CT: Row = VM | {
    "type": "lxc",
    "nics": {"net0": {"name": "eth0", "mac": MAC, "bridge": "vmbr0", "tag": 12}},
    "disks": {"rootfs": {"storage": "nas", "volume": "vm-100-disk-0", "size": "4G", "media": "disk"}},
}
NODES: dict[Key, Row] = {Key("pve", "node", name): {"name": name, "status": "online"} for name in ("a", "b")}
COMPLETE = tuple(
    Scope(source="pve", kind=kind, listed="complete", count=1)
    for kind in ("guest", "node", "ha-resource", "storage")
)


def _finding(change: FieldChange | None, key: Key = KEY, type_: str = "drifted", **more: Any) -> Finding:
    identity = finding_id(key, change.path if change else type_)
    return Finding(
        id=identity, type=type_, key=key, title="t", severity="warning", change=change, first_seen=NOW, **more
    )


def _drift(path: str, desired: Any, live: Any = None, **more: Any) -> Finding:
    return _finding(FieldChange(path=path, desired=desired, live=live), **more)


def _report(*findings: Finding, **more: Any) -> DriftReport:
    run = Run(
        id="20261123T210500Z-3fa9c1",
        site="lan",
        collected_at=NOW,
        stale_after=NOW,
        version="0",
        sources={
            "pve": SourceStatus(system="proxmox", status="complete", version=more.pop("version", "9.2"))
        },
    )
    summary = Summary(
        verdict="drifted", drifted=True, incomplete=False, resources=1, verdicts={}, inventory=0, findings={},
        ignored=0, headline="",
    )  # fmt: skip
    fields = {"scopes": (), "verdicts": {str(KEY): "drifted"}} | more
    return DriftReport(run=run, summary=summary, findings=findings, **fields)


def _fix(finding: Finding, row: Any = VM, observed: Any = None, **more: Any) -> Any:
    report = more.pop("report", None) or _report(finding)
    config = {KEY: row, **NODES, **more.pop("rows", {})}
    inventory = Inventory(
        report.run, more.pop("scopes", COMPLETE), config, {KEY: observed or {}, **more.pop("seen", {})},
        more.pop("as_of", {}),
    )  # fmt: skip
    return fixes(report, inventory, more.pop("kinds", {**KINDS, **OTHERS}))[finding.id]


MEMORY = _drift("/memory", 4096, 2048)


def test_a_command_has_the_node_the_right_the_effect_and_the_digest():
    found = _fix(MEMORY, observed={"digest": "9b1f"})
    assert found.commands == (("qm", "set", "100", "--digest", "9b1f", "--memory", "4096"),)
    assert (found.where, found.effect, found.right) == ("a", "waits", "VM.Config.Memory on /vms/100")
    assert found.instead == (("reconciler", "adopt", MEMORY.id, "--write"),)


def test_some_keys_need_more_than_one_right():
    assert _fix(_drift("/startup/order", 3, 1)).right == "VM.Config.Options on /vms/100, Sys.Modify on /"
    assert _fix(_drift("/options/hookscript", None, "nas:snippets/x")).right == "root@pam"
    assert (
        _fix(_drift("/features", ["nesting"], []), CT | {"unprivileged": True}).right
        == "VM.Allocate on /vms/100"
    )
    assert _fix(_drift("/features", ["fuse"], []), CT).right == "root@pam"


def test_without_a_pulse_there_is_no_digest():
    assert _fix(MEMORY).commands == (("qm", "set", "100", "--memory", "4096"),)


NEVER: dict[str, Any] = {
    "carried forward": ({"as_of": {KEY: NOW}}, "2026-11-23T21:05:00Z"),
    "locked": ({"observed": {"lock": "backup"}}, "locked (backup)"),
    "unread": ({"observed": {"unread": ["pool"]}}, "pool"),
    "unverified": ({"report": _report(MEMORY, verdicts={str(KEY): "unverified"})}, "verified"),
}


@pytest.mark.parametrize("name", sorted(NEVER))
def test_there_is_never_a_command_for_what_is(name):
    given, reason = NEVER[name]
    found = _fix(MEMORY, **given)
    assert found.commands == ()
    assert reason in found.why_not


def test_a_lock_is_known_without_the_pulse():
    found = _fix(_drift("/memory", 4096, 2048, reason="locked: migrate"))
    assert (found.commands, found.why_not) == ((), "it is locked (migrate)")


def test_what_the_api_never_offers_is_not_unread():
    scopes = (COMPLETE[0].model_copy(update={"not_supported": ("pool",)}), *COMPLETE[1:])
    assert _fix(MEMORY, observed={"unread": ["pool"]}, scopes=scopes).commands


def test_what_is_ignored_has_no_command():
    found = _fix(_drift("/memory", 4096, 2048, ignored_by="config/ignore.yaml:1"))
    assert (found.commands, found.why_not) == ((), "it is ignored (config/ignore.yaml:1)")


def test_what_waits_to_be_confirmed_has_no_command():
    report = _report(unconfirmed=(MEMORY,))
    assert _fix(MEMORY, report=report).why_not == "the last run could not confirm it"


def test_a_nic_is_made_again_with_one_key_changed():
    found = _fix(_drift("/nics/net0/tag", 11, 12))
    assert found.commands == (("qm", "set", "100", "--net0", f"virtio={MAC},bridge=vmbr0,firewall=1,tag=11"),)
    assert found.effect == "link drops"
    found = _fix(_drift("/nics/net0/ip", "dhcp"), CT)
    text = f"name=eth0,bridge=vmbr0,hwaddr={MAC},ip=dhcp,tag=12"
    assert found.commands == (("pct", "set", "100", "--net0", text),)


@pytest.mark.parametrize(("path", "slot"), [("/nics/net0/tag", "net0"), ("/disks/scsi0/ssd", "scsi0")])
def test_a_text_with_a_part_that_is_not_read_is_not_made_again(path, slot):
    found = _fix(_drift(path, None), VM | {"unmodelled": {f"/{slot}/novel": None}})
    assert found.commands == ()
    assert "novel" in found.why_not
    assert _fix(
        _drift(path, 11 if "nics" in path else False), VM | {"unmodelled": {"/net9/novel": None}}
    ).commands


def test_flags_are_one_and_zero_and_nothing_is_deleted():
    assert _fix(_drift("/protection", False, True)).commands == (("qm", "set", "100", "--protection", "0"),)
    assert _fix(_drift("/onboot", True, False)).commands == (("qm", "set", "100", "--onboot", "1"),)
    assert _fix(_drift("/tags", [], ["a"])).commands == (("qm", "set", "100", "--delete", "tags"),)
    assert _fix(_drift("/cpulimit", 0, 2)).commands == (("qm", "set", "100", "--delete", "cpulimit"),)


HOSTILE = ["a\n# rm -rf /", "a\x1b[2J", "-h", "", " a", "a\u202eb", "\ud800", "a\x00"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_in_no_command(name):
    found = _fix(_drift("/name", name, "web"))
    assert found.commands == ()
    assert found.by_hand


def test_words_are_not_quoted_in_a_fix_and_stay_one_word():
    found = _fix(_drift("/name", "a; $(reboot) 'b'", "web"))
    assert split(found.commands[0])[1]["name"] == "a; $(reboot) 'b'"


STOPPED = VM | {"power": "stopped"}
EFFECTS = [
    (VM, _drift("/cores", 4, 2), "waits"),
    (STOPPED, _drift("/cores", 4, 2), "at once"),
    (VM, _drift("/nics/net0/model", "e1000", "virtio"), "replug"),
    (VM | {"options": {"hotplug": ["disk"]}}, _drift("/nics/net0/model", "e1000", "virtio"), "waits"),
    (VM | {"options": {"hotplug": ["memory"]}}, MEMORY, "at once"),
    (VM | {"balloon": 1024}, _drift("/balloon", 512, 1024), "at once"),
    (VM | {"balloon": 0}, _drift("/balloon", 512, 0), "waits"),
    (VM, _drift("/balloon", 0), "waits"),
    (VM | {"pending": {"/memory": 4096}}, MEMORY, "at once"),
    (VM, _drift("/options/agent/fstrim_cloned_disks", "1"), "at once"),
    (VM, _drift("/agent", True, False), "waits"),
    (VM, _drift("/disks/scsi0/size", "64G", "32G"), "grow only"),
    (CT, _drift("/cores", 4, 2), "at once"),
    (CT, _drift("/features", ["nesting"], []), "waits"),
]


@pytest.mark.parametrize(("row", "finding", "effect"), EFFECTS)
def test_the_effect_depends_on_the_guest(row, finding, effect):
    found = _fix(finding, row)
    assert (bool(found.commands), found.effect) == (True, effect)


def _together(*changes: Finding, row: Any = VM, observed: Any = None) -> Fix:
    report = _report(*changes)
    inventory = Inventory(report.run, COMPLETE, {KEY: row, **NODES}, {KEY: observed or {}}, {})
    return FixSite(report, inventory, KINDS).fix(changes)


def test_the_changes_of_one_text_are_made_by_one_command():
    found = _together(_drift("/nics/net0/tag", 11, 12), _drift("/nics/net0/bridge", "vmbr1", "vmbr0"), MEMORY)
    text = f"virtio={MAC},bridge=vmbr1,firewall=1,tag=11"
    assert found.commands == (("qm", "set", "100", "--net0", text, "--memory", "4096"),)
    assert found.effect == "waits"


def test_each_finding_of_a_resource_has_the_fix_of_all_of_them():
    """In reports and documents: the commands of one finding never undo those of another."""
    tag, bridge = _drift("/nics/net0/tag", 11, 12), _drift("/nics/net0/bridge", "vmbr1", "vmbr0")
    ignored = _drift("/cores", 4, 2, ignored_by="config/ignore.yaml:1")
    other = _drift("/memory", 4096, 2048, key=Key("pve", "guest", "101"))
    follows = _drift("/onboot", True, False, cause=other.id)
    report = _report(tag, bridge, ignored, follows, other)
    rows = {KEY: VM, other.key: VM, **NODES}
    found = fixes(report, Inventory(report.run, COMPLETE, rows, {}, {}), KINDS)
    text = f"virtio={MAC},bridge=vmbr1,firewall=1,tag=11"
    assert found[tag.id] == found[bridge.id]
    assert found[tag.id].commands == (("qm", "set", "100", "--net0", text),)
    assert found[tag.id].instead == tuple(
        ("reconciler", "adopt", each.id, "--write") for each in (tag, bridge)
    )
    assert found[follows.id].commands == (("qm", "set", "100", "--onboot", "1"),)
    assert found[ignored.id].commands == ()


def test_what_is_made_by_hand_is_in_no_text_of_another_change():
    found = _together(
        _drift("/disks/scsi0/ssd", False, True),
        _drift("/disks/scsi0/storage", "other", "nas"),
        _drift("/disks/scsi0/size", "64G", "32G"),
        observed={"digest": "9b1f"},
    )
    assert found.commands == (
        ("qm", "set", "100", "--digest", "9b1f", "--scsi0", "nas:vm-100-disk-0,size=32G"),
        ("qm", "disk", "resize", "100", "scsi0", "64G"),
    )
    assert "qm disk move" in (found.by_hand or "")


def test_a_disk_grows_and_never_shrinks():
    assert _fix(_drift("/disks/scsi0/size", "64G", "32G"), observed={"digest": "9b1f"}).commands == (
        ("qm", "disk", "resize", "100", "scsi0", "64G", "--digest", "9b1f"),
    )
    assert _fix(_drift("/disks/rootfs/size", "8G", "4G"), CT).commands == (
        ("pct", "resize", "100", "rootfs", "8G"),
    )
    for size in ("16G", "32G", None):
        assert _fix(_drift("/disks/scsi0/size", size, "32G")).commands == ()
    of_host = VM | {"disks": {"scsi0": {"volume": "/dev/sda", "size": "32G", "media": "disk"}}}
    assert _fix(_drift("/disks/scsi0/size", "64G", "32G"), of_host).commands == ()


def test_ha_keeps_its_guests():
    of_ha: dict[str, Any] = {"rows": {Key("pve", "ha-resource", "vm:100"): {}}}
    power = _drift("/power", "running", "stopped")
    move = _drift("/allowed_nodes", ["b"], "a")
    assert _fix(power).commands == (("qm", "start", "100"),)
    assert _fix(power, **of_ha).commands == (("ha-manager", "set", "vm:100", "--state", "started"),)
    assert _fix(_drift("/power", "stopped", "running"), CT).commands == (("pct", "shutdown", "100"),)
    assert _fix(move).commands == (("qm", "migrate", "100", "b", "--online"),)
    assert _fix(move, CT).commands == (("pct", "migrate", "100", "b", "--restart"),)
    assert _fix(move, STOPPED).commands == (("qm", "migrate", "100", "b"),)
    assert _fix(move, **of_ha).commands == (("ha-manager", "migrate", "vm:100", "b"),)
    assert _fix(_drift("/node", "b", "a")).commands == (("qm", "migrate", "100", "b", "--online"),)
    unknown = tuple(scope for scope in COMPLETE if scope.kind != "ha-resource")
    for each in (power, move):
        found = _fix(each, scopes=unknown)
        assert found.commands == ()
        assert "HA state could not be read" in found.by_hand
    assert "none of these nodes" in _fix(_drift("/allowed_nodes", ["c"], "a")).by_hand


def test_a_hibernated_guest_can_be_started_and_nothing_else():
    seen = {"lock": "suspended"}
    assert _fix(_drift("/power", "running", "stopped"), observed=seen).commands
    assert not _fix(MEMORY, observed=seen).commands


def test_a_pool_is_set_as_the_release_has_it():
    move, leave = _drift("/pool", "new", "old"), _drift("/pool", None, "old")
    into = ("pvesh", "set", "/pools", "--poolid", "new", "--vms", "100", "--allow-move", "1")
    assert _fix(move).commands == (into,)
    assert _fix(leave).commands == (
        ("pvesh", "set", "/pools", "--poolid", "old", "--vms", "100", "--delete", "1"),
    )
    older = _fix(move, report=_report(move, version="8.0.4")).commands
    assert older == (
        ("pvesh", "set", "/pools/old", "--vms", "100", "--delete", "1"),
        ("pvesh", "set", "/pools/new", "--vms", "100"),
    )


@pytest.mark.parametrize("identity", ["a/../../nodes", "..", "-x", "a b", "a;b", "a\nb", "$(b)"])
def test_an_id_that_is_not_plain_is_in_no_command(identity):
    for kind, path in (("backup-job", "/schedule"), ("storage", "/nodes"), ("ha-resource", "/max_restart")):
        key = Key("pve", kind, identity)
        found = _fix(_drift(path, "x", key=key), rows={key: {"name": identity}})
        assert found.commands == ()
        assert found.by_hand


def test_a_policy_is_not_adopted():
    assert _fix(_drift("/allowed_nodes", ["b"], "a")).instead == ()


def _pending(path: str) -> Finding:
    change = PendingChange(path=path, configured=4096, running=2048)
    return Finding(
        id="p", type="pending-change", key=KEY, title="t", severity="info", pending=change, first_seen=NOW
    )


def test_what_waits_is_applied_or_reverted():
    found = _fix(_pending("/nics/net0/tag"))
    assert (found.commands, found.instead) == (
        (("qm", "reboot", "100"),),
        (("qm", "set", "100", "--revert", "net0"),),
    )
    hidden = VM | {"unmodelled": {"/novel": None}}
    assert _fix(_pending("/novel"), hidden).instead == (("qm", "set", "100", "--revert", "novel"),)
    assert _fix(_pending("/no; rm"), VM | {"unmodelled": {"/no; rm": None}}).instead == ()


def test_what_is_missing_is_restored_and_what_is_not_declared_is_never_removed():
    missing = _finding(None, type_="missing", declared_at="desired-state/pve/guest.yaml:4")
    left = {
        "made": "2026-11-23T02:00:00Z",
        "volume": "backup/vm/100/2026-11-23T02:00:00Z",
        "type": "qemu",
        "node": "a",
    }
    older = left | {"made": "2026-11-20T02:00:00Z", "volume": "x"}
    storages = {Key("pve", "storage", "pbs"): {"name": "pbs"}, Key("pve", "storage", "nas"): {"name": "nas"}}
    seen = {
        Key("pve", "storage", "pbs"): {"left_backups": {"100": left}},
        Key("pve", "storage", "nas"): {"left_backups": {"100": older}},
    }
    found = _fix(missing, rows=storages, seen=seen)
    assert found.commands == (("qmrestore", "pbs:backup/vm/100/2026-11-23T02:00:00Z", "100"),)
    assert (found.effect, found.where) == ("restores", "a")
    seen[Key("pve", "storage", "pbs")] = {"left_backups": {"100": left | {"type": "lxc"}}}
    assert _fix(missing, rows=storages, seen=seen).commands[0][:3] == ("pct", "restore", "100")
    assert _fix(missing).by_hand == "make pve/guest/100 again as declared at desired-state/pve/guest.yaml:4"
    unmanaged = _finding(None, type_="unmanaged")
    for each in (missing, unmanaged):
        assert _fix(each).instead == (("reconciler", "adopt", each.id, "--write"),)
    assert _fix(unmanaged).commands == ()
    assert _fix(_drift("", None, {})).commands == ()
    assert _fix(_drift("/disks/scsi0", None, {})).commands == ()


BY_HAND = {
    ("unifi", "port-forward", "wan:tcp:22", "/fwd"): (
        "on ssh (wan:tcp:22): set fwd to 192.0.2.1",
        "192.0.2.1",
    ),
    ("unifi", "network", "IoT", "/vlan"): ("In Settings > Networks, on IoT: set vlan to 20", 20),
    ("npm", "proxy-host", "git.lan", "/forward_port"): (
        "In Hosts > Proxy Hosts, on git.lan: set forward_port to 3000",
        3000,
    ),
    ("pve", "firewall", "cluster", "/rules"): ("known", []),
    ("pve", "firewall", "cluster", "/enable"): ("lock you out", True),
    ("pve", "node-network", "a:vmbr0", "/mtu"): ("cuts the node off", 9000),
    ("pve", "sdn-zone", "lan", "/mtu"): ("changes the network of every node", 1400),
    ("pve", "storage", "nas", "/server"): ("its server cannot be changed", "192.0.2.1"),
}


@pytest.mark.parametrize("where", sorted(BY_HAND))
def test_what_is_not_safe_is_said_in_words(where):
    source, kind, identity, path = where
    text, value = BY_HAND[where]
    key = Key(source, kind, identity)
    named = "ssh" if kind == "port-forward" else identity
    found = _fix(_drift(path, value, key=key), rows={key: {"name": named}})
    assert found.commands == ()
    assert text in found.by_hand


def test_every_kind_of_every_system_says_something():
    for source, known in {**KINDS, **OTHERS}.items():
        for kind in known.values():
            key = Key(source, kind.name, "1")
            field = next(iter(kind.adopted_fields), "name")
            found = _fix(_drift(f"/{field}", "x", key=key), rows={key: {"name": "1", "type": "qemu"}})
            assert found.by_hand or found.commands, kind.name


def test_a_kind_that_fails_costs_only_its_own_fix():
    def fails(_wanted: object) -> Fix:
        raise KeyError

    kinds = {"pve": {"guest": replace(KINDS["pve"]["guest"], fix=KindFixes(fails))}}
    found = _fix(MEMORY, kinds=kinds)
    assert found.why_not.startswith("fix of guest: failed unexpectedly: KeyError")
    assert found.by_hand == "set memory of pve/guest/100 as declared"


def test_a_rule_says_what_its_page_says():
    finding = _finding(None, type_="no-backup")
    report = _report(finding, hints={"no-backup": "add it to a job"})
    assert _fix(finding, report=report).by_hand == "add it to a job"


def test_what_could_not_be_verified_says_what_to_repair():
    problem = Problem("pve", "login refused", "check the token")
    found = _fix(_finding(None, type_="unverified", problem=problem))
    assert (found.why_not, found.by_hand) == ("it could not be verified", "check the token")
