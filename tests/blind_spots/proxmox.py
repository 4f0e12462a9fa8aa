"""The places of Proxmox VE."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.model.system import SourceContext
from tests.blind_spots.place import Place, Raw
from tests.collectors.proxmox.lab_site import Answers, settings
from tests.contracts import facts
from tests.contracts.facts import Contract, Fact

_RIGHTS = ("VM.Audit", "Sys.Audit", "Datastore.Audit", "Pool.Audit", "SDN.Audit", "Mapping.Audit")
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
        "cluster/resources": [_PLACE, _NODE],
        "nodes": [{"node": "a", "status": "online"}],
        "nodes/a/qemu/100/pending": [{"key": "name", "value": "web"}],
        "nodes/a/qemu/100/status/current": {"status": "running", "qmpstatus": "running"},
        "cluster/options": {},
        "cluster/firewall/options": {"enable": 1},
        "cluster/firewall/rules": [],
        "nodes/a/status": {"pveversion": f"pve-manager/{version}/x", "memory": {"total": 1}},
        "nodes/a/subscription": {"status": "notfound"},
        "storage": [],
    }


_NODE = {"type": "node", "id": "node/a", "node": "a", "status": "online"}
_PLACE = {"type": "qemu", "id": "qemu/100", "vmid": 100, "node": "a", "status": "running", "name": "web"}


def _answering(
    version: str, answers: Callable[[Raw], Mapping[str, Any]]
) -> Callable[[Raw, SourceContext], Any]:
    def api(row: Raw, context: SourceContext) -> Answers:
        made = Answers({**_site(version), **answers(row)}, store_descriptions=True)
        made.fingerprinter = context.fingerprinter
        made.expected = context.expected
        made.declared = context.declared
        return made

    return api


def _listed(at: str, **more: Any) -> Callable[[Raw], Mapping[str, Any]]:
    return lambda row: {at: [row], **more}


def _object(at: str, **more: Any) -> Callable[[Raw], Mapping[str, Any]]:
    return lambda row: {at: row, **more}


def _guest(kind: str) -> Callable[[Raw], Mapping[str, Any]]:
    def answers(row: Raw) -> Mapping[str, Any]:
        return {
            f"nodes/a/{kind}/100/pending": [
                {"key": key, "value": value} for key, value in row.items() if not isinstance(value, list)
            ],
            f"nodes/a/{kind}/100/config": row,
            f"nodes/a/{kind}/100/snapshot": [],
            "cluster/resources": [{**_PLACE, "type": kind, "id": f"{kind}/100"}, _NODE],
        }

    return answers


def _snapshots(kind: str) -> Callable[[Raw], Mapping[str, Any]]:
    def answers(row: Raw) -> Mapping[str, Any]:
        guest = {"name": "web", "parent": "clean"}
        return {**_guest(kind)(guest), f"nodes/a/{kind}/100/snapshot": [row]}

    return answers


def _firewall(at: str, leaf: str) -> Callable[[Raw], Mapping[str, Any]]:
    """Options and no rule, or one rule."""
    system = "lxc" if "/lxc/" in at else "qemu"
    place = {**_PLACE, "type": system, "id": f"{system}/100"}

    def answers(row: Raw) -> Mapping[str, Any]:
        found: dict[str, Any] = {
            "cluster/resources": [place, _NODE],
            f"nodes/a/{system}/100/pending": [{"key": "name", "value": "web"}],
        }
        for where in ("cluster", "nodes/a", f"nodes/a/{system}/100"):
            found |= {f"{where}/firewall/options": {}, f"{where}/firewall/rules": []}
        if "vnets" in at:
            found |= {f"{at}/firewall/options": {}, f"{at}/firewall/rules": []}
            found |= {"cluster/sdn/vnets?pending=1": [_VNETS["set"]], f"{at}/subnets?pending=1": []}
        return found | {f"{at}/firewall/{leaf}": row if leaf == "options" else [row]}

    return answers


_MOMENTS = [1792915200, 1793347200]
_SNAPSHOT: Raw = {"name": "clean", "snaptime": 1792915200}
_MACHINE: Raw = {"name": "web"}
_IN_MACHINE: Raw = {
    **{f"{bus}0": _DISK for bus in ("scsi", "virtio", "sata", "ide", "efidisk", "tpmstate", "unused")},
    "net0": f"virtio,macaddr={_MAC},bridge=vmbr0",
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
    "boot": "order=ide2",
}
_CONTAINER: Raw = {"hostname": "web"}
_IN_CONTAINER: Raw = {
    "rootfs": _DISK,
    "mp0": f"{_DISK},mp=/data",
    "unused0": _DISK,
    "net0": f"name=eth0,hwaddr={_MAC},bridge=vmbr0,type=veth",
    "dev0": "/dev/dri/card0",
}
_MODELS = (
    "e1000 e1000-82540em e1000-82544gc e1000-82545em e1000e i82551 i82557b i82559er ne2k_isa ne2k_pci pcnet"
    " rtl8139 vmxnet3"
).split()
_GUEST_VALUES: dict[str, list[Any]] = {
    "name": ["web2", "web3"],
    "hostname": ["web2", "web3"],
    ".host": ["1234:0001", "1234:0002"],
    "cpu.cputype": ["host", "max"],
    "cpu.flags": ["+aes", "-aes"],
    ".trunks": ["2", "2;5"],
    ".cpus": ["1", "1-2"],
    ".hostnodes": ["0", "0-1"],
    "startup.order": [3, 4],
    "boot": ["order=net0"],
    "boot.order": ["scsi0", "net0"],
    "boot.legacy": ["d", "n"],
    "features": ["nesting=1"],
    "features.mount": ["nfs", "nfs;cifs"],
    "machine.type": ["pc", "pc-q35-9.0"],
    "parallel[n]": ["/dev/parport0", "/dev/parport1"],
    "serial[n]": ["/dev/ttyS0", "/dev/ttyS1"],
    "startdate": ["2026-01-01", "2026-01-02"],
    ".wwn": ["0x5000000000000001", "0x5000000000000002"],
    ".idmap": ["u:0:1:2", "g:0:1:2"],
    "timezone": ["host", "Europe/Berlin"],
    "env": ["A=1", "A=2"],
    "sshkeys": ["ssh-ed25519%20AAAA", "ssh-ed25519%20BBBB", "ssh-ed25519%20AAAA%0Assh-ed25519%20BBBB"],
    "lxc": [[["lxc.cap.drop", "mknod"]], [["lxc.mount.entry", "/ mnt none bind 0 0"]], []],
    "cpu.phys-bits": ["host", "40"],
    "amd-sev.type": ["std", "es"],
    "intel-tdx.type": ["tdx", "one"],
    "vmgenid": ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"],
    "net[n]": [f"virtio={_MAC},bridge=vmbr1"],
    ".virtio": [_MAC, "BC:24:11:00:00:0A"],
    **{f".{model}": [_MAC] for model in _MODELS},
    ".guest-fsfreeze": [0],
    ".freeze-fs-on-backup": [0],
    ".ip": ["192.0.2.5/24", "192.0.2.6/24", "dhcp"],
    ".ip6": ["2001:db8::5/64", "2001:db8::6/64", "dhcp", "auto"],
    ".gw": ["192.0.2.1", "192.0.2.2"],
    ".gw6": ["2001:db8::1", "2001:db8::2"],
    ".mtu": [1500, 9000],
    "spice_enhancements": ["foldersharing=1"],
    "agent": ["1"],
    "memory": ["1024"],
    "machine": ["q35"],
    ".volume": ["local:vm-100-disk-1", "nas:100/vm-100-disk-2.raw", "/mnt/host"],
    ".file": ["local:vm-100-disk-1", "nas:100/vm-100-disk-2.raw", "/dev/disk/by-id/a"],
    "unused[n].file": ["local:vm-100-disk-1", "nas:100/vm-100-disk-2.raw"],
    "unused[n].volume": ["local:vm-100-disk-1", "nas:100/vm-100-disk-2.raw"],
    "audio0": ["device=AC97"],
    "numa[n]": ["cpus=1"],
    "ivshmem": ["size=2"],
    "usb[n]": ["spice", "host=1234:0001"],
    "amd-sev": ["std"],
    "intel-tdx": ["tdx"],
    "smbios1": ["serial=one"],
    "smbios1.base64": [0],
    "cicustom": ["user=local:snippets/a.yaml"],
    "meta": ["creation-qemu=9.0"],
    **{name: [_DISK] for name in ("efidisk0", "tpmstate0", "unused[n]", "rootfs")},
    **{f"{bus}[n]": [_DISK] for bus in ("scsi", "virtio", "sata", "ide")},
    "mp[n]": ["/,mp=/data"],
    "virtiofs[n]": ["one"],
    "dev[n]": ["/dev/fuse"],
    "hostpci[n]": ["0000:01:00.0"],
    "ipconfig[n]": ["ip=dhcp"],
    "vga": ["qxl"],
    "rng0": ["/dev/hwrng"],
    "watchdog": ["ib700"],
}
_ROW_VALUES: dict[str, list[Any]] = {
    "fingerprint": [":".join(["AB"] * 32), ":".join(["CD"] * 32)],
    "port": [8007, 8008],
    "enable": [1, 0],
    "is_mountpoint": ["yes", "no", "/mnt/a"],
    "content": ["images", "images,iso"],
    "prune-backups": ["keep-last=1", "keep-last=2"],
    "tag-style": ["shape=full", "shape=dense"],
    "crs": ["ha=static", "ha=dynamic"],
    "ha": ["shutdown_policy=migrate", "shutdown_policy=freeze"],
    "next-id": ["lower=200", "lower=300"],
    "migration": ["insecure"],
    "replication": ["insecure"],
    "user-tag-access": ["user-allow=list", "user-allow=none"],
    ".user-allow-list": ["a", "a;b"],
    "registered-tags": ["a", "a;b"],
    ".color-map": ["a:000000", "b:000000"],
    "notify": ["fencing=always", "fencing=never"],
    "u2f": ["appid=https://a", "appid=https://b"],
    "webauthn": ["rp=a", "rp=b"],
    "location": ["name=a"],
    "performance": ["max-workers=2"],
    "fleecing": ["1"],
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
    "log_ratelimit": ["enable=0"],
    "nf_conntrack_helpers": ["ftp", "ftp;sip"],
    "source": ["192.0.2.1", "192.0.2.2"],
    "dest": ["192.0.2.1", "192.0.2.2"],
    "iface": ["net0", "net1"],
    "disable": [1, 0],
    "nomatch": [1, 0],
    "families": [["inet"], ["inet", "inet6"]],
    "target": ["b", "c"],
    "gateway": ["192.0.2.1", "192.0.2.2"],
    "vxlan-local-tunnelip": ["192.0.2.1", "192.0.2.2"],
    "vxlan-svcnodeip": ["192.0.2.1", "192.0.2.2"],
    "options": [["bridge-waitport 0"], ["bridge-waitport 1"]],
    "bridge_stp": ["on", "off"],
    "bridge_fd": ["2", "15"],
    "bond_miimon": ["50", "100"],
    "vxlan-remoteip": [["192.0.2.1"], ["192.0.2.1", "192.0.2.2"]],
    "options6": [["post-up one"], ["post-up two"], ["post-up one", "post-up two"]],
    "pending.mac": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
    "dhcp-dns-server": ["192.0.2.1", "192.0.2.2"],
}


def _of(contract: Contract, *endpoints: str) -> Mapping[str, Fact]:
    return {key: fact for each in endpoints for key, fact in contract.keys(each).items()}


_SUBNET: Mapping[str, Fact] = {
    "gateway": {"type": "string", "format": "ipv4"},
    "snat": {"type": "boolean"},
    "dhcp-range": {"type": "array"},
    "dhcp-dns-server": {"type": "string", "format": "ipv4"},
    "dnszoneprefix": {"type": "string"},
    "digest": {"type": "string"},
}
"""The keys of a subnet: the published schema of their list has none."""
_OF_FILE: Mapping[str, Fact] = {
    "bridge_stp": {"type": "boolean"},
    "bridge_fd": {"type": "string"},
    "bond_miimon": {"type": "string"},
    "vxlan-remoteip": {"type": "array"},
}
"""Keys of an interface that the published schema leaves out, and that the parser of the file makes."""
_RULE_OF_HA: Mapping[str, Fact] = {
    "resources": {"type": "string"},
    "nodes": {"type": "string"},
    "strict": {"type": "boolean", "default": 0},
    "affinity": {"type": "string", "enum": ["positive", "negative"]},
    "disable": {"type": "boolean", "default": 0},
    "comment": {"type": "string"},
}
_GROUP_OF_HA: Mapping[str, Fact] = {
    "nodes": {"type": "string"},
    "restricted": {"type": "boolean", "default": 0},
    "nofailback": {"type": "boolean", "default": 0},
    "comment": {"type": "string"},
}


def places() -> Iterator[Place]:
    """Yield the places of both releases; of the older one, the keys with a default or with other facts."""
    newer: dict[str, Mapping[str, Fact]] = {}
    for name, version in ((facts.PROXMOX_9, "9.2"), (facts.PROXMOX_8, "8.4.5")):
        contract = facts.load(name)
        readings = (_guests, _firewalls, _rows, _ha, _sdn, _members, _mappings, _of_guests, _statuses)
        for found in (*readings, _accounts, _settings):
            for endpoint, kind, keys, row, answers, more in found(contract):
                known = newer.setdefault(endpoint, keys)
                others = {
                    key: fact
                    for key, fact in keys.items()
                    if known is keys or fact != known.get(key) or "default" in str(fact)
                }
                yield Place(
                    endpoint=endpoint,
                    source=settings(),
                    kind=kind,
                    fact={"properties": others},
                    row=row,
                    api=_answering(version, answers),
                    version=version,
                    flags=(1, 0),
                    **{"given": _ROW_VALUES, **more},
                )


_Found = tuple[str, str, Mapping[str, Fact], Raw, Callable[[Raw], Mapping[str, Any]], dict[str, Any]]


def _guests(contract: Contract) -> Iterator[_Found]:
    for system, row, parents in (("qemu", _MACHINE, _IN_MACHINE), ("lxc", _CONTAINER, _IN_CONTAINER)):
        at = f"/nodes/{{node}}/{system}/{{vmid}}/config"
        keys = {**_of(contract, at), **contract.config_keys.get(system, {})}
        yield at, "guest", keys, row, _guest(system), {"given": _GUEST_VALUES, "parents": parents}
        at = f"/nodes/{{node}}/{system}/{{vmid}}/snapshot"
        given = {"name": ["clean"], "snaptime": [1792915200, 1793347200]}
        yield at, "guest-snapshot", _of(contract, at), _SNAPSHOT, _snapshots(system), {"given": given}
    yield (
        "/cluster/resources",
        "guest",
        _of(contract, "/cluster/resources"),
        _PLACE,
        _place_of_guest,
        {
            "given": {"type": ["qemu"], "vmid": [100], "node": ["a"], "status": ["running", "stopped"]},
            "status": True,
        },
    )


def _firewalls(contract: Contract) -> Iterator[_Found]:
    scopes = {
        "/cluster": ("cluster", "cluster"),
        "/nodes/{node}": ("nodes/a", "node:a"),
        "/nodes/{node}/qemu/{vmid}": ("nodes/a/qemu/100", "guest:100"),
        "/nodes/{node}/lxc/{vmid}": ("nodes/a/lxc/100", "guest:100"),
        "/cluster/sdn/vnets/{vnet}": ("cluster/sdn/vnets/v", "vnet:v"),
    }
    for endpoint, (at, identity) in scopes.items():
        more = {"identity": identity}
        where = f"{endpoint}/firewall/options"
        yield where, "firewall", _of(contract, where), _ON, _firewall(at, "options"), more
        where = f"{endpoint}/firewall/rules"
        rule = {**_of(contract, where), **_of(facts.load(facts.PROXMOX_9), where)}
        of_list = {**more, "inside": "rules[]", "required": frozenset({"type", "action"})}
        yield where, "firewall", rule, _RULE, _firewall(at, "rules"), of_list


def _rows(contract: Contract) -> Iterator[_Found]:
    keys = contract.config_keys
    options = keys.get("cluster_options", {})
    yield (
        "/cluster/options",
        "cluster",
        options,
        {},
        _object("cluster/options"),
        {"parents": _IN_OPTIONS, "given": {**_ROW_VALUES, "bwlimit": ["clone=1"]}},
    )
    of_storage = {**_of(contract, "/storage"), **keys.get("storage", {})}
    for form, row in _STORAGES.items():
        yield (
            f"/storage ({form})",
            "storage",
            of_storage,
            row,
            _listed("storage"),
            {"given": {**_ROW_VALUES, "bwlimit": ["clone=1"], "options": ["vers=4", "vers=4,soft"]}},
        )
    of_job: Mapping[str, Fact] = {
        **_of(contract, "/cluster/backup", "/cluster/backup/{id}"),
        **keys.get("backup_job", {}),
    }
    of_job = {**of_job, "notification-target": {"type": "string"}, "notification-policy": {"type": "string"}}
    for form, row in _JOBS.items():
        yield f"/cluster/backup ({form})", "backup-job", of_job, row, _listed("cluster/backup"), {}
    at = "/nodes/{node}/network"
    of_interface = {**_of(contract, at, f"{at}/{{iface}}"), **keys.get("network_iface", {}), **_OF_FILE}
    for form, row in _INTERFACES.items():
        yield f"{at} ({form})", "node-network", of_interface, row, _listed("nodes/a/network"), {}
    at = "/cluster/replication"
    of_replication = _of(contract, at, f"{at}/{{id}}")
    job = {"id": "100-0", "guest": 100, "target": "b", "type": "local", "jobnum": 0}
    yield at, "replication-job", of_replication, job, _listed("cluster/replication"), {}


def _ha(contract: Contract) -> Iterator[_Found]:
    at = "/cluster/ha/resources"
    keys = _of(contract, at, f"{at}/{{sid}}")
    yield at, "ha-resource", keys, {"sid": "vm:100", "type": "vm"}, _listed("cluster/ha/resources"), {}
    at = "/cluster/ha/rules"
    if at in contract.endpoints:
        migrated = {"cluster/ha/groups": (500, "cannot index groups: ha groups have been migrated to rules")}
        row = {"rule": "keep", "type": "node-affinity", "resources": "vm:100", "nodes": "a"}
        keys = {**_of(contract, at, f"{at}/{{rule}}"), **_RULE_OF_HA}
        yield at, "ha-rule", keys, row, _listed("cluster/ha/rules", **migrated), {}
    at = "/cluster/ha/groups"
    row = {"group": "g", "nodes": "a"}
    yield at, "ha-rule", {**_of(contract, at), **_GROUP_OF_HA}, row, _listed("cluster/ha/groups"), {}


def _sdn(contract: Contract) -> Iterator[_Found]:
    at = "/cluster/sdn/zones"
    keys: Mapping[str, Fact] = {**_of(contract, at, f"{at}/{{zone}}"), "fabric": {"type": "string"}}
    for form, row in _ZONES.items():
        yield f"{at} ({form})", "sdn-zone", keys, row, _listed("cluster/sdn/zones?pending=1"), {}
    at = "/cluster/sdn/vnets"
    keys = _of(contract, at, f"{at}/{{vnet}}")
    for form, row in _VNETS.items():
        answers = _listed("cluster/sdn/vnets?pending=1", **{"cluster/sdn/vnets/v/subnets?pending=1": []})
        yield f"{at} ({form})", "sdn-vnet", keys, row, answers, {"given": {**_ROW_VALUES, "vnet": ["v"]}}
    at = "/cluster/sdn/vnets/{vnet}/subnets"
    row = {"subnet": "z-192.0.2.0-24", "cidr": "192.0.2.0/24", "type": "subnet", "vnet": "v", "zone": "z"}
    keys = {**_of(contract, at), **_SUBNET}
    answers = _listed(
        "cluster/sdn/vnets/v/subnets?pending=1", **{"cluster/sdn/vnets?pending=1": [_VNETS["set"]]}
    )
    yield at, "sdn-vnet", keys, row, answers, {"inside": "subnets[]"}


_MAPPING: Mapping[str, Fact] = {
    "description": {"type": "string"},
    "mdev": {"type": "boolean"},
    "live-migration-capable": {"type": "boolean"},
    "digest": {"type": "string"},
    "type": {"type": "string"},
}
"""Keys of a mapping: the published schema of the lists has only `id` and `map`."""
_MAPS = {
    "pci": [
        f"node=a,path=0000:03:00.{at},id=10de:1eb{at},subsystem-id=10de:12a2,iommugroup=2" for at in "012"
    ],
    "usb": ["node=a,id=10c4:ea60", "node=a,id=10c4:ea60,path=1-2", "node=b,id=10c4:ea60"],
    "dir": ["node=a,path=/mnt/a", "node=a,path=/mnt/b", "node=b,path=/mnt/a"],
}


def _mappings(contract: Contract) -> Iterator[_Found]:
    for type_, maps in _MAPS.items():
        at = f"/cluster/mapping/{type_}"
        row: Raw = {"id": "m", "type": type_, "map": maps[:1]}
        given = {"id": ["m"], "map": [maps[:1], maps[1:2], maps[2:], maps[:2], []], "type": [type_]}
        absent: dict[str, Any] = {f"cluster/mapping/{each}": [] for each in _MAPS if each != type_}
        keys = {**_of(contract, at), **_MAPPING}
        yield at, "resource-mapping", keys, row, _listed(at[1:], **absent), {"given": given}


def _of_guest(**answers: Any) -> Callable[[Raw], Mapping[str, Any]]:
    """The firewall of a guest that is on, with the row that is tried where an answer is None."""
    wall = "nodes/a/qemu/100/firewall"
    found = {
        "nodes/a/qemu/100/pending": [{"key": "net0", "value": f"virtio={_MAC},bridge=vmbr0,firewall=1"}],
        f"{wall}/options": {"enable": 1},
        f"{wall}/rules": [{**_RULE, "source": "guest/web"}],
        f"{wall}/ipset": [],
        f"{wall}/aliases": [],
    }
    for node in ("nodes/a", "cluster"):
        found |= {f"{node}/firewall/options": {"enable": 1}, f"{node}/firewall/rules": []}
    found |= {"cluster/firewall/ipset": [], "cluster/firewall/aliases": []}
    named = {f"{wall}/{name.replace('__', '/')}": each for name, each in answers.items()}
    return lambda row: {**found, **{at: [row] if each is None else each for at, each in named.items()}}


def _of_guests(contract: Contract) -> Iterator[_Found]:
    """The sets and aliases of a guest, whose members have the same keys as those of the datacenter."""
    identity = "guest:100:web"
    given = {**_ROW_VALUES, "cidr": ["192.0.2.1", "192.0.2.0/24"]}
    at = "/nodes/{node}/qemu/{vmid}/firewall/aliases"
    row: Raw = {"name": "web", "cidr": "192.0.2.9"}
    keys = _of(contract, at)
    yield at, "alias", keys, row, _of_guest(aliases=None), {"given": given, "identity": identity}
    at = "/nodes/{node}/qemu/{vmid}/firewall/ipset"
    answers = _of_guest(ipset=None, ipset__web=[])
    keys = _of(contract, at)
    yield at, "ipset", keys, {"name": "web"}, answers, {"given": {"name": ["web"]}, "identity": identity}
    answers = _of_guest(ipset=[{"name": "web"}], ipset__web=None)
    more = {"inside": "members[]", "required": frozenset({"cidr"}), "given": given, "identity": identity}
    keys = _of(contract, "/cluster/firewall/ipset/{name}")
    yield f"{at}/{{name}}", "ipset", keys, {"cidr": "192.0.2.9"}, answers, more


def _members(contract: Contract) -> Iterator[_Found]:
    at = "/cluster/firewall/aliases"
    row: Raw = {"name": "web", "cidr": "192.0.2.9"}
    given: dict[str, Any] = {"given": {**_ROW_VALUES, "cidr": ["192.0.2.1", "192.0.2.0/24"]}}
    yield at, "alias", _of(contract, at), row, _listed("cluster/firewall/aliases"), given
    at = "/cluster/firewall/ipset"
    answers = _listed("cluster/firewall/ipset", **{"cluster/firewall/ipset/web": []})
    yield at, "ipset", _of(contract, at), {"name": "web"}, answers, {"given": {"name": ["web"]}}
    at = "/cluster/firewall/ipset/{name}"
    answers = _listed("cluster/firewall/ipset/web", **{"cluster/firewall/ipset": [{"name": "web"}]})
    of_list: dict[str, Any] = {"inside": "members[]", "required": frozenset({"cidr"})}
    yield at, "ipset", _of(contract, at), {"cidr": "192.0.2.9"}, answers, {**given, **of_list}
    at = "/cluster/firewall/groups"
    answers = _listed("cluster/firewall/groups", **{"cluster/firewall/groups/web": []})
    yield at, "security-group", _of(contract, at), {"group": "web"}, answers, {"given": {"group": ["web"]}}
    at = "/cluster/firewall/groups/{group}"
    keys = {**_of(contract, at), **_of(facts.load(facts.PROXMOX_9), at)}
    answers = _listed("cluster/firewall/groups/web", **{"cluster/firewall/groups": [{"group": "web"}]})
    of_list = {"inside": "rules[]", "required": frozenset({"type", "action"})}
    yield at, "security-group", keys, _RULE, answers, of_list
    given = {"poolid": ["p"], "members": _MEMBERS, "members[].vmid": [100, 101]}
    yield (
        "/pools",
        "pool",
        _of(contract, "/pools"),
        {"poolid": "p", "members": _MEMBERS[0]},
        _pool,
        {"given": given},
    )


def _statuses(contract: Contract) -> Iterator[_Found]:
    at = "/nodes/{node}/status"
    version = "pve-manager/9.2/x"
    given = {
        "pveversion": ["pve-manager/9.2/x", "pve-manager/9.3/x"],
        "memory.total": [2**30, 2**31],
        "memory.used": [2**30, 2**31],
    }
    row: Raw = {"pveversion": version}
    yield at, "node", _of(contract, at), row, _object("nodes/a/status"), {"given": given, "status": True}
    at = "/nodes/{node}/subscription"
    row = {"status": "active", "level": "b"}
    given = {"level": ["c", "s"]}
    keys = _of(contract, at)
    yield at, "node", keys, row, _object("nodes/a/subscription"), {"given": given, "status": True}
    at = "/nodes/{node}/disks/list"
    row = {"devpath": "/dev/sda", "serial": "S1"}
    given = {"size": [2**30, 2**31]}
    keys = _of(contract, at)
    yield at, "disk", keys, row, _listed("nodes/a/disks/list?skipsmart=1"), {"given": given, "status": True}


def _accounts(contract: Contract) -> Iterator[_Found]:
    at = "/access/users"
    keys = {key: fact for key, fact in _of(contract, at).items() if key != "tokens"}
    row: Raw = {"userid": "ann@pve"}
    given: dict[str, Any] = {"userid": ["ann@pve"], "keys": ["", "x1", "x2"], "enable": [1, 0]}
    given |= {"expire": _MOMENTS, "tfa-locked-until": _MOMENTS}
    answers = _listed("access/users?full=1", **{"access/tfa": []})
    yield at, "user", keys, row, answers, {"given": given}
    token = contract.row(at)["properties"]["tokens"]["items"]["properties"]
    given = {"tokenid": ["drift"], "privsep": [1, 0], "expire": _MOMENTS}
    yield f"{at} (tokens)", "token", token, {"tokenid": "drift"}, _token, {"given": given}
    at = "/access/tfa"
    factor = contract.row(at)["properties"]["entries"]["items"]["properties"]
    row = {"id": "1", "type": "totp", "created": _MOMENTS[0]}
    more: dict[str, Any] = {
        "given": {"created": _MOMENTS},
        "inside": "second_factors[]",
        "required": frozenset({"type"}),
    }
    yield at, "user", factor, row, _second_factor, more
    at = "/access/groups"
    given = {"groupid": ["admins"], "users": ["ann@pve", "ann@pve,bob@pve"]}
    yield at, "group", _of(contract, at), {"groupid": "admins"}, _listed("access/groups"), {"given": given}
    at = "/access/acl"
    row = {"path": "/", "type": "user", "ugid": "ann@pve", "roleid": "PVEAuditor", "propagate": 1}
    given = {key: [row[key]] for key in row if key != "propagate"}
    yield at, "acl", _of(contract, at), row, _listed("access/acl"), {"given": given}
    at = "/access/roles"
    given = {"roleid": ["Own"], "privs": ["VM.Audit", "VM.Audit,Sys.Audit"], "special": [0]}
    yield at, "role", _of(contract, at), {"roleid": "Own"}, _listed("access/roles"), {"given": given}
    at = "/access/domains"
    given = {"realm": ["lan"], "type": ["ldap", "ad"]}
    row = {"realm": "lan", "type": "ldap"}
    yield (
        at,
        "realm",
        _of(contract, at),
        row,
        _realm,
        {"given": given},
    )
    at = "/access/domains/{realm}"
    for row in _REALMS:
        form = row["type"]
        more = {"given": {"type": [form], **_REALM_VALUES}, "required": frozenset(row)}
        answers = _object("access/domains/lan", **{"access/domains": [{"realm": "lan", "type": form}]})
        yield f"{at} ({form})", "realm", _of(contract, at), row, answers, more


def _settings(contract: Contract) -> Iterator[_Found]:
    at = "/cluster/jobs/realm-sync"
    keys = _of(contract, at)
    job: Raw = {"id": "nightly", "realm": "lan", "schedule": "03:00", "enabled": 1}
    own = {"id": ["nightly"], "type": ["realm-sync"], "remove-vanished": ["none", "acl", "acl;entry"]}
    yield at, "realm-sync-job", keys, job, _listed(at[1:]), {"given": {**own, "schedule": ["1:00", "2:00"]}}
    at = "/cluster/sdn/controllers"
    given: dict[str, Any] = {"controller": ["c"], "type": ["evpn", "bgp"], "nodes": ["a", "b"]}
    row: Raw = {"controller": "c", "type": "evpn"}
    answers = _listed("cluster/sdn/controllers?pending=1")
    yield at, "sdn-controller", _of(contract, at), row, answers, {"given": given}
    at = "/cluster/sdn/fabrics/all"
    if at in contract.endpoints:
        parts = contract.row(at)["properties"]
        given = {"id": ["storage"], "redistribute": [["source=static"], ["source=kernel"]]}
        keys = parts["fabrics"]["items"]["properties"]
        row = {"id": "storage", "protocol": "openfabric"}
        yield f"{at} (fabrics)", "sdn-fabric", keys, row, _fabrics, {"given": given}
        given = {"fabric_id": ["storage"], "node_id": ["a"], "interfaces": [["name=eno1"], ["name=eno2"]]}
        given |= {"allowed_ips": [["192.0.2.0/25"], ["192.0.2.0/24"]], "peers": [["node=a"], ["node=b"]]}
        keys = parts["nodes"]["items"]["properties"]
        row = {"fabric_id": "storage", "node_id": "a", "protocol": "openfabric"}
        yield f"{at} (nodes)", "sdn-fabric-node", keys, row, _fabric_nodes, {"given": given}
    for part, row in _OF_NODE.items():
        at = f"/nodes/{{node}}/{part}"
        others = {f"nodes/a/{other}": each for other, each in _OF_NODE.items() if other != part}
        answers = _object(f"nodes/a/{part}", **others)
        more = {"given": _NODE_VALUES, "parents": _ACME, "required": frozenset({"timezone", "data"})}
        yield at, "node-config", _of(contract, at), row, answers, more
    for name, row in _NOTIFIED.items():
        at = f"/cluster/notifications/{name}s"
        given = {"name": ["ops"], "match-field": [["exact:a=b"], ["exact:a=c"]]}
        given |= {"match-calendar": [["8-12"], ["8-13"]], "match-severity": [["info"], ["error"]]}
        given |= {"target": [["ops"], ["ops", "root"]]}
        answers = _listed(at[1:], **_NO_ENDPOINT)
        yield at, f"notification-{name}", _of(contract, at), row, answers, {"given": given}
    for name, row in _ENDPOINTS.items():
        at = f"/cluster/notifications/endpoints/{name}"
        given = {"name": ["ops"], **_ENDPOINT_VALUES}
        keys = {key: fact for key, fact in _of(contract, at).items() if key not in _OF_TARGET}
        target = {"name": "ops", "type": name}
        answers = _listed(at[1:], **{"cluster/notifications/targets": [target]})
        more = {"given": given, "required": _OF_EACH_ENDPOINT}
        yield at, "notification-target", keys, row, answers, more
    at = "/cluster/metrics/server"
    row = {"id": "influx", "type": "influxdb", "server": "192.0.2.1", "port": 8089}
    given = {"id": ["influx"], "type": ["influxdb", "graphite"], "server": ["192.0.2.1", "192.0.2.2"]}
    more = {"given": given, "required": frozenset({"type", "server", "port"})}
    answers = _listed(at[1:], **{f"{at[1:]}/influx": row})
    yield at, "metric-server", _of(contract, at), row, answers, more
    listed = {at[1:]: [{"id": "influx", "type": "influxdb"}]}
    given = {"id": ["influx"], "type": ["influxdb"], "server": ["192.0.2.1", "192.0.2.2"]}
    given |= {"otel-compression": ["none", "gzip"]}
    keys = _of(contract, f"{at}/{{id}}")
    answers = _object(f"{at[1:]}/influx", **listed)
    yield f"{at}/{{id}}", "metric-server", keys, row, answers, {**more, "given": given}


def _fabrics(row: Raw) -> Mapping[str, Any]:
    return {"cluster/sdn/fabrics/all": {"fabrics": [row], "nodes": []}}


def _fabric_nodes(row: Raw) -> Mapping[str, Any]:
    fabric = {"id": "storage", "protocol": "openfabric"}
    return {"cluster/sdn/fabrics/all": {"fabrics": [fabric], "nodes": [row]}}


_REALM_VALUES: Mapping[str, list[Any]] = {
    "tfa": ["type=oath", "type=oath,digits=8"],
    "user_classes": ["person", "person,user"],
    "group_classes": ["group", "group,ipausergroup"],
    "sync_attributes": ["email=mail", "email=otherMailbox"],
    "sync-defaults-options": ["scope=users"],
    ".remove-vanished": ["acl", "acl;entry"],
    "scopes": ["email", "email groups"],
    "acr-values": ["1", "1 2"],
    "audiences": ["a", "a b"],
    "secure": [1, 0],
}


_OF_TARGET = frozenset({"comment", "disable", "name", "origin"})
"""Keys of an endpoint that the list of targets has as well, and that are read there."""
_OF_EACH_ENDPOINT = frozenset({"server", "from-address", "url", "method"})
"""Keys without which the settings of an endpoint are not whole."""
_NO_ENDPOINT: Mapping[str, Any] = {
    f"cluster/notifications/endpoints/{name}": [
        {"name": "ops", **dict.fromkeys(_OF_EACH_ENDPOINT, "a.lan"), "method": "post"}
    ]
    for name in ("gotify", "sendmail", "smtp", "webhook")
}
_ENDPOINTS: Mapping[str, Raw] = {
    "gotify": {"name": "ops", "server": "https://gotify.lan"},
    "sendmail": {"name": "ops", "mailto-user": ["root@pam"]},
    "smtp": {"name": "ops", "server": "mail.lan", "from-address": "a@lan.example"},
    "webhook": {"name": "ops", "url": "https://a.example/hook", "method": "post"},
}
_ENDPOINT_VALUES: Mapping[str, list[Any]] = {
    "mailto": [["a@lan.example"], ["a@lan.example", "b@lan.example"], ["c@lan.example"]],
    "mailto-user": [["ann@pve"], ["ann@pve", "root@pam"]],
    "header": [["name=A,value=YQ=="], ["name=A,value=Yg=="]],
    "secret": [["name=key"], ["name=key", "name=other"]],
    "port": [25, 465],
}


_REALMS: tuple[Raw, ...] = (
    {"type": "ldap", "server1": "192.0.2.1"},
    {"type": "openid", "issuer-url": "https://login.lan", "client-id": "pve"},
)


def _realm(row: Raw) -> Mapping[str, Any]:
    settings = {"type": row.get("type"), "server1": "192.0.2.1", "domain": "lan.example"}
    return {"access/domains": [row], "access/domains/lan": settings}


def _second_factor(row: Raw) -> Mapping[str, Any]:
    listed = [{"userid": "ann@pve", "entries": [row]}]
    return {"access/users?full=1": [{"userid": "ann@pve", "keys": "x"}], "access/tfa": listed}


def _token(row: Raw) -> Mapping[str, Any]:
    return {"access/users?full=1": [{"userid": "ann@pve", "tokens": [row]}]}


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
    return {"cluster/resources": [row, _NODE]}


_ON: Raw = {"enable": 1, "tcpflags": 1, "nosmurfs": 1, "protection_synflood": 1}
_RULE: Raw = {"pos": 0, "type": "in", "action": "ACCEPT", "enable": 1}
_JOBS: dict[str, Raw] = {
    "zstd": {"id": "backup-1", "all": 1, "storage": "nas", "type": "vzdump", "compress": "zstd"},
    "gzip": {"id": "backup-1", "all": 1, "storage": "nas", "type": "vzdump", "compress": "gzip"},
}
_IN_OPTIONS: Raw = {"webauthn": "rp=a", "u2f": "appid=https://a", "location": "name=a"}
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
_OF_NODE: dict[str, Raw] = {
    "config": {"description": "x"},
    "dns": {"dns1": "192.0.2.1"},
    "time": {"timezone": "UTC", "time": 1792915200, "localtime": 1792915200},
    "hosts": {"data": "192.0.2.1 a"},
}
_NODE_VALUES: dict[str, list[Any]] = {
    "dns1": ["192.0.2.1", "192.0.2.2"],
    "dns2": ["192.0.2.1", "192.0.2.2"],
    "dns3": ["192.0.2.1", "192.0.2.2"],
    "timezone": ["UTC", "Europe/Berlin"],
    "acme": ["domains=a.lan", "domains=b.lan"],
    "location": ["name=a", "name=b"],
    "data": ["192.0.2.1 a", "192.0.2.2 a"],
    ".mac": [_MAC, "BC:24:11:00:00:0A"],
}
_ACME = {"acmedomain0": "domain=a.lan", "wakeonlan": _MAC, "location": "name=a"}
_NOTIFIED: dict[str, Raw] = {"target": {"name": "ops", "type": "smtp"}, "matcher": {"name": "ops"}}
_ZONES: dict[str, Raw] = {
    "vlan": {"zone": "z", "type": "vlan", "bridge": "vmbr0"},
    "evpn": {"zone": "z", "type": "evpn", "controller": "c", "vrf-vxlan": 9},
    "waits": {"zone": "z", "type": "vlan", "bridge": "vmbr0", "state": "changed", "pending": {"mtu": 1400}},
}
_VNETS: dict[str, Raw] = {
    "set": {"vnet": "v", "zone": "z", "type": "vnet", "tag": 5},
    "waits": {"vnet": "v", "zone": "z", "type": "vnet", "tag": 5, "state": "changed", "pending": {"tag": 6}},
}
