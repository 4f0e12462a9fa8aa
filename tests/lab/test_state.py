"""Changes of the site while it runs, as the API shows them."""

import threading
from typing import Any

import pytest

from reconciler.lab import Lab
from tests.lab.client import Client


def rows(auditor: Client) -> dict[str, Any]:
    return {row["id"]: row for row in auditor.data("/cluster/resources")}


def test_an_added_guest_is_everywhere(lab: Lab, auditor: Client):
    lab.state.add_guest(
        666, node="r630-03", name="rogue", memory="1024", net0="virtio=BC:24:11:0B:02:9A,bridge=vmbr0"
    )

    assert rows(auditor)["qemu/666"]["name"] == "rogue"
    assert [row["vmid"] for row in auditor.data("/nodes/r630-03/qemu")] == [666]
    assert auditor.data("/nodes/r630-03/qemu/666/config")["smbios1"].startswith("uuid=")
    with pytest.raises(ValueError, match="guest 666 exists"):
        lab.state.add_guest(666, node="r630-03")
    with pytest.raises(ValueError, match="no node r630-99"):
        lab.state.add_guest(667, node="r630-99")


def test_a_removed_guest_is_gone(lab: Lab, auditor: Client):
    lab.state.remove_guest(113)

    assert "qemu/113" not in rows(auditor)
    reply = auditor.get("/nodes/r630-01/qemu/113/config")
    assert (reply.status, reply.reason) == (
        500,
        "Configuration file 'nodes/r630-01/qemu-server/113.conf' does not exist",
    )
    members = auditor.data("/pools", poolid="production")[0]["members"]
    assert "qemu/113" not in {member["id"] for member in members}


def test_a_moved_guest_is_on_its_new_node_alone(lab: Lab, auditor: Client):
    assert auditor.get("/nodes/ml110/lxc/102/config").status == 200
    lab.state.move_guest(102, "r630-04")

    assert rows(auditor)["lxc/102"]["node"] == "r630-04"
    assert auditor.data("/nodes/r630-04/lxc/102/config")["hostname"] == "dns-01"
    assert auditor.get("/nodes/ml110/lxc/102/config").reason == (
        "Configuration file 'nodes/ml110/lxc/102.conf' does not exist"
    )


def test_an_edit_shows_at_once_and_changes_the_digest(lab: Lab, auditor: Client):
    before = auditor.data("/nodes/r630-01/qemu/111/config")
    lab.state.edit_guest(111, memory="16384", tags=None)
    after = auditor.data("/nodes/r630-01/qemu/111/config")

    assert (before["memory"], after["memory"]) == ("8192", "16384")
    assert "tags" not in after
    assert before["digest"] != after["digest"]
    assert rows(auditor)["qemu/111"]["maxmem"] == 16384 * 1024**2
    lab.state.edit_guest(111, memory="8192", tags=before["tags"])
    assert auditor.data("/nodes/r630-01/qemu/111/config") == before


def test_pending_changes_apply_at_the_next_start(lab: Lab, auditor: Client):
    where = "/nodes/r630-01/qemu/111"
    lab.state.edit_pending(111, cores=6, numa=None, balloon=512, hugepages=None)

    rows = {row["key"]: row for row in auditor.data(f"{where}/pending")}
    assert rows["cores"] == {"key": "cores", "value": 4, "pending": 6}
    assert rows["numa"] == {"key": "numa", "value": 0, "delete": 1}
    assert rows["balloon"] == {"key": "balloon", "pending": 512}
    assert rows["hugepages"] == {"key": "hugepages", "delete": 1}
    assert auditor.data(f"{where}/config")["cores"] == 6
    assert auditor.data(f"{where}/config", current=1)["cores"] == 4

    lab.state.set_power(111, "stopped")
    lab.state.set_power(111, "running")

    assert auditor.data(f"{where}/config", current=1)["cores"] == 6
    assert "pending" not in {key for row in auditor.data(f"{where}/pending") for key in row}


def test_power(lab: Lab, auditor: Client):
    where = "/nodes/r630-01/qemu/111/status/current"
    running = auditor.data(where)
    lab.state.set_power(111, "stopped")
    stopped = auditor.data(where)

    assert (running["status"], running["qmpstatus"], running["agent"]) == ("running", "running", 1)
    assert running["uptime"] > 0
    assert (stopped["status"], stopped["uptime"], stopped["cpu"], stopped["mem"]) == ("stopped", 0, 0, 0)
    assert "pid" not in stopped
    assert rows(auditor)["qemu/111"]["status"] == "stopped"


@pytest.mark.parametrize(
    ("vmid", "agent", "power", "reason"),
    [
        (108, "running", "running", "No QEMU guest agent configured"),
        (111, "running", "stopped", "VM 111 is not running"),
        (111, "down", "running", "QEMU guest agent is not running"),
    ],
)
def test_why_the_guest_agent_does_not_answer(
    lab: Lab, auditor: Client, vmid: int, agent: str, power: str, reason: str
):
    lab.state.set_agent(vmid, agent)
    lab.state.set_power(vmid, power)
    node = lab.state.guests[vmid].node

    reply = auditor.get(f"/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces")

    assert (reply.status, reply.reason) == (500, reason)


def test_what_the_guest_agent_answers(lab: Lab, auditor: Client):
    path = "/nodes/r630-01/qemu/113/agent/network-get-interfaces"
    by_name = {row["name"]: row for row in auditor.data(path)["result"]}

    assert by_name["ens18"]["hardware-address"] == "bc:24:11:0b:00:71"
    assert by_name["ens18"]["ip-addresses"][0] == {
        "ip-address": "192.168.11.113", "ip-address-type": "ipv4", "prefix": 24,
    }  # fmt: skip
    assert by_name["ens19"]["ip-addresses"][1]["ip-address"] == "fe80::be24:11ff:fe0b:171"
    assert "ip-addresses" not in by_name["sit0"]
    lab.state.set_agent(113, "unsupported")
    assert auditor.data(path)["result"]["error"]["class"] == "Unsupported"


def test_interfaces_of_containers(lab: Lab, auditor: Client):
    static = auditor.data("/nodes/ml110/lxc/102/interfaces")
    dhcp = auditor.data("/nodes/r630-02/lxc/154/interfaces")

    assert [row["name"] for row in static] == ["lo", "eth0"]
    assert static[1]["inet"] == "192.168.11.102/24"
    assert dhcp[1]["ip-addresses"][0]["ip-address"] == "192.168.11.154"
    lab.state.set_power(154, "stopped")
    assert auditor.data("/nodes/r630-02/lxc/154/interfaces") is None


def test_descriptions_of_containers_end_in_a_newline(auditor: Client):
    assert auditor.data("/nodes/ml110/lxc/102/config")["description"] == "Primary resolver (unbound).\n"
    assert auditor.data("/nodes/r630-01/qemu/118/config")["description"].endswith("Grafana.")


def test_passwords_are_masked(lab: Lab, auditor: Client):
    lab.state.edit_guest(115, cipassword="$5$hunter2")

    assert auditor.data("/nodes/r630-01/qemu/115/config")["cipassword"] == "**********"
    assert "hunter2" not in auditor.get("/nodes/r630-01/qemu/115/pending").text


def test_raw_container_lines_are_not_in_pending(auditor: Client):
    assert auditor.data("/nodes/ml110/lxc/109/config")["lxc"][0][0] == "lxc.cgroup2.devices.allow"
    assert "lxc" not in {row["key"] for row in auditor.data("/nodes/ml110/lxc/109/pending")}


def test_a_new_pool(lab: Lab, auditor: Client):
    lab.state.set_pool("new", comment="fresh", guests=[102])

    assert {"poolid": "new", "comment": "fresh"} in auditor.data("/pools")
    assert rows(auditor)["lxc/102"]["pool"] == "new"
    members = auditor.data("/pools", poolid="infrastructure")[0]["members"]
    assert "lxc/102" not in {member["id"] for member in members}


def test_an_interface_changes_on_its_node_alone(lab: Lab, auditor: Client):
    lab.state.edit_interface("r630-01", "bond0", bond_mode="active-backup", bond_xmit_hash_policy=None)
    lab.state.edit_interface("r630-01", "vmbr9", type="bridge", bridge_ports="")

    mine, other = (
        {row["iface"]: row for row in auditor.data(f"/nodes/{node}/network")}
        for node in ("r630-01", "r630-02")
    )
    assert mine["bond0"]["bond_mode"] == "active-backup"
    assert "bond_xmit_hash_policy" not in mine["bond0"]
    assert mine["vmbr9"]["type"] == "bridge"
    assert other["bond0"]["bond_mode"] == "802.3ad"


def test_a_storage_changes_and_another_comes(lab: Lab, auditor: Client):
    digest = auditor.data("/storage")[0]["digest"]
    lab.state.edit_storage("nas", content="iso", options=None)
    lab.state.edit_storage("scratch", type="dir", path="/scratch", content="images", nodes="ml110")

    rows = {row["storage"]: row for row in auditor.data("/storage")}
    assert rows["nas"]["content"] == "iso"
    assert "options" not in rows["nas"]
    assert rows["nas"]["digest"] != digest
    on_nodes = {
        node: auditor.data(f"/nodes/{node}/storage", storage="scratch") for node in ("ml110", "r630-04")
    }
    assert [row["active"] for row in on_nodes["ml110"]] == [1]
    assert on_nodes["r630-04"] == []


def test_readings_change_and_configuration_does_not(auditor: Client):
    for path in ("/cluster/resources", "/nodes/ml110/status", "/nodes/ml110/qemu", "/nodes/ml110/storage"):
        assert auditor.get(path).text != auditor.get(path).text, path
    for path in ("/nodes/ml110/qemu/101/config", "/nodes/ml110/qemu/101/pending", "/nodes/ml110/network"):
        assert auditor.get(path).text == auditor.get(path).text, path


def test_types_are_as_mixed_as_on_real_clusters(auditor: Client):
    status = auditor.data("/nodes/ml110/status")

    assert all(isinstance(load, str) for load in status["loadavg"])
    assert (status["cpuinfo"]["mhz"], status["cpuinfo"]["hvm"]) == ("2099.944", "1")
    assert auditor.data("/nodes/r630-01/qemu/111/config")["memory"] == "8192"
    assert auditor.data("/nodes/r630-02/lxc/149/config")["cpulimit"] == "0.5"
    assert auditor.data("/nodes/r630-02/lxc/149/config")["memory"] == 1024
    assert {type(row["vmid"]) for row in auditor.data("/nodes/ml110/lxc")} == {str}
    assert {type(row["vmid"]) for row in auditor.data("/nodes/ml110/qemu")} == {int}


def test_changes_from_another_thread(lab: Lab, auditor: Client):
    def churn() -> None:
        for memory in range(1, 200):
            lab.state.edit_guest(111, memory=str(memory))
            lab.state.add_guest(5000 + memory, node="r630-04", name="x")

    thread = threading.Thread(target=churn)
    thread.start()
    while thread.is_alive():
        assert len(auditor.data("/cluster/resources")) >= 94
    thread.join(timeout=60)

    assert auditor.data("/nodes/r630-01/qemu/111/config")["memory"] == "199"
    assert len(auditor.data("/nodes/r630-04/qemu")) == 199
