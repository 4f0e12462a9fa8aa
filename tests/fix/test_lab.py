"""Drift of the whole lab: the printed words settle each finding, or it waits exactly as it was announced."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from reconciler import kinds
from reconciler.collectors.proxmox.kinds.guest.hotplug import effect_of, table_of
from reconciler.config.file import load_config
from reconciler.jobs.fix import Fixes, fix_recorded
from reconciler.lab import Lab
from reconciler.lab.members import Guest
from reconciler.lab.seed import seed
from reconciler.model.fix import WantedFields
from reconciler.report.settled import Settled
from tests.fix.cluster import execute, waits
from tests.fix.configuration import RefusedError
from tests.site_repository import SiteRepository


def _text(lab: Lab, vmid: int, key: str, old: str, new: str) -> None:
    text = lab.state.guests[vmid].config[key]
    assert old in text, text
    lab.state.edit_guest(vmid, **{key: text.replace(old, new)})


CHANGES: Mapping[str, Callable[[Lab], Any]] = {
    "tags": lambda lab: lab.state.edit_guest(101, tags="infra"),
    "autostart of a container": lambda lab: lab.state.edit_guest(102, onboot=0),
    "cores of a VM": lambda lab: lab.state.edit_guest(105, cores=8),
    "cores of a container": lambda lab: lab.state.edit_guest(103, cores=4),
    "features of a container": lambda lab: lab.state.edit_guest(104, features="nesting=1"),
    "trunks of a NIC": lambda lab: _text(lab, 111, "net0", "tag=11", "tag=11,trunks=30;40-42"),
    "cache of a disk": lambda lab: _text(lab, 112, "scsi0", "discard=on", "discard=on,cache=unsafe"),
    "limit of a disk": lambda lab: _text(lab, 118, "scsi0", "size=", "mbps_rd=10,size="),
    "a smaller disk": lambda lab: _text(lab, 137, "scsi0", "size=32G", "size=16G"),
    "a NIC more": lambda lab: lab.state.edit_guest(138, net7="virtio=BC:24:11:0B:77:01,bridge=vmbr0"),
    "cloud-init": lambda lab: lab.state.edit_guest(115, ciuser="root"),
    "no balloon": lambda lab: lab.state.edit_guest(121, balloon="0"),
    "pool": lambda lab: lab.state.pools["production"]["guests"].remove(122),
    "another pool": lambda lab: (
        lab.state.pools["staging"]["guests"].remove(149),
        lab.state.pools["infrastructure"]["guests"].append(149),
    ),
    "storage of a pool": lambda lab: lab.state.pools["production"]["storages"].append("pbs"),
    "nodes of a storage": lambda lab: lab.state.edit_storage("pbs", nodes="ml110"),
    "content of a storage": lambda lab: lab.state.edit_storage("nas", content="images"),
    "schedule": lambda lab: lab.state.lists["cluster/backup"][0].update(schedule="04:30"),
    "selection": lambda lab: lab.state.lists["cluster/backup"][1].update(vmid="113"),
    "replication": lambda lab: lab.state.lists["cluster/replication"][0].update(schedule="*/5", disable=1),
    "ha resource": lambda lab: lab.state.lists["cluster/ha/resources"][0].update(max_restart=5),
    "ha rule": lambda lab: lab.state.lists["cluster/ha/rules"][0].update(strict=0),
    "firewall of a guest": lambda lab: lab.state.lists["guests/105/firewall/options"].update(enable=0),
    "firewall of a node": lambda lab: lab.state.lists["nodes/ml110/firewall/options"].update(ndp=0),
}
"""Beside the seeded ones."""


@dataclass
class Site:
    """A lab whose runs are recorded."""

    lab: Lab
    repository: SiteRepository

    def run(self) -> None:
        assert self.repository.run("run", "--fail-on", "never") == 0

    def fixes(self, *named: str) -> Fixes:
        return fix_recorded(
            load_config(self.repository.root / "config/reconciler.yaml", kinds.settings()), named
        )

    def rows(self, kind: str) -> dict[str, Any]:
        text = self.repository.git("show", f"drift-state:reports/latest/live/pve/{kind}.json")
        rows: dict[str, Any] = json.loads(text)
        return rows

    def everything(self) -> dict[str, Any]:
        names = self.repository.git("ls-tree", "--name-only", "drift-state:reports/latest/live/pve").split()
        return {name: self.rows(name.removesuffix(".json")) for name in names}

    def state(self) -> Any:
        state = self.lab.state
        guests = {vmid: (guest.config, guest.pending, guest.node) for vmid, guest in state.guests.items()}
        return copy.deepcopy((guests, state.lists, state.pools, state.storages))


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patch, Lab(hosts=1) as lab:
        repository = SiteRepository(tmp_path_factory.mktemp("fix") / "site", patch)
        repository.configure_all(lab)
        repository.commit()
        yield Site(lab, repository)


def _row(everything: dict[str, Any], key: str) -> Any:
    _, kind, identity = key.split("/", 2)
    row = dict(everything[f"{kind}.json"][identity])
    row.pop("pending", None)
    return row


def test_what_is_printed_settles_every_drift_and_changes_nothing_else(site):
    site.run()
    as_declared = site.everything()
    seed(site.lab)
    for change in CHANGES.values():
        change(site.lab)
    site.run()
    drifted, found = site.everything(), site.fixes()
    assert not [
        each for each in found.entries if not (each.fix.commands or each.fix.by_hand or each.fix.why_not)
    ]
    ready = [each for each in found.entries if each.fix.commands]
    assert {each.findings[0].key.kind for each in ready} == WITH_COMMANDS
    assert len(ready) > len(CHANGES)
    _a_changed_digest_writes_nothing(site, next(each for each in ready if each.findings[0].key.id == "113"))
    for each in ready:
        for words in each.fix.commands:
            execute(site.lab, words, each.fix.where)
    site.run()
    _is_gone_or_waits(site, ready)
    settled = {str(finding.key) for each in ready for finding in each.findings if finding.change}
    now = site.everything()
    for key in settled:
        assert _row(now, key) == _row(as_declared, key), key
    assert _others(now, settled) == _others(drifted, settled)


WITH_COMMANDS = set("guest storage backup-job replication-job ha-resource ha-rule pool firewall".split())


def _is_gone_or_waits(site: Site, settled: list[Settled]) -> None:
    findings = site.repository.report()["findings"]
    still = {each["id"] for each in findings}
    waiting = {each["key"] for each in findings if each["type"] == "pending-change"}
    for each in settled:
        for finding in each.findings:
            if finding.change is not None:
                assert finding.id not in still, finding.title
                assert (str(finding.key) in waiting) == (each.fix.effect == "waits"), finding.title


def _others(everything: dict[str, Any], settled: set[str]) -> dict[str, Any]:
    """The rows of what was not set, but for the guest that was restarted and the members of pools."""
    return {
        key: row
        for name, rows in everything.items()
        for identity, row in rows.items()
        if (key := f"pve/{name.removesuffix('.json')}/{identity}") not in settled
        and key != "pve/guest/114"
        and "/pool/" not in key
    }


def _a_changed_digest_writes_nothing(site: Site, entry: Settled) -> None:
    (words,) = entry.fix.commands
    site.lab.state.edit_guest(113, onboot=0)
    before = site.state()
    with pytest.raises(RefusedError, match="checksum mismatch"):
        execute(site.lab, words, entry.fix.where)
    assert site.state() == before
    site.lab.state.edit_guest(113, onboot=1)


def _guest(kind: str) -> Guest:
    nic = "virtio=BC:24:11:00:00:01,bridge=vmbr0" if kind == "qemu" else "name=eth0,bridge=vmbr0"
    disk = "nas:vm-100-disk-0,size=4G"
    return Guest(100, kind, "a", {"net0": nic, "scsi0" if kind == "qemu" else "rootfs": disk})


@pytest.mark.parametrize("kind", ["qemu", "lxc"])
def test_the_effects_of_keys_are_those_of_the_sources(kind):
    """The table of the product, against that of these tests."""
    row = {"type": kind, "power": "running", "node": "a", "unmodelled": {}}
    differing = {
        key: effect
        for key, effect in table_of(row)["keys"].items()
        if (effect_of(WantedFields("100", row, {f"/{key}": "1"}, lambda _: None), f"/{key}", key) == "waits")
        != waits(_guest(kind), key, "1")
    }
    assert differing == {}


def test_what_waits_becomes_active_or_is_reverted(site):
    waiting = [each for each in site.fixes().entries if any(finding.pending for finding in each.findings)]
    guests = [each for each in waiting if each.findings[0].key.kind == "guest"]
    assert {each.fix.effect for each in guests} == {"restarts"}
    assert len(guests) > 3
    reverted, *rebooted = guests
    (words,) = reverted.fix.instead
    execute(site.lab, words, reverted.fix.where)
    for each in rebooted:
        for words in each.fix.commands:
            execute(site.lab, words, each.fix.where)
    site.run()
    still = {each["key"] for each in site.repository.report()["findings"] if each["type"] == "pending-change"}
    assert still == {"pve/node/r630-03"}


def test_the_fix_is_published_and_not_recorded(site):
    report = site.repository.report()
    assert not [each for each in report["findings"] if "fix" in each]
    tree = site.repository.root / "public/current/v1"
    published = json.loads((tree / "inventory/drift.json").read_text())["data"]["findings"]
    one_by_one = {each.id: each.fix.model_dump(mode="json") for each in site.fixes().each}
    assert one_by_one
    fixes = {each["id"]: each["fix"] for each in published}
    assert one_by_one.items() <= fixes.items()
    for each in published:
        document = json.loads(
            (site.repository.root / f"public/current{each['links']['resource']}.json").read_text()
        )
        assert {one["id"]: one["fix"] for one in document["data"]["findings"]}[each["id"]] == each["fix"]
