"""The lab has the oddities of real clusters: tests/cases/wire/proxmox.json, each with its evidence."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.lab import Lab
from tests.lab.client import Client, connect

RECORD = Path(__file__).resolve().parents[1] / "cases" / "wire" / "proxmox.json"


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return json.loads(RECORD.read_bytes())


def shape(value: Any, like: Any) -> Any:
    """The types of a value, as far as `like` goes."""
    if isinstance(like, dict):
        return {key: shape(value[key], item) for key, item in like.items()}
    if isinstance(like, list):
        return [shape(item, other) for item, other in zip(value, like, strict=False)]
    return type(value).__name__


def test_rows_of_an_offline_node(lab: Lab, auditor: Client, recorded: dict[str, Any]):
    lab.state.set_node_online("r630-01", online=False)
    row = next(row for row in auditor.data("/cluster/resources") if row["id"] == "qemu/111")
    like = recorded["offline_node_guest"]["row"]

    assert row.keys() == like.keys()
    assert (row["status"], shape(row, like)) == (like["status"], shape(like, like))


def test_nodes_without_the_right_to_their_figures(lab: Lab, recorded: dict[str, Any]):
    like = recorded["node_without_sys_audit"]["row"]
    with connect(lab, "reconciler@pve!norights") as client:
        row = client.data("/cluster/resources", type="node")[0]

    assert row.keys() == like.keys()
    assert shape(row, like) == shape(like, like)


def test_types_of_node_status(auditor: Client, recorded: dict[str, Any]):
    like = recorded["node_status_mixed_types"]["data"]

    assert shape(auditor.data("/nodes/ml110/status"), like) == shape(like, like)


def test_the_sibling_of_network_data(auditor: Client, recorded: dict[str, Any]):
    envelope = auditor.get("/nodes/r630-03/network").json

    assert envelope.keys() == recorded["network_changes_sibling"]["envelope"].keys()
    assert envelope["changes"].startswith("--- /etc/network/interfaces")


def test_an_agent_that_cannot(auditor: Client, recorded: dict[str, Any]):
    answer = auditor.data("/nodes/r630-02/qemu/150/agent/network-get-interfaces")

    assert answer == recorded["agent_unsupported_200"]["data"]


def test_an_agent_that_can(auditor: Client, recorded: dict[str, Any]):
    answer = auditor.data("/nodes/r630-01/qemu/111/agent/network-get-interfaces")
    like = recorded["agent_real"]["envelope"]["data"]

    assert shape(answer, like) == shape(like, like)


def test_numbers_of_containers(auditor: Client, recorded: dict[str, Any]):
    like = recorded["lxc_vmid_string"]["row"]

    assert shape(auditor.data("/nodes/ml110/lxc")[0], like) == shape(like, like)


def test_texts_of_errors(lab: Lab, auditor: Client, recorded: dict[str, Any]):
    """What the lab says of itself is among what was recorded, but for the numbers and names in it."""
    known = {(error["status"], error["reason"], json.dumps(error["body"])) for error in recorded["errors"]}
    lab.state.set_power(112, "stopped")
    lab.state.set_node_online("r630-02", online=False)
    with (
        connect(lab, "reconciler@pve!norights") as blind,
        connect(lab, header="PVEAPIToken=reconciler@pve!drift=x") as bad,
    ):
        replies = [
            bad.get("/version"),
            blind.get("/nodes/ml110/qemu/100/config"),
            auditor.get("/nodes/r630-01/qemu/125/agent/network-get-interfaces"),
            auditor.get("/nodes/ml110/qemu/108/agent/network-get-interfaces"),
            auditor.get("/nodes/r630-01/qemu/112/agent/network-get-interfaces"),
            auditor.get("/nodes/ml110/qemu/999/config"),
            auditor.get("/nodes/r630-02/qemu"),
        ]
    said = {
        (
            reply.status,
            reply.reason.replace("112", "100").replace("ml110", "pve1"),
            json.dumps(reply.json or ""),
        )
        for reply in replies
    }

    assert len(said) == 7
    assert said <= known
