"""More guests than the site describes, for benchmarks: the same number always gives the same guests."""

from typing import Any

from reconciler.lab.members import Guest, identified
from reconciler.lab.state import State

_FIRST = 10000
_NAMES = ("app", "web", "db", "cache", "queue", "worker", "cron", "proxy", "build", "test")
_TAGS = ("production", "staging", "ci", "web", "db", "infra", "legacy", "monitoring")


def grow(state: State, n: int) -> None:
    """Add guests until there are `n`, spread over all nodes and VLANs 20 to 99.

    Every third one is a container. Their ids start at 10000, MAC addresses are unique, and IP addresses are
    from 10.0.0.0/8.
    """
    with state.lock:
        nodes = list(state.nodes)
        missing = max(0, n - len(state.guests))
        for order in range(missing):
            vmid = _FIRST + order
            system = "lxc" if order % 3 == 2 else "qemu"
            config = _container(vmid) if system == "lxc" else _machine(vmid)
            power = "stopped" if order % 20 == 19 else "running"
            guest = Guest(vmid, system, nodes[order % len(nodes)], identified(vmid, system, config), power)
            if system == "qemu":
                guest.addresses = {"net0": [_address(vmid)]}
            state.guests[vmid] = guest


def _machine(vmid: int) -> dict[str, Any]:
    config: dict[str, Any] = {
        "agent": "1",
        "boot": "order=scsi0",
        "cores": 1 + vmid % 8,
        "cpu": "x86-64-v2-AES",
        "memory": str(1024 * (1 + vmid % 16)),
        "name": _name(vmid),
        "net0": f"virtio={_mac(vmid, 0)},bridge=vmbr0,firewall=1,tag={_vlan(vmid)}",
        "numa": 0,
        "onboot": 1,
        "ostype": "l26",
        "scsi0": f"local-lvm:vm-{vmid}-disk-0,discard=on,iothread=1,size={16 + vmid % 64}G",
        "scsihw": "virtio-scsi-single",
        "sockets": 1,
        "tags": _tags(vmid),
    }
    if vmid % 4 == 0:
        config["net1"] = f"virtio={_mac(vmid, 1)},bridge=vmbr0,tag=12"
    if vmid % 5 == 0:
        config["scsi1"] = f"local-lvm:vm-{vmid}-disk-1,discard=on,iothread=1,size={100 + vmid % 400}G"
    if vmid % 7 == 0:
        config["description"] = f"Owner: team {vmid % 12}"
    return config


def _container(vmid: int) -> dict[str, Any]:
    return {
        "arch": "amd64",
        "cores": 1 + vmid % 4,
        "features": "nesting=1",
        "hostname": _name(vmid),
        "memory": 512 * (1 + vmid % 8),
        "net0": f"name=eth0,bridge=vmbr0,gw=10.0.0.1,hwaddr={_mac(vmid, 0)},ip={_address(vmid)}"
        f",tag={_vlan(vmid)},type=veth",
        "onboot": 1,
        "ostype": "debian",
        "rootfs": f"local-lvm:vm-{vmid}-disk-0,size={8 + vmid % 24}G",
        "swap": 512,
        "tags": _tags(vmid),
        "unprivileged": 1,
    }


def _name(vmid: int) -> str:
    return f"{_NAMES[vmid % len(_NAMES)]}-{vmid}"


def _tags(vmid: int) -> str:
    return ";".join(sorted({_TAGS[vmid % len(_TAGS)], _TAGS[vmid // 3 % len(_TAGS)]}))


def _vlan(vmid: int) -> int:
    return 20 + vmid % 80


def _mac(vmid: int, nic: int) -> str:
    return f"BC:24:12:{vmid >> 16 & 0x7F | nic << 7:02X}:{vmid >> 8 & 0xFF:02X}:{vmid & 0xFF:02X}"


def _address(vmid: int) -> str:
    return f"10.{1 + (vmid >> 16)}.{vmid >> 8 & 0xFF}.{vmid & 0xFF}/8"
