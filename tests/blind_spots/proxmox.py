"""The places of Proxmox VE."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.model.system import SourceContext
from tests.blind_spots.place import Place, Raw
from tests.collectors.proxmox.lab_site import Answers, settings
from tests.contracts import facts
from tests.contracts.facts import Contract, Fact

_RIGHTS = ("VM.Audit", "Sys.Audit", "Datastore.Audit", "Pool.Audit", "SDN.Audit")
_DISK = "local:vm-100-disk-0"
_MAC = "BC:24:11:00:00:09"


def _site(version: str) -> dict[str, Any]:
    """The answers around the row that is tried."""
    return {
        "version": {"version": version, "release": version},
        "access/permissions": {"/": dict.fromkeys(_RIGHTS, 1)},
        "cluster/status": [
            {"type": "cluster", "id": "cluster", "name": "lab", "quorate": 1, "nodes": 1},
            {"type": "node", "id": "node/a", "name": "a", "nodeid": 1, "online": 1, "ip": "192.0.2.1"},
        ],
        "cluster/resources": [_PLACE, {"type": "node", "id": "node/a", "node": "a", "status": "online"}],
        "nodes": [{"node": "a", "status": "online"}],
        "nodes/a/qemu/100/pending": [{"key": "name", "value": "web"}],
        "cluster/options": {},
        "cluster/firewall/options": {"enable": 1},
        "cluster/firewall/rules": [],
        "nodes/a/status": {"pveversion": "pve-manager/9.2/x", "memory": {"total": 1}},
        "nodes/a/subscription": {"status": "notfound"},
        "storage": [],
    }


_PLACE = {"type": "qemu", "id": "qemu/100", "vmid": 100, "node": "a", "status": "running", "name": "web"}


def _answering(version: str, answers: Callable[[Raw], Mapping[str, Any]]) -> Callable[[Raw, SourceContext], Any]:
    def api(row: Raw, context: SourceContext) -> Answers:
        made = Answers({**_site(version), **answers(row)}, store_descriptions=True)
        made.fingerprinter = context.fingerprinter
        made.expected = context.expected
        return made

    return api


def _listed(at: str, **more: Any) -> Callable[[Raw], Mapping[str, Any]]:
    return lambda row: {at: [row], **more}


def _object(at: str, **more: Any) -> Callable[[Raw], Mapping[str, Any]]:
    return lambda row: {at: row, **more}


def _guest(kind: str) -> Callable[[Raw], Mapping[str, Any]]:
    def answers(row: Raw) -> Mapping[str, Any]:
        return {
            f"nodes/a/{kind}/100/pending": [{"key": key, "value": value} for key, value in row.items()],
            "cluster/resources": [{**_PLACE, "type": kind, "id": f"{kind}/100"}, _PLACE_OF_NODE],
        }

    return answers


_PLACE_OF_NODE = {"type": "node", "id": "node/a", "node": "a", "status": "online"}


def _firewall(scope: str, at: str, leaf: str) -> Callable[[Raw], Mapping[str, Any]]:
    """Options alone, or one rule beside none."""
    other = f"{at}/{'rules' if leaf == 'options' else 'options'}"
    nothing: Any = [] if leaf == "options" else {"enable": 1}
    kind = "lxc" if scope == "lxc" else "qemu"
    place = {**_PLACE, "type": kind, "id": f"{kind}/100"}

    def answers(row: Raw) -> Mapping[str, Any]:
        found: dict[str, Any] = {"cluster/resources": [place, _PLACE_OF_NODE]}
        for where in ("cluster", "nodes/a", f"nodes/a/{kind}/100"):
            found |= {f"{where}/firewall/options": {}, f"{where}/firewall/rules": []}
        found |= {f"nodes/a/{kind}/100/pending": [{"key": "name", "value": "web"}]}
        return found | {other: nothing, f"{at}/{leaf}": row if leaf == "options" else [row]}

    return answers


_MACHINE: Raw = {
    "name": "web",
    "scsihw": "virtio-scsi-single",
    **{f"{bus}0": _DISK for bus in ("scsi", "virtio", "sata", "ide", "efidisk", "tpmstate", "unused")},
    "net0": f"virtio={_MAC},bridge=vmbr0",
    "ipconfig0": "ip=dhcp",
    "hostpci0": "0000:03:00.0",
    "usb0": "host=1234:5678",
    "serial0": "socket",
    "numa0": "cpus=0",
    "virtiofs0": "share",
    "audio0": "device=AC97",
    "rng0": "/dev/random",
    "watchdog": "i6300esb",
    "ivshmem": "size=1",
    "amd-sev": "snp",
    "intel-tdx": "other",
    "agent": "1",
    "vga": "qxl",
    "machine": "q35",
    "cpu": "kvm64",
    "memory": "4096",
}
_CONTAINER: Raw = {
    "hostname": "web",
    "rootfs": _DISK,
    "mp0": f"{_DISK},mp=/data",
    "unused0": _DISK,
    "net0": f"name=eth0,hwaddr={_MAC},bridge=vmbr0,type=veth",
    "dev0": "/dev/dri/card0",
}
_GUEST_VALUES: dict[str, list[Any]] = {
    "name": ["web2", "web3"],
    "host": ["1234:0001", "1234:0002"],
    "affinity": ["0", "0-3"],
    "cputype": ["host", "max"],
    "flags": ["+aes", "-aes"],
    "trunks": ["2", "2;5"],
    "cpus": ["1", "1-2"],
    "hostnodes": ["0", "0-1"],
    "lock": ["backup", "clone"],
    "order": ["3", "4"],
    "boot.order": ["scsi0", "net0"],
    "boot.legacy": ["cdn", "n"],
    "features": ["nesting=1", "nesting=1,keyctl=1"],
    "mount": ["nfs", "nfs;cifs"],
    "machine.type": ["pc", "pc-q35-9.0"],
    "parallel[n]": ["/dev/parport0", "/dev/parport1"],
    "serial[n]": ["/dev/ttyS0", "/dev/ttyS1"],
    "startdate": ["2026-01-01", "2026-01-02"],
    "wwn": ["0x5000000000000001", "0x5000000000000002"],
    "idmap": ["u:0:1:2", "g:0:1:2"],
    "timezone": ["host", "Europe/Berlin"],
    "env": ["A=1", "A=2"],
    "sshkeys": ["ssh-ed25519%20AAAA", "ssh-ed25519%20BBBB", "ssh-ed25519%20AAAA%0Assh-ed25519%20BBBB"],
    "description": ["word", "other"],
    "hv-vendor-id": ["one", "two"],
    "phys-bits": ["host", "40"],
    "amd-sev.type": ["std", "es"],
    "intel-tdx.type": ["tdx", "one"],
    "vmgenid": ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"],
    "net[n]": [f"virtio={_MAC},bridge=vmbr1", f"e1000={_MAC},bridge=vmbr0,firewall=1"],
    "ip": ["192.0.2.5/24", "192.0.2.6/24", "dhcp"],
    "ip6": ["2001:db8::5/64", "2001:db8::6/64", "dhcp", "auto"],
    "gw": ["192.0.2.1", "192.0.2.2"],
    "gw6": ["2001:db8::1", "2001:db8::2"],
    "mtu": [1500, 9000],
    "audio[n]": ["device=AC97", "device=ich9-intel-hda,driver=none"],
    "spice_enhancements": ["foldersharing=1", "videostreaming=all"],
    "agent": ["1", "1,fstrim_cloned_disks=1"],
    "memory": ["1024", "2048"],
    "machine": ["pc", "q35,viommu=intel"],
    "volume": ["local:vm-100-disk-1", "local:vm-100-disk-2"],
    "file": ["local:vm-100-disk-1", "local:vm-100-disk-2"],
    "rootfs": ["local:vm-100-disk-1", "local:vm-100-disk-2,size=8G"],
    "mp[n]": ["local:vm-100-disk-1,mp=/a", "/mnt/host,mp=/data"],
    "vga": ["std", "virtio,memory=32"],
    "numa[n]": ["cpus=1", "cpus=1,memory=512"],
    "virtiofs[n]": ["one", "two,cache=never"],
    "ivshmem": ["size=2", "size=3,name=a"],
    "usb[n]": ["host=1234:0001", "spice"],
    "dev[n]": ["/dev/fuse", "/dev/fuse,uid=1"],
    "audio0": ["device=intel-hda", "device=ich9-intel-hda,driver=none"],
    "efidisk0": ["local:vm-100-disk-1", "local:vm-100-disk-2,efitype=4m"],
    "tpmstate0": ["local:vm-100-disk-1", "local:vm-100-disk-2,version=v2.0"],
    "unused[n]": ["local:vm-100-disk-1", "local:vm-100-disk-2"],
    **{f"{bus}[n]": ["local:vm-100-disk-1", f"{_DISK},ssd=1"] for bus in ("scsi", "virtio", "sata", "ide")},
    "fuse": [1, 0],
}
_ROW_VALUES: dict[str, list[Any]] = {
    "fingerprint": [":".join(["AB"] * 32), ":".join(["CD"] * 32)],
    "port": [8007, 8008],
    "is_mountpoint": ["yes", "no", "/mnt/a"],
    "content": ["images", "images,iso"],
    "options": ["vers=4", "vers=4,soft"],
    "prune-backups": ["keep-last=1", "keep-last=2"],
    "bwlimit": ["clone=1", "clone=2"],
    "tag-style": ["shape=full", "shape=dense"],
    "crs": ["ha=static", "ha=dynamic"],
    "ha": ["shutdown_policy=migrate", "shutdown_policy=freeze"],
    "next-id": ["lower=200", "lower=300"],
    "migration": ["insecure", "insecure,network=192.0.2.0/24"],
    "replication": ["insecure", "insecure,network=192.0.2.0/24"],
    "user-tag-access": ["user-allow=list", "user-allow=none"],
    "user-allow-list": ["a", "a;b"],
    "registered-tags": ["a", "a;b"],
    "color-map": ["a:000000", "b:000000"],
    "notify": ["fencing=always", "fencing=never"],
    "u2f": ["appid=https://a", "appid=https://b"],
    "webauthn": ["rp=a", "rp=b"],
    "location": ["name=a,latitude=1,longitude=2", "name=b,latitude=1,longitude=2"],
    "performance": ["max-workers=2", "max-workers=3"],
    "fleecing": ["enabled=1,storage=a", "enabled=1,storage=b"],
    "exclude-path": [["/tmp"], ["/tmp", "/var/tmp"]],
    "exclude": ["100", "100,101"],
    "vmid": ["100", "100,101"],
    "nodes": ["a", "a,b"],
    "mac": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
    "secondary-controllers": [["a"], ["a", "b"]],
    "rt-import": ["65000:1", "65000:1,65000:2"],
    "bridge_vids": ["2", "2-4"],
    "dhcp-range": [
        [{"start-address": "192.0.2.10", "end-address": "192.0.2.20"}],
        [{"start-address": "192.0.2.10", "end-address": "192.0.2.30"}],
    ],
    "log_ratelimit": ["enable=1,rate=2/second", "enable=0"],
    "nf_conntrack_helpers": ["ftp", "ftp;sip"],
    "pos": [0],
    "source": ["192.0.2.1", "192.0.2.2"],
    "dest": ["192.0.2.1", "192.0.2.2"],
    "iface": ["net0", "net1"],
    "cidr": ["192.0.2.1", "192.0.2.0/24"],
    "disable": [1, 0],
    "nomatch": [1, 0],
    "families": [["inet"], ["inet", "inet6"]],
    "target": ["b", "c"],
    "gateway": ["192.0.2.1", "192.0.2.2"],
    "dhcp-dns-server": ["192.0.2.1", "192.0.2.2"],
}


def _merged(*facts_of: Mapping[str, Fact]) -> Fact:
    """The keys of several forms of one row."""
    return {"properties": {key: fact for each in facts_of for key, fact in each.items()}}


def _of(contract: Contract, *endpoints: str) -> Mapping[str, Fact]:
    return {key: fact for each in endpoints for key, fact in contract.keys(each).items()}


_SUBNET: Mapping[str, Fact] = {
    "gateway": {"type": "string", "format": "ipv4"},
    "snat": {"type": "boolean"},
    "dhcp-range": {"type": "array"},
    "dhcp-dns-server": {"type": "string", "format": "ipv4"},
    "dnszoneprefix": {"type": "string"},
    "cidr": {"type": "string"},
    "digest": {"type": "string"},
}
"""What a subnet can have: the published schema of their list has no keys."""
_RULE_OF_HA: Mapping[str, Fact] = {
    "resources": {"type": "string"},
    "nodes": {"type": "string"},
    "strict": {"type": "boolean"},
    "affinity": {"type": "string", "enum": ["positive", "negative"]},
    "disable": {"type": "boolean"},
    "comment": {"type": "string"},
}
_GROUP_OF_HA: Mapping[str, Fact] = {
    "nodes": {"type": "string"},
    "restricted": {"type": "boolean"},
    "nofailback": {"type": "boolean"},
    "comment": {"type": "string"},
}


def places() -> Iterator[Place]:
    """Yield the places of both releases; what only one publishes is tried there."""
    for name, version in ((facts.PROXMOX_9, "9.2"), (facts.PROXMOX_8, "8.4.5")):
        contract = facts.load(name)
        for endpoint, kind, keys, row, answers, more in _lists(contract, version):
            yield Place(
                endpoint=endpoint,
                source=settings(),
                kind=kind,
                fact=_merged(keys),
                row=row,
                api=_answering(version, answers),
                flags=(1, 0),
                **more,
            )


_Found = tuple[str, str, Mapping[str, Fact], Raw, Callable[[Raw], Mapping[str, Any]], dict[str, Any]]


def _lists(contract: Contract, version: str) -> Iterator[_Found]:
    keys = contract.config_keys
    rows = {"given": _ROW_VALUES}
    for system, row in (("qemu", _MACHINE), ("lxc", _CONTAINER)):
        at = f"/nodes/{{node}}/{system}/{{vmid}}"
        known = _of(contract, f"{at}/config")
        yield f"{at}/config", "guest", {**known, **keys.get(system, {})}, row, _guest(system), {"given": _GUEST_VALUES}
        for leaf in ("options", "rules"):
            where = f"{at}/firewall/{leaf}"
            there = f"nodes/a/{system}/100/firewall"
            yield where, "firewall", _of(contract, where), _RULE if leaf == "rules" else _ON, _firewall(
                system, there, leaf
            ), {**rows, "expected": ("guest:100",)}
    for scope, at in (("cluster", "cluster"), ("node", "nodes/a")):
        for leaf in ("options", "rules"):
            where = f"/{'cluster' if scope == 'cluster' else 'nodes/{node}'}/firewall/{leaf}"
            yield where, "firewall", _of(contract, where), _RULE if leaf == "rules" else _ON, _firewall(
                scope, f"{at}/firewall", leaf
            ), rows
    yield "/cluster/options", "cluster", keys.get("cluster_options", {}), {}, _object("cluster/options"), rows
    for kind, row in _STORAGES.items():
        yield f"/storage ({kind})", "storage", {
            **_of(contract, "/storage"),
            **keys.get("storage", {}),
        }, row, _listed("storage"), rows
    yield "/cluster/backup", "backup-job", {
        **_of(contract, "/cluster/backup", "/cluster/backup/{id}"),
        **keys.get("backup_job", {}),
    }, _JOB, _listed("cluster/backup"), rows
    for kind, row in _INTERFACES.items():
        yield f"/nodes/{{node}}/network ({kind})", "node-network", {
            **_of(contract, "/nodes/{node}/network", "/nodes/{node}/network/{iface}"),
            **keys.get("network_iface", {}),
        }, row, _listed("nodes/a/network"), rows
    yield from _cluster_lists(contract, rows)


def _cluster_lists(contract: Contract, rows: dict[str, Any]) -> Iterator[_Found]:
    yield "/cluster/replication", "replication-job", _of(
        contract, "/cluster/replication", "/cluster/replication/{id}"
    ), {"id": "100-0", "guest": 100, "target": "b", "type": "local", "jobnum": 0}, _listed("cluster/replication"), rows
    yield "/cluster/ha/resources", "ha-resource", _of(
        contract, "/cluster/ha/resources", "/cluster/ha/resources/{sid}"
    ), {"sid": "vm:100", "type": "vm"}, _listed("cluster/ha/resources"), rows
    if "/cluster/ha/rules" in contract.endpoints:
        migrated = {"cluster/ha/groups": (500, "cannot index groups: ha groups have been migrated to rules")}
        yield "/cluster/ha/rules", "ha-rule", {
            **_of(contract, "/cluster/ha/rules", "/cluster/ha/rules/{rule}"),
            **_RULE_OF_HA,
        }, {"rule": "keep", "type": "node-affinity", "resources": "vm:100", "nodes": "a"}, _listed(
            "cluster/ha/rules", **migrated
        ), rows
    yield "/cluster/ha/groups", "ha-rule", {
        **_of(contract, "/cluster/ha/groups"),
        **_GROUP_OF_HA,
    }, {"group": "g", "nodes": "a"}, _listed("cluster/ha/groups"), rows
    for kind, row in _ZONES.items():
        yield f"/cluster/sdn/zones ({kind})", "sdn-zone", _of(
            contract, "/cluster/sdn/zones", "/cluster/sdn/zones/{zone}"
        ), row, _listed("cluster/sdn/zones?pending=1"), rows
    vnet = {"vnet": "v", "zone": "z", "type": "vnet", "tag": 5}
    yield "/cluster/sdn/vnets", "sdn-vnet", _of(
        contract, "/cluster/sdn/vnets", "/cluster/sdn/vnets/{vnet}"
    ), vnet, _listed("cluster/sdn/vnets?pending=1", **{"cluster/sdn/vnets/v/subnets?pending=1": []}), rows
    subnet = {"subnet": "z-192.0.2.0-24", "cidr": "192.0.2.0/24", "type": "subnet", "vnet": "v", "zone": "z"}
    yield "/cluster/sdn/vnets/{vnet}/subnets", "sdn-vnet", {
        **_of(contract, "/cluster/sdn/vnets/{vnet}/subnets"),
        **_SUBNET,
    }, subnet, _listed(
        "cluster/sdn/vnets/v/subnets?pending=1", **{"cluster/sdn/vnets?pending=1": [vnet]}
    ), {"given": {**_ROW_VALUES, "cidr": ["192.0.2.0/25", "192.0.2.0/26"]}}
    yield "/cluster/firewall/aliases", "alias", _of(contract, "/cluster/firewall/aliases"), {
        "name": "web",
        "cidr": "192.0.2.9",
    }, _listed("cluster/firewall/aliases"), rows
    yield "/cluster/firewall/ipset", "ipset", _of(contract, "/cluster/firewall/ipset"), {"name": "web"}, _listed(
        "cluster/firewall/ipset", **{"cluster/firewall/ipset/web": []}
    ), {"given": {**_ROW_VALUES, "name": ["web"]}}
    yield "/cluster/firewall/ipset/{name}", "ipset", _of(contract, "/cluster/firewall/ipset/{name}"), {
        "cidr": "192.0.2.9"
    }, _listed("cluster/firewall/ipset/web", **{"cluster/firewall/ipset": [{"name": "web"}]}), rows
    yield "/pools", "pool", _of(contract, "/pools"), {
        "poolid": "p",
        "members": [{"id": "storage/a/local", "type": "storage", "storage": "local", "node": "a"}],
    }, _pool, {"given": {**_ROW_VALUES, "poolid": ["p"], "members": _MEMBERS, "members[].vmid": [100, 101]}}
    yield "/cluster/resources", "guest", _of(contract, "/cluster/resources"), _PLACE, _place_of_guest, {
        "given": {"type": ["qemu"], "vmid": [100], "node": ["a"], "status": ["running", "stopped"]}
    }
    yield "/nodes/{node}/status", "node", _of(contract, "/nodes/{node}/status"), {
        "pveversion": "pve-manager/9.2/x"
    }, _object("nodes/a/status"), {"given": {"pveversion": ["pve-manager/9.2/x", "pve-manager/9.3/x"]}}
    yield "/nodes/{node}/subscription", "node", _of(contract, "/nodes/{node}/subscription"), {
        "status": "active",
        "level": "b",
    }, _object("nodes/a/subscription"), {"given": {"level": ["c", "s"]}}
    yield "/nodes/{node}/disks/list", "disk", _of(contract, "/nodes/{node}/disks/list"), {
        "devpath": "/dev/sda",
        "serial": "S1",
    }, _listed("nodes/a/disks/list?skipsmart=1"), {"given": {"size": [2**30, 2**31]}}


def _pool(row: Raw) -> Mapping[str, Any]:
    name = str(row.get("poolid"))
    bare = {key: value for key, value in row.items() if key != "members"}
    members = {"poolid": name, "members": row.get("members", [])}
    return {"pools": [bare], f"pools?poolid={name}": [members]}


_MEMBERS: list[Any] = [
    [{"id": "storage/a/local", "type": "storage", "storage": "local", "node": "a"}],
    [{"id": "storage/a/nas", "type": "storage", "storage": "nas", "node": "a"}],
    [{"id": "qemu/100", "type": "qemu", "vmid": 100, "node": "a"}],
]


def _place_of_guest(row: Raw) -> Mapping[str, Any]:
    return {"cluster/resources": [row, _PLACE_OF_NODE]}


_ON: Raw = {"enable": 1, "tcpflags": 1, "nosmurfs": 1, "protection_synflood": 1}
_RULE: Raw = {"pos": 0, "type": "in", "action": "ACCEPT", "enable": 1}
_JOB: Raw = {"id": "backup-1", "all": 1, "storage": "nas", "type": "vzdump", "compress": "zstd"}
_STORAGES: dict[str, Raw] = {
    "dir": {"storage": "local", "type": "dir", "path": "/srv", "content": "iso"},
    "nfs": {"storage": "nas", "type": "nfs", "server": "192.0.2.1", "export": "/e", "content": "iso"},
    "lvmthin": {"storage": "thin", "type": "lvmthin", "vgname": "pve", "thinpool": "data"},
    "rbd": {"storage": "ceph", "type": "rbd", "pool": "rbd"},
    "pbs": {"storage": "pbs", "type": "pbs", "server": "192.0.2.1", "datastore": "d"},
}
_INTERFACES: dict[str, Raw] = {
    "bridge": {"iface": "vmbr0", "type": "bridge", "bridge_vlan_aware": 1},
    "bond": {"iface": "bond0", "type": "bond", "bond_mode": "active-backup"},
    "lacp": {"iface": "bond0", "type": "bond", "bond_mode": "802.3ad"},
    "vlan": {"iface": "vmbr0.5", "type": "vlan"},
}
_ZONES: dict[str, Raw] = {
    "vlan": {"zone": "z", "type": "vlan", "bridge": "vmbr0"},
    "evpn": {"zone": "z", "type": "evpn", "controller": "c", "vrf-vxlan": 9},
}
