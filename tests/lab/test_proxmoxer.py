"""The real client library cannot tell the lab from a cluster."""

import pytest
from proxmoxer import ResourceException
from urllib3 import PoolManager
from urllib3.exceptions import SSLError

from reconciler.lab import Lab
from tests.lab.client import Client, proxmoxer


def test_reads_a_guest_from_any_node(lab: Lab):
    for host in range(5):
        with proxmoxer(lab, host=host) as api:
            config = api.nodes("r630-01").qemu(113).config.get()

        assert config["memory"] == "32768"
        assert config["net1"] == "virtio=BC:24:11:0B:01:71,bridge=vmbr0,tag=12,mtu=9000"
        assert config["description"] == "Primary PostgreSQL 17.\nOwner: data team"


def test_walks_the_whole_site(lab: Lab):
    with proxmoxer(lab) as api:
        assert api.version.get()["release"] == "9.2"
        guests = api.cluster.resources.get(type="vm")
        for row in guests:
            guest = api.nodes(row["node"])(row["type"])(row["vmid"])
            assert (
                guest.config.get()["digest"] == {r["key"]: r for r in guest.pending.get()}["digest"]["value"]
            )
        assert len(guests) == 61
        assert api.pools.get(poolid="staging")[0]["members"][0]["id"] == "qemu/132"
    assert lab.requests.total() == 2 + 61 * 2 + 1
    assert lab.requests["GET /api2/json/version"] == 1


def test_errors_are_those_of_the_library(lab: Lab):
    with proxmoxer(lab) as api:
        with pytest.raises(ResourceException) as missing:
            api.nodes("ml110").qemu(999).config.get()
        lab.state.set_node_online("r630-02", online=False)
        with pytest.raises(ResourceException) as down:
            api.nodes("r630-02").lxc.get()

    assert missing.value.status_code == 500
    assert missing.value.content == "Configuration file 'nodes/ml110/qemu-server/999.conf' does not exist"
    assert down.value.status_code == 595
    assert down.value.content == "No route to host"


def test_a_wrong_secret_is_refused(lab: Lab):
    with proxmoxer(lab, secret="wrong") as api, pytest.raises(ResourceException) as refused:
        api.version.get()

    assert (refused.value.status_code, refused.value.content) == (401, "invalid token value!")


def test_the_certificate_is_not_trusted_by_default(lab: Lab):
    with PoolManager(retries=False, timeout=5) as pool, pytest.raises(SSLError):
        pool.request("GET", f"https://{lab.hosts[0]}/api2/json/version")


def test_pending_changes_of_the_network_stand_beside_the_data(lab: Lab, auditor: Client):
    with proxmoxer(lab) as api:
        rows = api.nodes("r630-03").network.get()

    reply = auditor.get("/nodes/r630-03/network")
    assert rows == reply.data
    assert "+\tmtu 9000" in reply.json["changes"]
    assert "changes" not in auditor.get("/nodes/r630-04/network").json
