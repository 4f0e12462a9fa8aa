"""What goes wrong on demand, seen from the wire."""

import json
import time

import pytest
from urllib3.exceptions import HTTPError

from reconciler.lab import Lab
from reconciler.lab.faults import Fault
from tests.lab.client import Client, connect


def outcome(client: Client, path: str = "/version") -> str:
    try:
        return str(client.get(path).status)
    except HTTPError:
        return "dropped"


def test_an_offline_node(lab: Lab, auditor: Client):
    lab.state.set_node_online("r630-01", online=False)

    rows = {row["id"]: row for row in auditor.data("/cluster/resources")}
    assert rows["qemu/111"] == {
        "id": "qemu/111", "type": "qemu", "node": "r630-01", "vmid": 111, "status": "unknown",
    }  # fmt: skip
    assert rows["lxc/139"]["name"] == "dns-02"
    assert rows["node/r630-01"]["status"] == "offline"
    assert "maxmem" not in rows["node/r630-01"]
    assert rows["storage/r630-01/nas"]["status"] == "unknown"
    status = {row["name"]: row for row in auditor.data("/cluster/status")}
    assert (status["r630-01"]["online"], status["ml110"]["online"], status["lan"]["quorate"]) == (0, 1, 1)


@pytest.mark.parametrize(
    "path",
    [
        "/nodes/r630-01/status",
        "/nodes/r630-01/qemu",
        "/nodes/r630-01/lxc",
        "/nodes/r630-01/storage",
        "/nodes/r630-01/network",
        "/nodes/r630-01/disks/list",
        "/nodes/r630-01/subscription",
        "/nodes/r630-01/qemu/111/config",
        "/nodes/r630-01/qemu/111/agent/network-get-interfaces",
        "/nodes/r630-01/lxc/116/interfaces",
    ],
)
def test_everything_of_an_offline_node_is_595(lab: Lab, auditor: Client, path: str):
    lab.state.set_node_online("r630-01", online=False)

    reply = auditor.get(path)

    assert (reply.status, reply.reason, reply.text) == (595, "No route to host", "")


def test_an_offline_node_refuses_and_comes_back(lab: Lab, auditor: Client):
    hosts = lab.hosts
    assert auditor.get("/version", host=1).status == 200

    lab.state.set_node_online("r630-01", online=False)
    with pytest.raises(HTTPError):
        auditor.get("/version", host=1)
    lab.state.set_node_online("r630-01", online=True)

    assert auditor.get("/version", host=1).status == 200
    assert lab.hosts == hosts


def test_quorum_is_lost_with_the_majority(lab: Lab, auditor: Client):
    for node in ("r630-01", "r630-02", "r630-03"):
        lab.state.set_node_online(node, online=False)
    assert auditor.data("/cluster/status")[0]["quorate"] == 0

    lab.state.set_quorate(quorate=True)
    assert auditor.data("/cluster/status")[0]["quorate"] == 1


def test_a_closed_host_refuses_while_its_node_is_up(lab: Lab, auditor: Client):
    lab.server.close_host(0)
    lab.server.close_host(0)

    with pytest.raises(HTTPError):
        auditor.get("/version", host=0)
    assert auditor.get("/nodes/ml110/status", host=1).status == 200


def test_latency(lab: Lab, auditor: Client):
    auditor.get("/version")
    lab.faults.latency = 0.1
    before = time.monotonic()
    auditor.get("/version")

    assert time.monotonic() - before >= 0.1


def test_a_slow_path(lab: Lab, auditor: Client):
    lab.faults.slow("/nodes/*/storage", 0.1, times=1)

    before = time.monotonic()
    assert auditor.data("/nodes/ml110/storage")
    assert time.monotonic() - before >= 0.1


def test_401_can_be_late(lab: Lab):
    lab.faults.unauthorized_delay = 0.1
    with connect(lab, header="PVEAPIToken=a@b!c=d") as client:
        before = time.monotonic()
        assert client.get("/version").status == 401

    assert time.monotonic() - before >= 0.1


def test_dropped_connections_are_a_seeded_share(lab: Lab, auditor: Client):
    def run() -> list[str]:
        lab.faults.drop(0.3, seed=7)
        return [outcome(auditor) for _ in range(40)]

    first = run()

    assert run() == first
    assert 5 <= first.count("dropped") <= 20
    assert set(first) == {"dropped", "200"}
    lab.faults.clear()
    assert [outcome(auditor) for _ in range(10)] == ["200"] * 10


def test_an_error_once(lab: Lab, auditor: Client):
    lab.faults.answer("/cluster/resources", 596, "Connection timed out", body=b"", times=1)

    reply = auditor.get("/cluster/resources")
    assert (reply.status, reply.reason, reply.text) == (596, "Connection timed out", "")
    assert auditor.get("/cluster/resources").status == 200


def test_an_error_every_third_time_on_a_pattern(lab: Lab, auditor: Client):
    lab.faults.answer("/nodes/*/config", 500, "got timeout", every=3)

    statuses = [auditor.get("/nodes/ml110/qemu/101/config").status for _ in range(6)]
    assert statuses == [200, 200, 500, 200, 200, 500]
    assert auditor.get("/nodes/ml110/qemu/101/pending").status == 200


def test_a_fault_of_one_host_alone(lab: Lab, auditor: Client):
    lab.faults.answer("/version", 503, "Service Unavailable")
    lab.faults.clear()
    rule = lab.faults.add(Fault("/version", host=1, truncate=True))

    assert auditor.get("/version", host=0).status == 200
    with pytest.raises(json.JSONDecodeError):
        auditor.get("/version", host=1)
    assert rule.seen == 1


def test_html_instead_of_json(lab: Lab, auditor: Client):
    lab.faults.html("/version", times=1)

    reply = auditor.get("/version")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html")
    assert reply.text.startswith("<!DOCTYPE html>")


def test_truncated_json(lab: Lab, auditor: Client):
    lab.faults.truncate("/version", times=1)

    with pytest.raises(json.JSONDecodeError):
        auditor.get("/version")
    assert auditor.get("/version").status == 200


def test_a_body_cut_in_the_middle(lab: Lab, auditor: Client):
    lab.faults.cut("/cluster/resources", times=1)

    with pytest.raises(HTTPError):
        auditor.get("/cluster/resources")
    assert auditor.get("/cluster/resources").status == 200
