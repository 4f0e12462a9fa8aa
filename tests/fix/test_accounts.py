"""The commands that settle findings about accounts, access, address sets and nodes, word by word."""

import pytest

from reconciler.collectors.proxmox.kinds import acl, alias, ipset, node_config, role, token, user
from reconciler.model.fix import WantedFields

UNTIL = "2026-12-31T23:00:00Z"
SETTLED = {
    "disabled": (user, "ann@pve", {"/enabled": False}, "pveum user modify ann@pve --enable 0"),
    "expires": (user, "ann@pve", {"/expires": UNTIL}, "pveum user modify ann@pve --expire 1798758000"),
    "for ever": (user, "ann@pve", {"/expires": None}, "pveum user modify ann@pve --expire 0"),
    "groups": (user, "ann@pve", {"/groups": ["a", "b"]}, "pveum user modify ann@pve --groups a,b"),
    "separate": (token, "a@pve!ci", {"/privsep": True}, "pveum user token modify a@pve ci --privsep 1"),
    "role": (
        role,
        "Own",
        {"/privs": ["Sys.Audit", "VM.Audit"]},
        "pveum role modify Own --privs Sys.Audit,VM.Audit",
    ),
    "a user's rule": (
        acl,
        "/vms/100:ann@pve:PVEAuditor",
        {"/propagate": False},
        "pveum acl modify /vms/100 --users ann@pve --roles PVEAuditor --propagate 0",
    ),
    "a token's rule": (
        acl,
        "/:a@pve!ci:PVEAuditor",
        {"/propagate": True},
        "pveum acl modify / --tokens a@pve!ci --roles PVEAuditor --propagate 1",
    ),
    "a group's rule": (
        acl,
        "/pool/web:admins:PVEAdmin",
        {"/propagate": True},
        "pveum acl modify /pool/web --groups admins --roles PVEAdmin --propagate 1",
    ),
    "members": (
        ipset,
        "lan",
        {"/members": ["!192.0.2.1/32"]},
        "pvesh create /cluster/firewall/ipset/lan --cidr 192.0.2.1/32 --nomatch 1",
    ),
    "delay": (
        node_config,
        "n1",
        {"/startall_onboot_delay": 30},
        "pvenode config set --startall-onboot-delay 30",
    ),
    "time zone": (node_config, "n1", {"/timezone": "UTC"}, "pvesh set /nodes/n1/time --timezone UTC"),
    "alias": (
        alias,
        "gateway",
        {"/cidr": "192.0.2.1/32"},
        "pvesh set /cluster/firewall/aliases/gateway --cidr 192.0.2.1/32",
    ),
}


def fix(kind, identity, changes, row=None):
    return kind.KIND.fix.change(WantedFields(identity, row or {}, changes, lambda _kind: {}))


@pytest.mark.parametrize("name", SETTLED)
def test_the_command(name):
    kind, identity, changes, expected = SETTLED[name]
    found = fix(kind, identity, changes)
    assert [" ".join(words) for words in found.commands] == [expected]
    assert found.effect == "at once"
    assert found.right


def test_options_of_a_node_are_set_on_it():
    changes = {"/startall_onboot_delay": 30, "/timezone": "UTC"}
    found = fix(node_config, "n1", changes)
    assert (found.where, len(found.commands)) == ("n1", 2)


@pytest.mark.parametrize(
    ("kind", "identity", "changes", "row"),
    [
        (user, "ann@pve", {"/groups": []}, {}),
        (user, "ann@pve", {"/groups": ["a;reboot"]}, {"x": 1}),
        (user, "--help@pve", {"/enabled": True}, {}),
        (user, "a$(x)@pve", {"/enabled": True}, {}),
        (token, "a@pve!--x", {"/privsep": True}, {}),
        (role, "-Own", {"/privs": ["VM.Audit"]}, {}),
        (role, "Own", {"/privs": []}, {}),
        (acl, "/vms/../x:ann@pve:Own", {"/propagate": True}, {}),
        (acl, "vms:ann@pve:Own", {"/propagate": True}, {}),
        (acl, "/:--users:Own", {"/propagate": True}, {}),
        (acl, "odd", {"/propagate": True}, {}),
        (ipset, "lan", {"/members": ["a"]}, {"members": ["b"]}),
        (ipset, "guest:100:lan", {"/members": ["a"]}, {}),
        (ipset, "lan", {"/members": ["--x"]}, {}),
        (node_config, "n1", {"/timezone": None}, {}),
        (node_config, "n1", {"/nameservers": ["192.0.2.1"]}, {}),
        (alias, "guest:100:printer", {"/cidr": "192.0.2.1/32"}, {}),
        (alias, "gateway", {"/cidr": "192.0.2.1/32"}, {"has_comment": True}),
    ],
)
def test_no_command_where_none_is_certain(kind, identity, changes, row):
    found = fix(kind, identity, changes, row)
    assert found.commands == ()
    assert found.by_hand
