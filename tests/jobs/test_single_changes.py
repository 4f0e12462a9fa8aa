"""Any single change of a site that is declared as it was is one cause, or one event; all else hangs below it.

The site is the lab's, adopted whole and recorded once.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from reconciler import kinds
from reconciler.cli.demo import configuration, example_desired_state, secrets_of
from reconciler.config.file import Config, load_config
from reconciler.jobs import steps
from reconciler.jobs.adopt import adopt_live
from reconciler.lab import Lab
from reconciler.lab.members import Node
from reconciler.model.findings import DriftReport, Finding
from reconciler.model.progress import Silent
from reconciler.model.recorded import Recorded

Change = Callable[[Lab], Any]


def _row(lab: Lab, path: str, name: str) -> dict[str, Any]:
    return next(row for row in lab.unifi.lists[path] if row["name"] == name)


def _network(network: str, **fields: Any) -> Change:
    return lambda lab: _row(lab, "rest/networkconf", network).update(fields)


def _nic(vmid: int, old: str, new: str, slot: str = "net0") -> Change:
    def change(lab: Lab) -> None:
        text = lab.state.guests[vmid].config[slot]
        assert old in text
        lab.state.edit_guest(vmid, **{slot: text.replace(old, new)})

    return change


def _guest(vmid: int, **fields: Any) -> Change:
    return lambda lab: lab.state.edit_guest(vmid, **fields)


def _without(path: str, name: str) -> Change:
    return lambda lab: lab.unifi.lists[path].remove(_row(lab, path, name))


def _job(number: int, **fields: Any) -> Change:
    return lambda lab: lab.state.lists["cluster/backup"][number].update(fields)


def _proxy(number: int, **fields: Any) -> Change:
    return lambda lab: lab.npm.lists["proxy-hosts"][number].update(fields)


def _new_proxy(lab: Lab) -> None:
    hosts = lab.npm.lists["proxy-hosts"]
    hosts.append(hosts[0] | {"id": 99, "domain_names": ["new.lan.example"], "forward_host": "192.168.11.199"})


def _new_network(lab: Lab) -> None:
    rows = lab.unifi.lists["rest/networkconf"]
    own = {"_id": "0123456789abcdef01234567", "name": "New", "vlan": 77, "ip_subnet": "192.168.77.1/24"}
    rows.append(_row(lab, "rest/networkconf", "IoT") | own)


def _override(lab: Lab) -> None:
    ports = _row(lab, "stat/device", "Core")["port_overrides"]
    port = next(each for each in ports if each["port_idx"] == 2)
    port.pop("portconf_id")
    port |= {"forward": "native", "tagged_vlan_mgmt": "block_all"}


def _profile(lab: Lab) -> None:
    _row(lab, "rest/portconf", "Proxmox").update(forward="native", tagged_vlan_mgmt="block_all")


def _zone(lab: Lab) -> None:
    """A controller deletes the policies of a zone with it."""
    zone = _row(lab, "firewall/zone", "Things")
    lab.unifi.lists["firewall/zone"].remove(zone)
    policies = lab.unifi.lists["firewall-policies"]
    policies[:] = [
        each
        for each in policies
        if zone["_id"] not in {each[end]["zone_id"] for end in ("source", "destination")}
    ]


def _storage(**fields: Any) -> Change:
    def change(lab: Lab) -> None:
        lab.state.storages["nas"]["config"].update(fields)
        if fields.get("disable"):
            lab.state.storages["nas"]["active"] = 0

    return change


def _copied(lab: Lab) -> None:
    config = copy.deepcopy(lab.state.guests[145].config)
    lab.state.add_guest(299, node="r630-02", type="lxc", **config)


def _new_node(lab: Lab) -> None:
    facts = copy.deepcopy(lab.state.nodes["r630-04"].facts)
    facts["network"]["vmbr0.11"] |= {"address": "192.168.11.16", "cidr": "192.168.11.16/24"}
    lab.state.storages["local-lvm"]["total"]["r630-05"] = 795
    lab.state.nodes["r630-05"] = Node("r630-05", 6, facts)


def _new_switch(lab: Lab) -> None:
    own = {"_id": "0123456789abcdef01234567", "name": "New", "mac": "74:ac:b9:00:00:99", "ip": "192.168.1.99"}
    lab.unifi.lists["stat/device"].append(copy.deepcopy(_row(lab, "stat/device", "Desk")) | own)


def _new_vnet(lab: Lab) -> None:
    lab.state.lists["cluster/sdn/vnets"].append({"vnet": "lab50", "zone": "lan", "type": "vnet", "tag": 50})


def _firewall_on(lab: Lab) -> None:
    lab.state.lists["cluster/firewall/options"].update(enable=1)


def _renamed(path: str, name: str, below: str = "") -> Change:
    def change(lab: Lab) -> None:
        row = next(each for each in lab.state.lists[path] if name in each.values())
        row.update({key: "other" for key, value in row.items() if value == name})
        if below:
            lab.state.lists[f"{below}/other"] = lab.state.lists.pop(f"{below}/{name}")

    return change


def _sdn_zone(lab: Lab) -> None:
    lab.state.lists["cluster/sdn/zones"].pop()
    lab.state.lists["cluster/sdn/vnets"].pop()


def _interface(name: str, **fields: Any) -> Change:
    return lambda lab: lab.state.nodes["r630-01"].facts["network"][name].update(fields)


def _staged(change: Callable[[dict[str, Any]], Any]) -> Change:
    """A staged change of the interfaces of a node."""

    def made(lab: Lab) -> None:
        facts = lab.state.nodes["r630-01"].facts
        facts["network_applied"] = copy.deepcopy(facts["network"])
        change(facts["network"])

    return made


@dataclass(frozen=True)
class Case:
    """A change, the finding that it is (key and field, or type), and what must hang below it."""

    change: Change
    cause: str
    below: frozenset[str] = frozenset()


def case(change: Change, cause: str, *below: str) -> Case:
    return Case(change, cause, frozenset(below))


CASES: dict[str, Case] = {
    "address of a NIC": case(
        _nic(142, ".142/", ".240/"), "pve/guest/142/nics/net0/ip", "unseen-address", "static-in-pool"
    ),
    "address of a NIC behind a name": case(
        _nic(145, ".145/", ".241/"), "pve/guest/145/nics/net0/ip", "static-in-pool", "unseen-address"
    ),
    "address that another guest has": case(
        _nic(142, ".142/", ".122/"), "pve/guest/142/nics/net0/ip", "duplicate-ip", "unseen-address"
    ),
    "address of cloud-init": case(
        _guest(115, ipconfig0="gw=192.168.11.1,ip=192.168.11.245/24"),
        "pve/guest/115/cloud_init/ipconfig/ipconfig0/ip",
        "static-in-pool",
    ),
    "tag of another VLAN": case(
        _nic(145, "tag=11", "tag=12"), "pve/guest/145/nics/net0/tag", "address-outside-subnet"
    ),
    "tag of no VLAN": case(
        _nic(145, "tag=11", "tag=77"), "pve/guest/145/nics/net0/tag", "tag-without-network"
    ),
    "MAC address": case(_nic(117, "0B:00:75", "0B:00:F5"), "pve/guest/117/nics/net0/mac"),
    "MAC address that another guest has": case(
        _nic(117, "0B:00:75", "0B:00:6B"), "pve/guest/117/nics/net0/mac", "duplicate-mac"
    ),
    "NIC removed": case(_guest(145, net0=None), "pve/guest/145/nics/net0", "unseen-address"),
    "NIC in a VLAN that no port carries": case(
        _guest(148, net1="virtio=BC:24:11:0B:01:94,bridge=vmbr0,tag=30"),
        "pve/guest/148/nics/net1",
        "vlan-not-carried",
    ),
    "guest destroyed": case(
        lambda lab: lab.state.remove_guest(115), "pve/guest/115 missing", "unseen-address"
    ),
    "guest with snapshots destroyed": case(lambda lab: lab.state.remove_guest(132), "pve/guest/132 missing"),
    "guest with HA destroyed": case(lambda lab: lab.state.remove_guest(113), "pve/guest/113 missing"),
    "guest with a firewall destroyed": case(
        lambda lab: lab.state.remove_guest(105), "pve/guest/105 missing", "unseen-address"
    ),
    "guest copied": case(_copied, "pve/guest/299 unmanaged", "duplicate-mac", "duplicate-ip"),
    "guest renamed": case(_guest(115, name="gitea2"), "pve/guest/115/name"),
    "memory beyond the node's": case(_guest(113, memory="320000"), "pve/guest/113/memory", "over-commit"),
    "cores beyond the node's": case(_guest(113, cores=200), "pve/guest/113/cores", "over-commit"),
    "disk on another storage": case(
        _guest(115, scsi1="local-lvm:vm-115-disk-1,discard=on,iothread=1,backup=0,size=100G"),
        "pve/guest/115/disks/scsi1/storage",
        "drifted",
    ),
    "image in a drive swapped": case(
        _guest(135, ide2="local:iso/other.iso,media=cdrom,size=1G"),
        "pve/guest/135/disks/ide2/volume",
        "drifted",
    ),
    "image in a drive swapped for one elsewhere": case(
        _guest(135, ide2="nas:iso/other.iso,media=cdrom,size=1G"),
        "pve/guest/135/disks/ide2/storage",
        "drifted",
    ),
    "image ejected": case(
        _guest(135, ide2="none,media=cdrom"), "pve/guest/135/disks/ide2/storage", "drifted"
    ),
    "disk grown": case(
        _guest(115, scsi1="nas:115/vm-115-disk-1.qcow2,discard=on,iothread=1,backup=0,size=200G"),
        "pve/guest/115/disks/scsi1/size",
    ),
    "pool deleted": case(
        lambda lab: lab.state.pools.pop("production"), "pve/pool/production missing", "drifted"
    ),
    "guest put into a pool": case(
        lambda lab: lab.state.pools["staging"]["guests"].append(145), "pve/guest/145/pool"
    ),
    "backup job disabled": case(_job(0, enabled=0), "pve/backup-job/nightly/enabled", "no-backup"),
    "backup job removed": case(
        lambda lab: lab.state.lists["cluster/backup"].pop(0), "pve/backup-job/nightly missing", "no-backup"
    ),
    "guests excluded from a backup job": case(
        _job(0, exclude="130,131,132,133,134"), "pve/backup-job/nightly/exclude", "no-backup"
    ),
    "storage disabled": case(_storage(disable=1), "pve/storage/nas/disabled", "drifted"),
    "storage on fewer nodes": case(_storage(nodes="ml110"), "pve/storage/nas/nodes", "inactive-storage"),
    "storage removed": case(lambda lab: lab.state.storages.pop("nas"), "pve/storage/nas missing", "drifted"),
    "address of a node": case(
        _interface("vmbr0.11", address="192.168.11.13", cidr="192.168.11.13/24"),
        "pve/node-network/r630-01:vmbr0.11/cidr",
        "duplicate-ip",
    ),
    "ports of a bridge": case(
        _interface("vmbr0", bridge_ports="eno4"), "pve/node-network/r630-01:vmbr0/bridge_ports"
    ),
    "an interface changed, and not applied": case(
        _staged(lambda rows: rows["vmbr0"].update(bridge_ports="eno4")),
        "pve/node-network/r630-01:vmbr0/bridge_ports",
        "pending-change",
    ),
    "an interface added, and not applied": case(
        _staged(lambda rows: rows.update(vmbr9={"type": "bridge", "method": "manual"})),
        "pve/node-network/r630-01:vmbr9 unmanaged",
        "pending-change",
    ),
    "an interface removed, and not applied": case(
        _staged(lambda rows: rows.pop("vmbr0.11")),
        "pve/node-network/r630-01:vmbr0.11 missing",
        "pending-change",
    ),
    "SDN zone removed with its vnet": case(_sdn_zone, "pve/sdn-zone/lan missing", "missing"),
    "VLAN removed": case(_without("rest/networkconf", "Servers"), "unifi/network/Servers missing", "drifted"),
    "VLAN added": case(_new_network, "unifi/network/New unmanaged"),
    "number of a VLAN": case(
        _network("Servers", vlan=111), "unifi/network/Servers/vlan", "tag-without-network"
    ),
    "addresses of a VLAN": case(
        _network("Servers", ip_subnet="192.168.111.1/24"),
        "unifi/network/Servers/ip_subnet",
        "address-outside-subnet",
    ),
    "DHCP range grown over fixed addresses": case(
        _network("Servers", dhcpd_start="192.168.11.100"),
        "unifi/network/Servers/dhcpd_start",
        "static-in-pool",
    ),
    "DHCP range shrunk": case(
        _network("Default", dhcpd_start="192.168.1.200"),
        "unifi/network/Default/dhcpd_start",
        "undeclared-address",
    ),
    "DHCP off": case(
        _network("Default", dhcpd_enabled=False), "unifi/network/Default/dhcpd_enabled", "undeclared-address"
    ),
    "zone of a network": case(
        lambda lab: _row(lab, "rest/networkconf", "IoT").update(
            firewall_zone_id=_row(lab, "firewall/zone", "Internal")["_id"]
        ),
        "unifi/network/IoT/firewall_zone",
    ),
    "zone removed with its policies": case(
        _zone, "unifi/firewall-zone/Things missing", "unverified", "drifted"
    ),
    "port profile changed": case(_profile, "unifi/port-profile/Proxmox", "vlan-not-carried"),
    "port profile removed": case(
        _without("rest/portconf", "Proxmox"), "unifi/port-profile/Proxmox missing", "drifted"
    ),
    "override of a port": case(_override, "unifi/switch-port/74:AC:B9:00:00:02:2", "vlan-not-carried"),
    "switch removed": case(
        _without("stat/device", "Core"),
        "unifi/device/74:AC:B9:00:00:02 missing",
        "unverified",  # the guard holds back the loss of so many ports
        "unseen-address",
    ),
    "reserved address": case(
        lambda lab: lab.unifi.lists["rest/user"][0].update(fixed_ip="192.168.11.102"),
        "unifi/reservation/D8:0D:17:00:00:01/fixed_ip",
        "duplicate-ip",
    ),
    "port of a port forward": case(
        lambda lab: _row(lab, "rest/portforward", "http").update(dst_port="443"),
        "unifi/port-forward/wan:tcp:80/dst_port",
        "port-claimed-twice",
        "ambiguous-id",
    ),
    "target of a port forward": case(
        lambda lab: _row(lab, "rest/portforward", "wireguard").update(fwd="192.168.11.190"),
        "unifi/port-forward/wan:udp:51820/fwd",
        "target-unknown",
    ),
    "target of a proxy host": case(
        _proxy(0, forward_host="192.168.11.199"),
        "npm/proxy-host/git.lan.example/forward_host",
        "target-unknown",
    ),
    "name that another proxy host has": case(
        _proxy(0, domain_names=["git.lan.example", "home.lan.example"]),
        "npm/proxy-host/git.lan.example/domain_names",
        "duplicate-name",
    ),
    "proxy host added": case(_new_proxy, "npm/proxy-host/new.lan.example unmanaged", "target-unknown"),
    "target of a stream": case(
        lambda lab: lab.npm.lists["streams"][0].update(forwarding_host="192.168.11.199"),
        "npm/stream/2222/tcp/forwarding_host",
        "target-unknown",
    ),
    "storage away": case(
        lambda lab: lab.state.storages["nas"].update(active=0), "pve/storage/nas inactive-storage"
    ),
    "guest stopped behind names": case(
        lambda lab: lab.state.set_power(115, "stopped"), "pve/guest/115 target-stopped"
    ),
    "guest stopped": case(lambda lab: lab.state.set_power(113, "stopped"), "pve/guest/113 stopped"),
    "guest moved": case(lambda lab: lab.state.move_guest(145, "r630-03"), "pve/guest/145 moved"),
    "alias renamed": case(
        _renamed("cluster/firewall/aliases", "gateway"), "pve/alias/gateway missing", "unmanaged"
    ),
    "IP set renamed": case(
        _renamed("cluster/firewall/ipset", "management", "cluster/firewall/ipset"),
        "pve/ipset/management missing",
        "unmanaged",
    ),
    "security group renamed": case(
        _renamed("cluster/firewall/groups", "webserver", "cluster/firewall/groups"),
        "pve/security-group/webserver missing",
        "unmanaged",
    ),
    "node added": case(_new_node, "pve/node/r630-05 unmanaged", "unmanaged"),
    "switch added with its ports": case(_new_switch, "unifi/device/74:AC:B9:00:00:99 unmanaged", "unmanaged"),
    "vnet added": case(_new_vnet, "pve/sdn-vnet/lab50 unmanaged", "unmanaged"),
    "firewall of the datacenter on": case(_firewall_on, "pve/firewall/cluster/enable", "unmanaged"),
    "firewall of a node off": case(
        lambda lab: lab.state.lists.update({"nodes/r630-01/firewall/options": {"enable": 0}}),
        "pve/firewall/node:r630-01/enable",
    ),
    "firewall of a node off that has options": case(
        lambda lab: lab.state.lists["nodes/ml110/firewall/options"].update(enable=0),
        "pve/firewall/node:ml110/enable",
    ),
    "zone renamed": case(
        lambda lab: _row(lab, "firewall/zone", "Things").update(name="Devices"),
        "unifi/firewall-zone/Things/name",
    ),
    "zone of a policy": case(
        lambda lab: _row(lab, "firewall-policies", "Things stay out")["source"].update(
            zone_id=_row(lab, "firewall/zone", "Dmz")["_id"]
        ),
        "unifi/firewall-policy/Things:Internal:Things stay out/source/zone",
        "unmanaged",
    ),
    "node offline": case(
        lambda lab: lab.state.set_node_online("r630-03", online=False),
        "pve/node/r630-03 unverified",
        "unverified",
    ),
}


class Site:
    """The lab's site as it is adopted, and the runs on it."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.before: Recorded | None = None
        (root / "config").mkdir()
        with Lab(hosts=1) as lab:
            files = adopt_live(self._config(lab), secrets_of(lab), Silent(), frozenset()).files
            texts = {path: text.encode() for path, text in files.items()}
            texts["site/cable.yaml"] = example_desired_state()["site/cable.yaml"]  # the lab shows no cable
            for path, data in texts.items():
                (root / "desired-state" / path).parent.mkdir(parents=True, exist_ok=True)
                (root / "desired-state" / path).write_bytes(data)
            self.before = self._run(lab)

    def _config(self, lab: Lab) -> Config:
        (self.root / "config/ca.pem").write_bytes(lab.ca_file.read_bytes())
        file = self.root / "config/reconciler.yaml"
        file.write_text(configuration(lab, "config/ca.pem").replace("history: {push: origin}\n", ""))
        return load_config(file, kinds.settings())

    def _run(self, lab: Lab) -> Recorded:
        config = self._config(lab)
        intent = steps.load(config)
        expected = steps.expect(intent.desired, self.before)
        snapshot = steps.collect(config, secrets_of(lab), Silent(), steps.begin(config), expected)
        done = steps.evaluate(config, snapshot, intent, self.before)
        return Recorded(done.report, done.inventory, {})

    def changed(self, change: Change) -> tuple[DriftReport, list[Finding]]:
        """The report after a change, and the findings that it has made."""
        with Lab(hosts=1) as lab:
            change(lab)
            report = self._run(lab).report
        assert self.before is not None
        known = {finding.id for finding in self.before.report.findings}
        return report, [finding for finding in report.findings if finding.id not in known]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


def test_straight_after_adopt_only_rules_fire(site):
    assert {finding.type for finding in site.before.report.findings} <= {
        "certificate-expiry",
        "target-unknown",
        "pending-change",
        "no-backup",
    }


@pytest.mark.parametrize("name", CASES)
def test_a_single_change_is_one_cause_or_one_event(site, name):
    wanted = CASES[name]
    report, new = site.changed(wanted.change)
    causes = [finding for finding in new if finding.cause is None]
    told = [f"{each.key}{each.path}" if each.path else f"{each.key} {each.type}" for each in causes]
    told += [f"{event.key} {event.what}" for event in report.events]
    assert len(told) == 1, told
    assert told[0] == wanted.cause or told[0].startswith(f"{wanted.cause}/")
    assert {finding.cause for finding in new} <= {None, *(each.id for each in causes)}
    assert wanted.below <= {finding.type for finding in new if finding.cause is not None}
