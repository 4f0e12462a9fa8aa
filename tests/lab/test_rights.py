"""Who sees what: tokens, their users, sub-paths, pools; and how Proxmox says no."""

import pytest

from reconciler.lab import Lab
from tests.lab.client import Client, connect

AUDIT = {
    "Datastore.Audit",
    "Mapping.Audit",
    "Pool.Audit",
    "SDN.Audit",
    "Sys.Audit",
    "VM.Audit",
    "VM.GuestAgent.Audit",
}


def visible(client: Client) -> dict[str, int]:
    """Rows of `/cluster/resources` by type."""
    counts: dict[str, int] = {}
    for row in client.data("/cluster/resources"):
        counts[row["type"]] = counts.get(row["type"], 0) + 1
    return counts


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, "No ticket"),
        ("Basic cm9vdDpyb290", "No ticket"),
        ("PVEAPIToken=reconciler@pve!drift", "No ticket"),
        ("PVEAPIToken=reconciler@pve=secret", "No ticket"),
        ("PVEAPIToken=reconciler@pve!drift=wrong", "invalid token value!"),
        ("PVEAPIToken=reconciler@pve!other=x", "no such token 'other' for user 'reconciler@pve'"),
        ("PVEAPIToken=nobody@pve!drift=x", "no such user ('nobody@pve')"),
    ],
)
def test_bad_authorization_is_401(lab: Lab, header: str | None, reason: str):
    with connect(lab, header=header) as client:
        reply = client.get("/version")

    assert (reply.status, reply.reason, reply.json) == (401, reason, {"data": None})


@pytest.mark.parametrize(
    ("token", "reason"),
    [("reconciler@pve!expired", "token expired"), ("former@pve!drift", "user 'former@pve' is disabled")],
)
def test_tokens_that_ended_are_401(lab: Lab, token: str, reason: str):
    with connect(lab, token) as client:
        reply = client.get("/version")

    assert (reply.status, reply.reason) == (401, reason)


def test_the_auditor_sees_everything(auditor: Client):
    assert visible(auditor) == {"qemu": 29, "lxc": 32, "node": 5, "storage": 19, "network": 5, "pool": 3}
    permissions = auditor.data("/access/permissions")
    assert permissions["/"] == dict.fromkeys(AUDIT, 1)
    assert all(set(held) == AUDIT for held in permissions.values())


@pytest.mark.parametrize("token", ["reconciler@pve!norights", "bare@pve!drift"])
def test_without_rights_lists_are_short_and_nodes_bare(lab: Lab, token: str):
    """`norights`: the token has none; `bare`: the token has them, its user has not."""
    with connect(lab, token) as client:
        assert visible(client) == {"node": 5}
        assert client.data("/cluster/resources", type="node")[0].keys() == {
            "id", "type", "node", "status", "level", "cgroup-mode",
        }  # fmt: skip
        assert client.data("/access/permissions") == {}
        for path in (
            "/nodes/r630-01/qemu",
            "/nodes/r630-01/lxc",
            "/nodes/r630-01/storage",
            "/storage",
            "/pools",
        ):
            assert client.data(path) == [], path
        assert "serverid" not in client.data("/nodes/r630-01/subscription")
        assert client.data("/cluster/options").keys() == {"allowed-tags"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/cluster/status", "Permission check failed (/, Sys.Audit)"),
        ("/nodes/ml110/status", "Permission check failed (/nodes/ml110, Sys.Audit)"),
        ("/nodes/ml110/disks/list", "Permission check failed"),
        ("/nodes/ml110/qemu/101/config", "Permission check failed (/vms/101, VM.Audit)"),
        ("/nodes/ml110/qemu/101/pending", "Permission check failed (/vms/101, VM.Audit)"),
        ("/nodes/ml110/qemu/101/status/current", "Permission check failed (/vms/101, VM.Audit)"),
        ("/nodes/ml110/lxc/102/interfaces", "Permission check failed (/vms/102, VM.Audit)"),
        (
            "/nodes/ml110/qemu/101/agent/network-get-interfaces",
            "Permission check failed (/vms/101, VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted)",
        ),
        ("/nodes/ml110/qemu/98765/config", "Permission check failed (/vms/98765, VM.Audit)"),
    ],
)
def test_what_has_a_check_is_403_with_the_reason(lab: Lab, path: str, text: str):
    with connect(lab, "reconciler@pve!norights") as client:
        reply = client.get(path)

    assert (reply.status, reply.reason, reply.json) == (403, text, {"data": None})
    assert reply.headers["Connection"] == "close"


def test_a_pool_needs_its_own_right(lab: Lab):
    with connect(lab, "reconciler@pve!partial") as client:
        assert (
            client.get("/pools", poolid="staging").reason
            == "Permission check failed (/pool/staging, Pool.Audit)"
        )


def test_rights_on_one_guest(lab: Lab):
    with connect(lab, "reconciler@pve!partial") as client:
        assert visible(client) == {"node": 5, "qemu": 1}
        assert [row["vmid"] for row in client.data("/nodes/ml110/qemu")] == [101]
        assert client.data("/nodes/ml110/qemu/101/config")["name"] == "opnsense"
        assert client.get("/nodes/ml110/qemu/105/config").status == 403
        assert client.data("/access/permissions") == {"/vms/101": dict.fromkeys(AUDIT, 1)}


def test_rights_on_a_pool_reach_its_members_without_propagating(lab: Lab):
    with connect(lab, "reconciler@pve!pool") as client:
        assert visible(client) == {"node": 5, "qemu": 2, "lxc": 1, "pool": 1}
        permissions = client.data("/access/permissions")
        assert permissions["/pool/staging"]["VM.Audit"] == 1
        assert permissions["/vms/132"]["VM.Audit"] == 0
        assert permissions.keys() == {"/pool/staging", "/vms/132", "/vms/133", "/vms/149"}


def test_no_access_below_hides_silently(lab: Lab):
    """A path without any right is absent from the dump; only asking for it by name shows the hole."""
    with connect(lab, "reconciler@pve!blind") as client:
        counts = visible(client)
        permissions = client.data("/access/permissions")

        assert counts["qemu"] == 28
        assert counts["lxc"] == 31
        assert counts["storage"] == 14
        assert "/vms/105" not in permissions
        assert permissions["/vms/106"] == {"Pool.Audit": 1}
        assert client.data("/access/permissions", path="/vms/105") == {"/vms/105": {}}


def test_a_role_that_does_not_propagate(lab: Lab):
    with connect(lab, "reconciler@pve!shallow") as client:
        assert client.data("/cluster/status")[0]["quorate"] == 1
        assert set(client.data("/access/permissions")) == {"/"}
        assert client.data("/access/permissions")["/"]["VM.Audit"] == 0
        assert visible(client) == {"node": 5}


def test_a_token_without_privilege_separation_has_its_users_rights(lab: Lab, auditor: Client):
    with connect(lab, "reconciler@pve!inherits") as client:
        assert client.data("/access/permissions") == auditor.data("/access/permissions")


def test_root_may_everything(lab: Lab):
    with connect(lab, "root@pam!all") as client:
        assert visible(client)["qemu"] == 29
        assert "Datastore.AllocateSpace" in client.data("/access/permissions")["/"]


def test_the_guest_agent_has_a_right_of_its_own(lab: Lab):
    with connect(lab, "reconciler@pve!agentless") as client:
        assert client.get("/nodes/r630-01/qemu/111/config").status == 200
        assert client.get("/nodes/r630-01/qemu/111/agent/network-get-interfaces").status == 403


def test_rights_change_while_it_runs(lab: Lab):
    with connect(lab, "reconciler@pve!norights") as client:
        assert visible(client) == {"node": 5}
        lab.state.set_acl("/vms", "reconciler@pve!norights", "PVEAuditor")
        assert visible(client) == {"node": 5, "qemu": 29, "lxc": 32}
        lab.state.set_acl("/vms", "reconciler@pve!norights", None)
        assert visible(client) == {"node": 5}


def test_secrets_of_container_environments_need_a_right(lab: Lab, auditor: Client):
    lab.state.edit_guest(102, env="PASSWORD=hunter2")

    assert "env" not in auditor.data("/nodes/ml110/lxc/102/config")
    lab.state.access["roles"]["PVEAuditor"].append("VM.Config.Options")
    lab.state.set_acl("/vms/999", "reconciler@pve", None)
    assert auditor.data("/nodes/ml110/lxc/102/config")["env"] == "PASSWORD=hunter2"


def test_bridges_need_a_right_of_their_own_and_one_by_one_they_do_not(lab: Lab):
    lab.state.set_acl("/sdn/zones/localnetwork/vmbr0", "reconciler@pve!drift", "NoAccess")
    with connect(lab) as client:
        assert {row["iface"] for row in client.data("/nodes/ml110/network")} == {"eno1", "eno2", "vmbr0.11"}
        assert client.data("/nodes/ml110/network/vmbr0")["type"] == "bridge"
        assert client.get("/nodes/ml110/network/vmbr7").status == 400


def test_a_storage_is_asked_for_its_right_before_it_is_looked_for(lab: Lab):
    lab.state.set_acl("/storage/local", "reconciler@pve!drift", "NoAccess")
    with connect(lab) as client:
        assert client.get("/nodes/ml110/storage/local/status").status == 403
        gone = client.get("/nodes/ml110/storage/nowhere/status")
        assert (gone.status, gone.reason) == (500, "storage 'nowhere' does not exist")
