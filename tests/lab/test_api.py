"""The HTTP surface: methods, envelope, unknown paths and parameters, filters, counting."""

import threading
from typing import Any

import pytest

from reconciler.lab import Lab
from tests.lab.client import Client, connect
from tests.processes import PATIENCE


def test_the_envelope(auditor: Client):
    reply = auditor.get("/version")

    assert reply.json.keys() == {"data"}
    assert reply.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert reply.headers["Server"] == "pve-api-daemon/3.0"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_only_get_is_served_and_all_is_counted(lab: Lab, auditor: Client, method: str):
    reply = auditor.request(method, "/nodes/ml110/qemu/101/config")

    assert (reply.status, reply.reason) == (403, "Permission check failed (/, Sys.Modify)")
    assert lab.requests == {f"{method} /api2/json/nodes/ml110/qemu/101/config": 1}


def test_head_is_501(auditor: Client):
    assert auditor.request("HEAD", "/version").status == 501


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nope",
        "/nodes/ml110/nope",
        "/nodes/ml110/qemu/101/nope",
        "/nodes/ml110/qemu/101/interfaces",
        "/nodes/ml110/lxc/102/agent/network-get-interfaces",
        "/nodes/ml110/vz/102/config",
        "/cluster/config",
    ],
)
def test_unknown_paths_are_501(auditor: Client, path: str):
    reply = auditor.get(path)

    assert (reply.status, reply.reason) == (501, f"Method 'GET {path}' not implemented")
    assert reply.headers["Connection"] == "close"


def test_outside_the_api_is_501(lab: Lab, auditor: Client):
    assert auditor.get("/../../pve2").status == 501


@pytest.mark.parametrize(
    ("path", "query", "errors"),
    [
        ("/version", {"x": 1}, {"x"}),
        ("/cluster/resources", {"type": "guest"}, {"type"}),
        ("/nodes/ml110/network", {"kind": "eth", "y": 1}, {"kind", "y"}),
        ("/nodes/ml110/qemu/101/config", {"now": 1}, {"now"}),
        ("/nodes/ml110/qemu/101/config", {"current": 1, "snapshot": "a"}, {"snapshot"}),
        ("/nodes/ml110/qemu/abc/config", {}, {"vmid"}),
        ("/nodes/ml110/qemu/99/status/current", {}, {"vmid"}),
        ("/nodes/ml110/qemu/²/agent/network-get-interfaces", {}, {"vmid"}),
    ],
)
def test_bad_parameters_are_400(auditor: Client, path: str, query: dict[str, Any], errors: set[str]):
    reply = auditor.get(path, **query)

    assert (reply.status, reply.reason) == (400, "Parameter verification failed.")
    assert reply.json["data"] is None
    assert reply.json["errors"].keys() == errors


@pytest.mark.parametrize(
    ("path", "query", "reason"),
    [
        ("/nodes/nowhere/status", {}, "hostname lookup 'nowhere' failed - failed to get address info"),
        ("/nodes/ml110/lxc/101/config", {}, "Configuration file 'nodes/ml110/lxc/101.conf' does not exist"),
        ("/nodes/ml110/qemu/101/config", {"snapshot": "a"}, "snapshot 'a' does not exist"),
        ("/pools", {"poolid": "a\nb"}, "no such pool 'a b'"),
    ],
)
def test_what_does_not_exist_is_500(auditor: Client, path: str, query: dict[str, Any], reason: str):
    reply = auditor.get(path, **query)

    assert reply.status == 500
    assert reply.reason.startswith(reason)


@pytest.mark.parametrize(
    ("wanted", "types"),
    [("vm", {"qemu", "lxc"}), ("node", {"node"}), ("storage", {"storage"}), ("sdn", {"network"})],
)
def test_resources_by_type(auditor: Client, wanted: str, types: set[str]):
    assert {row["type"] for row in auditor.data("/cluster/resources", type=wanted)} == types


def test_filters_of_lists(auditor: Client):
    assert [row["storage"] for row in auditor.data("/storage", type="nfs")] == ["nas"]
    assert [row["iface"] for row in auditor.data("/nodes/r630-01/network", type="vlan")] == [
        "vmbr0.11",
        "vmbr0.12",
    ]
    assert [row["storage"] for row in auditor.data("/nodes/ml110/storage", storage="nas")] == ["nas"]
    enabled = {row["storage"] for row in auditor.data("/nodes/ml110/storage", enabled=1)}
    assert {row["storage"] for row in auditor.data("/nodes/ml110/storage")} - enabled == {"usb-archive"}
    assert {row["storage"] for row in auditor.data("/nodes/r630-04/storage")} == {"local", "local-lvm", "nas"}


def test_disks_show_health_unless_smart_is_skipped(auditor: Client):
    assert auditor.data("/nodes/ml110/disks/list")[1]["health"] == "PASSED"
    skipped = auditor.data("/nodes/ml110/disks/list", skipsmart=1)
    assert {(row["serial"], row["health"]) for row in skipped} == {
        ("S6PTNM0R900001", "UNKNOWN"),
        ("WD-WCC7K0123456", "UNKNOWN"),
    }


def test_each_listener_is_its_node(auditor: Client):
    for host, name in enumerate(("ml110", "r630-01", "r630-02", "r630-03", "r630-04")):
        rows = auditor.get("/cluster/status", host=host).data
        assert [row["name"] for row in rows if row.get("local")] == [name]


def test_the_fingerprint_is_that_of_the_certificate(lab: Lab, auditor: Client):
    assert {row["ssl_fingerprint"] for row in auditor.data("/nodes")} == {lab.fingerprint}
    assert len(lab.fingerprint.split(":")) == 32


def test_requests_at_once_are_seen(lab: Lab):
    connected = threading.Barrier(4, action=lambda: setattr(lab.faults, "latency", 0.1), timeout=PATIENCE)

    def ask() -> None:
        with connect(lab) as client:
            client.get("/version")
            connected.wait()
            client.get("/version")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE)

    assert 2 <= lab.server.peak[0] <= 4
    assert lab.requests.total() == 8
