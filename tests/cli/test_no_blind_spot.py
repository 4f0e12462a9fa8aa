"""Changes by hand on an adopted site: each is one cause, at its place."""

import shutil

import pytest

from reconciler.lab import Lab
from tests.site_repository import SiteRepository

BIND = "/,mp=/host"


@pytest.fixture
def adopted(lab: Lab, site: SiteRepository) -> SiteRepository:
    """The three systems of a lab, adopted and recorded once."""
    site.configure_all(lab)
    shutil.rmtree(site.root / "desired-state", ignore_errors=True)
    site.write("desired-state/README.md", "adopted\n")
    assert site.run("adopt", "--write") == 0
    assert site.run("run") == 0
    return site


def _by_name(rows, name):
    return next(row for row in rows if row["name"] == name)


CHANGES = {
    "a hook script": (
        lambda lab: lab.state.edit_guest(101, hookscript="local:snippets/x.pl"),
        ("pve/guest/101", "/options/hookscript"),
    ),
    "arguments of kvm": (
        lambda lab: lab.state.edit_guest(101, args="-device x"),
        ("pve/guest/101", "/options/kvm_arguments"),
    ),
    "a second NIC in another VLAN": (
        lambda lab: lab.state.edit_guest(103, net1="name=eth1,bridge=vmbr0,hwaddr=BC:24:11:0B:02:67,tag=30"),
        ("pve/guest/103", "/nics/net1"),
    ),
    "a bind mount of /": (lambda lab: lab.state.edit_guest(103, mp5=BIND), ("pve/guest/103", "/disks/mp5")),
    "a policy that lets in what it blocked": (
        lambda lab: _by_name(lab.unifi.lists["firewall-policies"], "Things stay out").update(action="ALLOW"),
        ("unifi/firewall-policy/Things:Internal:Things stay out", "/action"),
    ),
    "a datacenter that accepts everything": (
        lambda lab: lab.state.lists.setdefault("cluster/firewall/options", {}).update(policy_in="ACCEPT"),
        ("pve/firewall/cluster", "/policy_in"),
    ),
    "a port that is open to the world": (
        lambda lab: lab.unifi.lists["rest/portforward"].append(
            {"_id": "a" * 24, "name": "rdp", "dst_port": "3389", "proto": "tcp", "fwd": "192.168.11.20"}
            | {"fwd_port": "3389", "enabled": True, "pfwd_interface": "wan", "src": "any"}
        ),
        ("unifi/port-forward/wan:tcp:3389", ""),
    ),
    "a list of rules with one more": (
        lambda lab: lab.state.lists["cluster/firewall/rules"].append(
            {"pos": 9, "type": "in", "action": "ACCEPT", "enable": 1, "proto": "tcp", "dport": "3389"}
        ),
        ("pve/firewall/cluster", "/rules"),
    ),
    "a guest that does not start with its node any more": (
        lambda lab: lab.state.edit_guest(101, onboot=0),
        ("pve/guest/101", "/onboot"),
    ),
    "a renamed network": (
        lambda lab: _by_name(lab.unifi.lists["rest/networkconf"], "IoT").update(name="Gadgets"),
        ("unifi/network/IoT", "/name"),
    ),
    "an SSID that was opened": (
        lambda lab: _by_name(lab.unifi.lists["rest/wlanconf"], "lan").update(security="open"),
        ("unifi/wlan/lan", "/security"),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_by_hand_is_one_cause_at_its_place(lab, adopted, name):
    before = {finding["id"] for finding in adopted.report()["findings"]}
    change, (key, path) = CHANGES[name]
    with lab.state.lock:
        change(lab)
    adopted.run("run")
    report = adopted.report()
    new = [finding for finding in report["findings"] if finding["id"] not in before]
    causes = [finding for finding in new if "cause" not in finding]
    assert [(each["key"], each.get("change", {}).get("path", "")) for each in causes] == [(key, path)], new
    assert report["events"] == []
    assert report["summary"]["verdict"] == "drifted"
