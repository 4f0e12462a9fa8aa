"""Changes to a running lab as they happen on real sites between two runs: a function and a line for each.

They show drift, and a handful of the rules of the whole site, on a site that is declared as it was before.
"""

from collections.abc import Callable
from typing import Any

from reconciler.lab.lab import Lab


def seed(lab: Lab) -> list[str]:
    """Make every change, and return a line for each."""
    return [change(lab) for change in CHANGES]


def memory_halved(lab: Lab) -> str:
    """Drift of a guest."""
    lab.state.edit_guest(113, memory="16384")
    lab.state.log_line("ann@pve", "<ann@pve> update VM 113: -memory 16384", "r630-01")
    return "db-01 (113): half of its memory taken away"


def moved_to_another_vlan(lab: Lab) -> str:
    """address-outside-subnet: the address stayed."""
    lab.state.edit_guest(132, net0="virtio=BC:24:11:0B:00:84,bridge=vmbr0,firewall=1,tag=12")
    return "staging-web (132): its NIC moved to VLAN 12"


def destroyed(lab: Lab) -> str:
    """missing, and unseen-address: both are still declared."""
    lab.state.remove_guest(120)
    lab.state.log_task("vzdestroy", 120, "r630-01", "root@pam")
    return "uptime-kuma (120): destroyed"


def made_by_hand(lab: Lab) -> str:
    """unmanaged, and undeclared-address."""
    lab.state.add_guest(
        199,
        node="r630-03",
        name="tmp-jenkins",
        cores=4,
        memory="8192",
        ipconfig0="gw=192.168.1.1,ip=192.168.1.99/24",
        net0="virtio=BC:24:11:0B:00:C7,bridge=vmbr0",
    )
    lab.state.log_task("qmcreate", 199, "r630-03", "ann@pve")
    return "tmp-jenkins (199): created by hand on r630-03, with an address of its own"


def forward_leads_elsewhere(lab: Lab) -> str:
    """target-unknown."""
    _named(lab, "rest/portforward", "wireguard")["fwd"] = "192.168.11.190"
    return "port forward of WireGuard: leads to another address"


def proxy_leads_elsewhere(lab: Lab) -> str:
    """Drift of a proxy host."""
    with lab.state.lock:
        lab.npm.lists["proxy-hosts"][0]["forward_port"] = 3001
    return "git.lan.example: the proxy leads to another port"


def copied_address(lab: Lab) -> str:
    """duplicate-ip."""
    nic = "name=eth0,bridge=vmbr0,firewall=1,gw=192.168.11.1,hwaddr=BC:24:11:0B:00:8E"
    lab.state.edit_guest(142, net0=f"{nic},ip=192.168.11.122/24,tag=11,type=veth")
    return "redis-02 (142): set to the address of redis-01"


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
    lab.state.log_task("vzstop", 145, "r630-02", "root@pam")
    return "vaultwarden (145): stopped"


def given_more_than_there_is(lab: Lab) -> str:
    """over-commit: its node has 64 GiB."""
    lab.state.edit_guest(108, memory="65536")
    return "nas-backup (108): assigned all the memory of its node"


def storage_away(lab: Lab) -> str:
    """inactive-storage."""
    with lab.state.lock:
        lab.state.storages["nas"]["active"] = 0
    return "nas: the storage is unavailable on every node"


CHANGES: tuple[Callable[[Lab], str], ...] = (
    memory_halved,
    moved_to_another_vlan,
    destroyed,
    made_by_hand,
    forward_leads_elsewhere,
    proxy_leads_elsewhere,
    copied_address,
    vlan_that_stops_at_the_switch,
    plugged_elsewhere,
    stopped_behind_a_name,
    given_more_than_there_is,
    storage_away,
)
"""In the order in which they are printed: each is one cause, and all else that it makes fire follows from it.
The site itself has a name that leads nowhere, a certificate that expires soon and two guests without a
backup: target-unknown, certificate-expiry, no-backup.
"""


def _named(lab: Lab, path: str, name: str) -> dict[str, Any]:
    """Return the row with this name from a list of the controller."""
    return next(row for row in lab.unifi.lists[path] if row["name"] == name)
