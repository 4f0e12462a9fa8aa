"""A single change of any kind of Proxmox VE is one cause, at the field that a person would edit."""

from typing import Any

import pytest

from reconciler.kinds import SYSTEMS
from reconciler.lab import Lab
from tests.collectors.one_cause import Causes, Change, without_a_change


def edited(found: dict[str, Any], fields: dict[str, object]) -> None:
    assert found | fields != found
    found |= fields


def listed(path: str, number: int = 0, **fields: object) -> Change:
    """Change a row of a list, or of an object where there is one."""

    def change(lab: Lab) -> None:
        rows = lab.state.lists[path]
        edited(rows if isinstance(rows, dict) else rows[number], fields)

    return change


def fabric(part: str, number: int, **fields: object) -> Change:
    return lambda lab: edited(lab.state.lists["cluster/sdn/fabrics/all"][part][number], fields)


def node(**facts: object) -> Change:
    return lambda lab: edited(lab.state.nodes["ml110"].facts, facts)


def disk(**fields: object) -> Change:
    return lambda lab: edited(lab.state.nodes["ml110"].facts["disks"][0], fields)


def access(part: str, name: str, **fields: object) -> Change:
    return lambda lab: edited(lab.state.access[part][name], fields)


def snapshot(vmid: int, number: int, **fields: object) -> Change:
    return lambda lab: edited(lab.state.snapshots[vmid][number], fields)


def token(lab: Lab) -> None:
    lab.state.access["users"]["former@pve"]["tokens"]["drift"]["privsep"] = 0


def hardware(lab: Lab) -> None:
    lab.state.nodes["ml110"].facts["hardware"]["model"] = "Intel(R) Xeon(R) CPU E5-2630 v4 @ 2.20GHz"


CHANGES: dict[str, tuple[Change, Causes]] = {
    "cluster": (
        lambda lab: edited(lab.state.cluster["options"], {"keyboard": "de"}),
        [("drifted", "pve/cluster/lan/keyboard")],
    ),
    "node": (hardware, [("drifted", "pve/node/ml110/cpu_model")]),
    "guest": (lambda lab: lab.state.edit_guest(113, memory="16384"), [("drifted", "pve/guest/113/memory")]),
    "guest-snapshot": (
        snapshot(119, 0, snaptime=1793530000),
        [("changed", "pve/guest-snapshot/119:before-upgrade/taken")],
    ),
    "storage": (
        lambda lab: lab.state.edit_storage("nas", content="images"),
        [("drifted", "pve/storage/nas/content")],
    ),
    "node-network": (
        lambda lab: lab.state.edit_interface("r630-01", "vmbr0", bridge_ports="eno3"),
        [("drifted", "pve/node-network/r630-01:vmbr0/bridge_ports")],
    ),
    "pool": (
        lambda lab: edited(lab.state.pools["production"], {"storages": []}),
        [("drifted", "pve/pool/production/storages")],
    ),
    "resource-mapping": (
        listed("cluster/mapping/pci", mdev=0),
        [("drifted", "pve/resource-mapping/pci:gpu/mdev")],
    ),
    "disk": (disk(model="Samsung_SSD_870_QVO_1TB"), [("changed", "pve/disk/ml110:S6PTNM0R900001/model")]),
    "backup-job": (
        listed("cluster/backup", schedule="03:30"),
        [("drifted", "pve/backup-job/nightly/schedule")],
    ),
    "replication-job": (
        listed("cluster/replication", schedule="*/5"),
        [("drifted", "pve/replication-job/111-0/schedule")],
    ),
    "ha-resource": (
        listed("cluster/ha/resources", max_restart=5),
        [("drifted", "pve/ha-resource/vm:113/max_restart")],
    ),
    "ha-rule": (listed("cluster/ha/rules", strict=0), [("drifted", "pve/ha-rule/databases-big/strict")]),
    "sdn-zone": (listed("cluster/sdn/zones", bridge="vmbr1"), [("drifted", "pve/sdn-zone/lan/bridge")]),
    "sdn-vnet": (listed("cluster/sdn/vnets", tag=41), [("drifted", "pve/sdn-vnet/lab40/tag")]),
    "firewall": (
        listed("cluster/firewall/options", policy_in="ACCEPT"),
        [("drifted", "pve/firewall/cluster/policy_in")],
    ),
    "security-group": (
        listed("cluster/firewall/groups/webserver", dport="80"),
        [("drifted", "pve/security-group/webserver/rules")],
    ),
    "ipset": (
        listed("cluster/firewall/ipset/management", cidr="192.168.0.0/16"),
        [("drifted", "pve/ipset/management/members")],
    ),
    "alias": (
        listed("cluster/firewall/aliases", cidr="192.168.11.2"),
        [("drifted", "pve/alias/gateway/cidr")],
    ),
    "group": (
        lambda lab: lab.state.access["groups"].pop("operators"),
        [("missing", "pve/group/operators")],
    ),
    "user": (access("users", "former@pve", enable=1), [("drifted", "pve/user/former@pve/enabled")]),
    "token": (token, [("drifted", "pve/token/former@pve!drift/privsep")]),
    "acl": (
        lambda lab: lab.state.set_acl("/vms/101", "reconciler@pve!partial", "PVEAuditor!"),
        [("drifted", "pve/acl//vms/101:reconciler@pve!partial:PVEAuditor/propagate")],
    ),
    "role": (
        lambda lab: lab.state.access["roles"]["AuditWithoutAgent"].append("VM.PowerMgmt"),
        [("drifted", "pve/role/AuditWithoutAgent/privs")],
    ),
    "realm": (access("realms", "pve", tfa="type=oath"), [("drifted", "pve/realm/pve/tfa")]),
    "realm-sync-job": (
        listed("cluster/jobs/realm-sync", enabled=0),
        [("drifted", "pve/realm-sync-job/nightly-directory/enabled")],
    ),
    "sdn-controller": (
        listed("cluster/sdn/controllers", asn=65001),
        [("drifted", "pve/sdn-controller/core/asn")],
    ),
    "sdn-fabric": (
        fabric("fabrics", 0, hello_interval=5),
        [("drifted", "pve/sdn-fabric/storage/hello_interval")],
    ),
    "sdn-fabric-node": (
        fabric("nodes", 0, ip="10.90.0.13"),
        [("drifted", "pve/sdn-fabric-node/storage:r630-01/ip")],
    ),
    "node-config": (node(timezone="UTC"), [("drifted", "pve/node-config/ml110/timezone")]),
    "notification-target": (
        listed("cluster/notifications/targets", 1, disable=1),
        [("drifted", "pve/notification-target/gotify/disabled")],
    ),
    "notification-matcher": (
        listed("cluster/notifications/matchers", 1, mode="all"),
        [("drifted", "pve/notification-matcher/backups/mode")],
    ),
    "metric-server": (
        listed("cluster/metrics/server", port=8090),
        [("drifted", "pve/metric-server/influx/port")],
    ),
}
"""Kind → a change, and what must show it."""


def test_there_is_a_change_of_every_kind():
    assert without_a_change((kind.name for kind in SYSTEMS["proxmox"].kinds), CHANGES) == []


@pytest.mark.parametrize("kind", CHANGES)
def test_one_change_is_one_cause(source, before, kind):
    change, expected = CHANGES[kind]
    assert source.shown(before, change) == expected


@pytest.mark.parametrize(
    ("realm", "key", "value", "field"),
    [
        ("directory", "server1", "192.168.11.66", "server1"),
        ("directory", "verify", 0, "verify"),
        ("directory", "mode", "ldap", "mode"),
        ("directory", "filter", "(objectClass=*)", "filter"),
        ("directory", "sync-defaults-options", "scope=both", "sync_defaults_options/remove-vanished"),
        ("sso", "issuer-url", "https://auth.example", "issuer_url"),
        ("sso", "autocreate", 0, "autocreate"),
        ("sso", "username-claim", "email", "username_claim"),
    ],
)
def test_a_change_of_the_settings_of_a_realm_is_one_cause(source, before, realm, key, value, field):
    change = access("realms", realm, **{key: value})
    assert source.shown(before, change) == [("drifted", f"pve/realm/{realm}/{field}")]


def endpoint(name: str, **fields: object) -> Change:
    return lambda lab: edited(
        lab.state.lists["endpoints"][name], {key.replace("_", "-"): each for key, each in fields.items()}
    )


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (endpoint("mail", server="mail.example"), "mail/server"),
        (endpoint("mail", mode="insecure"), "mail/mode"),
        (endpoint("mail", mailto=["ann@lan.example"]), "mail/mailto"),
        (endpoint("mail-to-root", mailto_user=["ann@pam"]), "mail-to-root/mailto_user"),
        (endpoint("gotify", server="https://gotify.example"), "gotify/server"),
        (endpoint("chat", method="put"), "chat/method"),
        (endpoint("chat", body=""), "chat/body"),
    ],
)
def test_a_change_of_where_notifications_go_is_one_cause(source, before, change, where):
    assert source.shown(before, change) == [("drifted", f"pve/notification-target/{where}")]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("bucket", "other"),
        ("influxdbproto", "http"),
        ("verify-certificate", 0),
        ("mtu", 9000),
        ("timeout", 1),
    ],
)
def test_a_change_of_the_settings_of_a_metric_server_is_one_cause(source, before, key, value):
    change = listed("cluster/metrics/server", **{key: value})
    where = f"pve/metric-server/influx/{key.replace('-', '_')}"
    assert source.shown(before, change) == [("drifted", where)]


def group_removed(lab: Lab) -> None:
    """As Proxmox VE does it: from its users and from access rules too."""
    del lab.state.access["groups"]["admins"]
    lab.state.access["users"]["ann@pam"]["groups"] = ""
    lab.state.set_acl("/", "admins", None)


def user_removed(lab: Lab) -> None:
    """With tokens and access rules."""
    del lab.state.access["users"]["former@pve"]
    lab.state.set_acl("/", "former@pve", None)
    lab.state.set_acl("/", "former@pve!drift", None)


@pytest.mark.parametrize(
    ("change", "cause"), [(group_removed, "pve/group/admins"), (user_removed, "pve/user/former@pve")]
)
def test_what_goes_with_an_account_follows_from_it(source, before, change, cause):
    assert source.shown(before, change) == [("missing", cause)]


def test_nothing_is_left_of_a_change(source, before):
    assert source.shown(before, lambda _: None) == []
