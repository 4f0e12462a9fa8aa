"""What happens to real sites between two looks: changes of a running lab, a function and a line for each.

Together they give every rule of the whole site something true to say, where the site is declared as it was.
"""

from collections.abc import Callable
from typing import Any

from reconciler.lab.lab import Lab
from reconciler.lab.unifi.rows import oid


def seed(lab: Lab) -> list[str]:
    """Make every change; a line for each."""
    return [change(lab) for change in CHANGES]


def memory_halved(lab: Lab) -> str:
    """A guest that is not what is declared."""
    lab.state.edit_guest(113, memory="16384")
    return "db-01 (113): half of its memory taken away"


def moved_to_another_vlan(lab: Lab) -> str:
    """address-outside-subnet: the address stayed."""
    lab.state.edit_guest(132, net0="virtio=BC:24:11:0B:00:84,bridge=vmbr0,firewall=1,tag=12")
    return "staging-web (132): its NIC moved to VLAN 12"


def destroyed(lab: Lab) -> str:
    """unseen-address: it is declared still."""
    lab.state.remove_guest(120)
    return "uptime-kuma (120): destroyed"


def made_by_hand(lab: Lab) -> str:
    """undeclared-address."""
    lab.state.add_guest(
        199,
        node="r630-03",
        name="tmp-jenkins",
        cores=4,
        memory="8192",
        ipconfig0="gw=192.168.1.1,ip=192.168.1.99/24",
        net0="virtio=BC:24:11:0B:00:C7,bridge=vmbr0",
    )
    return "tmp-jenkins (199): created by hand on r630-03, with an address of its own"


def forward_leads_elsewhere(lab: Lab) -> str:
    """target-unknown."""
    _named(lab, "rest/portforward", "wireguard")["fwd"] = "192.168.11.190"
    return "port forward of WireGuard: leads to another address"


def proxy_leads_elsewhere(lab: Lab) -> str:
    """A proxy host that is not what is declared."""
    with lab.state.lock:
        lab.npm.lists["proxy-hosts"][0]["forward_port"] = 3001
    return "git.lan.example: the proxy leads to another port"


def copied_address(lab: Lab) -> str:
    """duplicate-ip."""
    _edit_container(lab, 142, 0x8E, "192.168.11.122/24")
    return "redis-02 (142): set to the address of redis-01"


def restored_beside_the_original(lab: Lab) -> str:
    """duplicate-mac: restored without `--unique`, and never started."""
    nic = "virtio=BC:24:11:0B:00:79,bridge=vmbr0,firewall=1,tag=11"
    lab.state.add_guest(
        198, node="r630-04", power="stopped", name="mail-restored", cores=2, memory="4096", net0=nic
    )
    return "mail-restored (198): a copy of mail, with its MAC address"


def retired_address_taken(lab: Lab) -> str:
    """retired-alive."""
    _edit_container(lab, 158, 0x9E, "192.168.11.160/24")
    return "test-ct (158): set to an address that was retired"


def static_in_the_pool(lab: Lab) -> str:
    """static-in-pool."""
    _edit_container(lab, 149, 0x95, "192.168.11.230/24")
    return "grafana-dev (149): set to an address that DHCP gives out"


def another_than_reserved(lab: Lab) -> str:
    """reservation-contradiction."""
    _edit_container(lab, 154, 0x9A, "192.168.11.169/24")
    with lab.state.lock:
        lab.state.guests[154].addresses = {"net0": ["192.168.11.169/24"]}
    return "ansible (154): set to another address than is reserved for it"


def tag_of_no_network(lab: Lab) -> str:
    """tag-without-network."""
    lab.state.edit_guest(135, net0="e1000=BC:24:11:0B:00:87,bridge=vmbr0,firewall=1,tag=99")
    return "sandbox (135): its NIC moved to VLAN 99, which does not exist"


def vlan_that_stops_at_the_switch(lab: Lab) -> str:
    """vlan-not-carried: the ports of nodes leave out VLAN 30."""
    lab.state.edit_guest(148, net1="virtio=BC:24:11:0B:01:94,bridge=vmbr0,tag=30")
    return "frigate (148): a NIC in VLAN 30, which stops at the switch"


def plugged_elsewhere(lab: Lab) -> str:
    """cable-contradiction."""
    with lab.state.lock:
        lab.state.unifi["hosts"]["ml110"] = ["Core", 13]
    return "ml110: plugged into port 13 of the core switch"


def stopped_behind_a_name(lab: Lab) -> str:
    """target-stopped."""
    lab.state.set_power(145, "stopped")
    return "vaultwarden (145): stopped"


def forwarded_twice(lab: Lab) -> str:
    """port-claimed-twice."""
    with lab.state.lock:
        rows = lab.unifi.lists["rest/portforward"]
        https = _named(lab, "rest/portforward", "https")
        cameras = {"name": "cameras", "proto": "tcp_udp", "fwd": "192.168.11.148", "fwd_port": "8971"}
        rows.append(https | {"_id": oid("forward", "cameras")} | cameras)
    return "port forward of the cameras: takes the port of the proxy"


def named_twice(lab: Lab) -> str:
    """duplicate-name."""
    with lab.state.lock:
        lab.npm.lists["redirection-hosts"][0]["domain_names"].append("home.lan.example")
    return "home.lan.example: given to a redirection too"


def given_more_than_there_is(lab: Lab) -> str:
    """over-commit: its node has 64 GiB."""
    lab.state.edit_guest(108, memory="65536")
    return "nas-backup (108): given all the memory of its node"


def storage_away(lab: Lab) -> str:
    """inactive-storage."""
    with lab.state.lock:
        lab.state.storages["nas"]["active"] = 0
    return "nas: the storage is not there on any node"


CHANGES: tuple[Callable[[Lab], str], ...] = (
    memory_halved,
    moved_to_another_vlan,
    destroyed,
    made_by_hand,
    forward_leads_elsewhere,
    proxy_leads_elsewhere,
    copied_address,
    restored_beside_the_original,
    retired_address_taken,
    static_in_the_pool,
    another_than_reserved,
    tag_of_no_network,
    vlan_that_stops_at_the_switch,
    plugged_elsewhere,
    stopped_behind_a_name,
    forwarded_twice,
    named_twice,
    given_more_than_there_is,
    storage_away,
)
"""In the order in which they are told. A name that leads nowhere, a certificate that ends soon and two guests
without a backup are in the site anyhow: target-unknown, certificate-expiry, no-backup."""


def _edit_container(lab: Lab, vmid: int, last: int, address: str) -> None:
    nic = f"name=eth0,bridge=vmbr0,firewall=1,gw=192.168.11.1,hwaddr=BC:24:11:0B:00:{last:02X}"
    lab.state.edit_guest(vmid, net0=f"{nic},ip={address},tag=11,type=veth")


def _named(lab: Lab, path: str, name: str) -> dict[str, Any]:
    """The row of a list of the controller that has a name."""
    return next(row for row in lab.unifi.lists[path] if row["name"] == name)
