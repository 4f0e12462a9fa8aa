"""Sites with everything at once in one place: what makes a rule slow, or its text long."""

from typing import Any

from tests.site.rows import SWITCH, address, forward, guest, interface, network, node, proxy_host, stream

Rows = dict[str, dict[str, Any]]

ADDRESS = "10.0.20.150"
"""In the range of DHCP."""
MAC = "BC:24:11:FF:FF:FF"


def mac(number: int) -> str:
    return f"BC:24:11:{number >> 16:02X}:{number >> 8 & 255:02X}:{number & 255:02X}"


def crowd(size: int, *, declared: bool = False) -> Rows:
    """Guests with one MAC and one address behind names, ports, jobs and cables that all contradict them.

    As it is `declared`, nothing contradicts, and every row is another.
    """
    rows: Rows = {
        "pve/cluster/lab": {"name": "lab"},
        "pve/node/r1": node("r1", threads=1, memory=1024),
        "pve/node-network/r1:vmbr0": interface("vmbr0", type="bridge", bridge_ports=["eno1"]),
        "pve/storage/local": {"name": "local", "type": "dir", "available_on": []},
        "unifi/network/servers": network(
            20, "10.0.20.1/16", dhcpd_enabled=True, dhcpd_start="10.0.20.100", dhcpd_stop="10.0.20.250"
        ),
        "site/address/10.0.20.9": address(lifecycle="retired"),
    }
    for number in range(size):
        rows |= _numbered(number, declared=declared)
    return rows


def _numbered(number: int, *, declared: bool) -> Rows:
    own = f"10.0.{30 + (number >> 8)}.{number & 255}"
    of_guest = {
        "power": "running" if declared else "stopped" if number % 2 else "running",
        "nic": {
            "mac": mac(number) if declared else MAC,
            "ip": f"{own if declared else ADDRESS}/24",
            "tag": 20,
        },
        "disks": {"scsi0": {"storage": "local", "backup": declared}},
        "type": "qemu",
        "cores": 4,
        "memory": 4096,
    }
    name = f"n{number}.example.org"
    upgraded = {} if declared else {"version": f"9.{number}", "ha": "maintenance"}
    return {
        f"pve/node/m{number}": node(f"m{number}", **upgraded),
        f"pve/guest/{1000 + number}": guest(number % 256, **of_guest),
        f"pve/guest/{500000 + number}": guest(1, nic={"mac": mac(900000 + number), "tag": 90}),
        f"pve/guest/{600000 + number}": guest(
            2, nic={"mac": mac(700000 + number), "ip": "10.9.9.9/24", "tag": 20}
        ),
        f"pve/guest/{700000 + number}": guest(
            3, nic={"mac": mac(600000 + number), "ip": "10.0.20.77/24", "tag": 20}, power="stopped"
        ),
        f"pve/guest/{800000 + number}": guest(
            4, nic={"mac": mac(500000 + number), "ip": "10.0.20.9/24", "tag": 20}
        ),
        f"pve/backup-job/j{number}": {"guests": [1000 + number], "storage": "gone", "enabled": not declared},
        f"pve/backup-job/k{number}": {"all": True, "exclude": [*range(1000, 1016)], "enabled": declared},
        f"unifi/device/{mac(400000 + number)}": {"adopted": declared, "status": "online"},
        f"unifi/reservation/{mac(number)}": {"fixed_ip": "10.0.20.8"},
        f"unifi/reservation/{MAC}": {"fixed_ip": "10.0.20.7"},
        f"unifi/client/{mac(800000 + number)}": {"ip": own, "switch_port": f"{SWITCH}:{number}"},
        f"unifi/client/{mac(500000 + number)}": {"ip": "10.0.20.9", "switch_port": f"{SWITCH}:{number}"},
        f"unifi/switch-port/{SWITCH}:{number}": {"native_vlan": 1, "tagged_vlans": ["2-10"]},
        f"unifi/port-forward/wan:tcp:{number}": forward(443, ADDRESS),
        f"unifi/static-dns/A:{name}": {"value": "10.0.20.66"},
        f"npm/proxy-host/{name}": proxy_host(
            name,
            name if number % 2 else "10.0.20.77",
            domain_names=[name, "shared.example.org"],
            certificate="c1",
        ),
        f"npm/stream/{1000 + number}/tcp": stream(2222, "10.0.20.66"),
        f"npm/certificate/c{number}": {"expires_on": "2026-11-01T00:00:00Z"},
        f"site/cable/r1:enp{number}": {"to": f"{SWITCH}:{900000 + number}"},
        f"site/address/10.1.{number >> 8}.{number & 255}": address(),
        f"site/address/10.2.{number >> 8}.{number & 255}": address(
            role="dhcp-pool", until=f"10.2.{number >> 8}.{number & 255}"
        ),
    }
