"""The whole collector against the lab: real TLS, real proxmoxer, every quirk the lab has."""

import re

import pytest

from reconciler import files
from reconciler.collectors import proxmox
from reconciler.collectors.proxmox.cluster_state import node_offline
from tests.collectors.proxmox.lab_site import read, rows, scopes

FILTERED = ("node", "guest", "storage", "node-network", "pool")
"""Kinds whose lists a token without rights sees shorter, or not at all."""

GUESTS = 61


def listed(snapshot):
    return {kind: scope.listed for kind, scope in scopes(snapshot).items()}


def steady(snapshot):
    """What is read, as bytes, without what is another number each time."""
    found = rows(snapshot)
    for node in found["resources"]["pve"]["node"].values():
        del node["memory_used"]
    return files.canonical(found)


def test_a_healthy_site_is_complete(lab):
    before = lab.requests.total()
    snapshot = read(lab)
    assert set(listed(snapshot).values()) == {"complete"}
    assert not [scope.unread for scope in snapshot.scopes if scope.unread]
    assert scopes(snapshot)["guest"].count == len(lab.state.guests) == GUESTS
    assert scopes(snapshot)["node"].count == 5
    assert snapshot.run.sources["pve"].status == "complete"
    assert snapshot.run.sources["pve"].version
    assert {call.split()[0] for call in lab.requests} == {"GET"}
    running = sum(guest.power == "running" for guest in lab.state.guests.values())
    containers = sum(guest.type == "lxc" for guest in lab.state.guests.values())
    assert (
        lab.requests.total() - before
        <= 5
        + 5
        + 5
        + 1
        + 1
        + 1
        + 4
        + 1
        + 4
        + 1
        + 3
        + 6
        + 42
        + 11
        + 5
        + 4 * 5
        + 2
        + GUESTS
        + containers
        + running
    ), "one call per guest, one for the raw lines of a container, and one where there are snapshots"
    assert max(lab.server.peak) <= 4


def test_what_the_site_says_is_what_is_read(lab):
    found = rows(read(lab))["resources"]["pve"]
    opnsense = found["guest"]["101"]
    assert (opnsense["name"], opnsense["node"], opnsense["power"]) == ("opnsense", "ml110", "running")
    assert opnsense["nics"]["net0"]["mac"] == "BC:24:11:0B:00:65"
    assert opnsense["addresses"]["ens18"]["addresses"] == ["192.168.11.101/24"]
    assert found["node"]["r630-01"]["memory"] == 256 * 1024
    assert found["node-network"]["r630-01:vmbr0.12"]["vlan_id"] == 12
    assert found["pool"]["staging"]["guests"] == [132, 133, 149]
    assert found["storage"]["nas"]["type"] == "nfs"


def test_shuffled_lists_and_flipped_types_give_the_same_bytes(lab):
    plain = steady(read(lab))
    for seed in range(3):
        lab.quirks.shuffle(seed)
        assert steady(read(lab)) == plain


def test_dropped_connections_and_busy_answers_change_nothing(lab):
    plain = steady(read(lab))
    lab.faults.drop(0.1)
    lab.faults.answer("/pending", 503, "busy", every=7, times=8)
    lab.faults.answer("/cluster/resources", 595, "Connection timed out", times=1)
    assert steady(read(lab)) == plain


@pytest.mark.parametrize("token", ["norights", "shallow", "partial", "pool"])
def test_a_token_without_rights_proves_nothing(lab, token):
    snapshot = read(lab, token_id=f"reconciler@pve!{token}")
    assert {listed(snapshot)[kind] for kind in FILTERED} == {"partial"}
    for scope in map(scopes(snapshot).get, FILTERED):
        assert scope is not None
        assert scope.problem is not None
        assert (
            f"pveum acl modify / --roles PVEAuditor --users reconciler@pve --tokens 'reconciler@pve!{token}'"
            in scope.problem.remedy
        )
    assert snapshot.run.sources["pve"].status == "partial"


def test_a_token_without_the_agents_right_lacks_addresses_alone(lab):
    snapshot = read(lab, token_id="reconciler@pve!agentless")
    assert set(listed(snapshot).values()) == {"complete"}
    assert snapshot.run.sources["pve"].status == "complete"
    guest = rows(snapshot)["resources"]["pve"]["guest"]["101"]
    assert "addresses" not in guest
    assert guest["agent"] is True


def test_what_is_hidden_one_by_one(own_lab):
    blind = "reconciler@pve!blind"
    own_lab.state.set_acl("/vms/106", blind, None)
    expected = ["pve/guest/101", "pve/guest/105", "pve/guest/999"]
    snapshot = read(own_lab, token_id=blind, expected=expected)
    guests = scopes(snapshot)["guest"]
    assert guests.listed == "complete"
    assert list(guests.unread) == ["105"], "105 is hidden, 999 was never there"
    assert "pveum acl modify /vms/105" in guests.unread["105"].remedy


@pytest.mark.parametrize(
    ("where", "kind", "identity"), [("/vms/111", "guest", "111"), ("/storage/nas", "storage", "nas")]
)
def test_a_pool_with_a_member_that_is_hidden_is_unread(own_lab, where, kind, identity):
    own_lab.state.set_acl(where, own_lab.token_id, "NoAccess")
    snapshot = read(own_lab, expected=[f"pve/{kind}/{identity}", "pve/pool/production"])
    assert list(scopes(snapshot)[kind].unread) == [identity]
    assert f"such as {where}: the token may not see it" in str(scopes(snapshot)["pool"].unread["production"])
    assert listed(snapshot)["pool"] == "complete"


def test_the_firewall_of_a_hidden_guest_is_not_gone(own_lab):
    own_lab.state.set_acl("/vms/105", own_lab.token_id, "NoAccess")
    snapshot = read(own_lab, expected=["pve/guest/105", "pve/firewall/guest:105"])
    assert list(scopes(snapshot)["guest"].unread) == ["105"]
    assert list(scopes(snapshot)["firewall"].unread) == ["guest:105"]


def test_an_offline_node_hides_its_guests_and_no_others(own_lab):
    own_lab.state.set_node_online("r630-01", online=False)
    theirs = {str(vmid) for vmid, guest in own_lab.state.guests.items() if guest.node == "r630-01"}
    snapshot = read(own_lab)
    guests = scopes(snapshot)["guest"]
    assert guests.listed == "complete"
    assert theirs
    assert guests.unread == dict.fromkeys(theirs, node_offline("r630-01"))
    assert guests.count == GUESTS - len(theirs)
    assert not scopes(snapshot)["node"].unread
    node = rows(snapshot)["resources"]["pve"]["node"]["r630-01"]
    assert (node["status"], node["health"]["state"]) == ("offline", "degraded")
    assert {"memory", "version"} <= set(node["unread"])
    assert listed(snapshot)["node-network"] == "partial"
    assert snapshot.run.sources["pve"].status == "partial"


def test_no_quorum_proves_nothing(own_lab):
    own_lab.state.set_quorate(quorate=False)
    snapshot = read(own_lab)
    assert {kind for kind, each in listed(snapshot).items() if each != "partial"} == {"cluster"}
    assert "no quorum" in str(scopes(snapshot)["guest"].problem)


def test_a_guest_that_moves_meanwhile_is_read_where_it_went(own_lab, monkeypatch):
    true_match = own_lab.faults.match

    def match(path, host):
        if path.endswith("/nodes/ml110/qemu/101/pending"):
            own_lab.state.move_guest(101, "r630-02")
        return true_match(path, host)

    monkeypatch.setattr(own_lab.faults, "match", match)
    snapshot = read(own_lab)
    assert rows(snapshot)["resources"]["pve"]["guest"]["101"]["node"] == "r630-02"
    assert scopes(snapshot)["guest"].unread == {}


@pytest.mark.parametrize("fault", ["html", "truncate"])
def test_a_guest_whose_answer_is_no_json_is_unread_alone(lab, fault):
    getattr(lab.faults, fault)("/qemu/101/pending")
    getattr(lab.faults, fault)("/qemu/101/config")
    guests = scopes(read(lab))["guest"]
    assert list(guests.unread) == ["101"]
    assert "not JSON" in guests.unread["101"].what
    assert (guests.listed, guests.count) == ("complete", GUESTS - 1)


def test_a_kind_whose_list_fails_leaves_the_others(lab):
    lab.faults.answer("/storage", 500, "cfs-lock timeout")
    snapshot = read(lab)
    assert listed(snapshot)["storage"] == "failed"
    assert "storage: 500 cfs-lock timeout" in str(scopes(snapshot)["storage"].problem)
    assert listed(snapshot)["guest"] == "complete"


@pytest.mark.parametrize(
    ("token", "secret", "said"),
    [
        ("reconciler@pve!drift", "wrong", "401 invalid token value!"),
        ("reconciler@pve!expired", None, "401 token expired"),
        ("former@pve!drift", None, "401 user .former@pve. is disabled"),
    ],
)
def test_a_refused_token_is_one_line(lab, token, secret, said):
    snapshot = read(lab, token_id=token, secret=secret)
    assert set(listed(snapshot).values()) == {"failed"}
    status = snapshot.run.sources["pve"]
    assert (status.status, status.last_success) == ("failed", None)
    reason = str(status.problem)
    assert re.match(rf"{lab.hosts[0]}: the token is refused \({said}\); ", reason)
    assert "\n" not in reason
    assert (secret or lab.secret(token)) not in reason


def test_hostile_names_are_only_names(own_lab):
    name = "../../etc/x<script>`a|b`\x00\u202e" + "n" * 5000
    own_lab.state.edit_guest(101, name=name, tags="<b>;ok", description="token=hunter2")
    snapshot = read(own_lab)
    guest = rows(snapshot)["resources"]["pve"]["guest"]["101"]
    assert guest["name"] == name
    assert guest["has_description"] is True
    assert "hunter2" not in str(rows(snapshot))
    assert scopes(snapshot)["guest"].unread == {}


def test_a_lone_surrogate_in_a_name_fails_nothing(own_lab):
    own_lab.state.edit_guest(101, name="half\ud800")
    assert rows(read(own_lab))["resources"]["pve"]["guest"]["101"]["name"] == "half?"


def test_a_field_too_broken_for_its_model_is_unread_alone(own_lab):
    own_lab.state.edit_guest(101, net0="virtio=BC:24:11:0B:00:65,bridge=vmbr0,tag=5ecret")
    snapshot = read(own_lab)
    found = rows(snapshot)["resources"]["pve"]["guest"]["101"]
    assert scopes(snapshot)["guest"].unread == {}
    assert found["unread"] == ["nics"]
    assert found["unparsed"]["nics"].startswith("nics.net0.tag: ")
    assert "5ecret" not in str(found)


def test_pending_changes_are_what_is_configured(own_lab):
    own_lab.state.edit_pending(101, memory="6144")
    guest = rows(read(own_lab))["resources"]["pve"]["guest"]["101"]
    assert (guest["memory"], guest["pending"]) == (6144, {"/memory": 4096})


def test_notes_are_kept_when_asked_for(own_lab):
    own_lab.state.edit_guest(101, description="owner: me\n")
    guest = rows(read(own_lab, store_descriptions="yes"))["resources"]["pve"]["guest"]["101"]
    assert guest["description"] == "owner: me"


def test_what_is_begun_ahead_is_asked_for_once_and_nothing_in_vain(own_lab):
    read(own_lab)
    before = own_lab.requests
    asked_twice = {line for line, times in before.items() if times > 1}
    assert asked_twice <= {"GET /api2/json/cluster/firewall/options", "GET /api2/json/pools"}
    reads = [at for kind in proxmox._KINDS for at in getattr(kind, "READS", ())]
    ahead = [at.partition("?")[0].replace("{node}", "ml110") for at in reads]
    assert len(ahead) > 15
    assert all(before[f"GET /api2/json/{at}"] for at in ahead)


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("pve/replication-job/111-0", "/vms/111"),
        ("pve/sdn-zone/lan", "/sdn/zones/lan"),
        ("pve/resource-mapping/pci:gpu", "/mapping/pci/gpu"),
        ("pve/sdn-vnet/lab40", "/sdn/zones/lan/lab40"),
    ],
)
def test_what_the_token_may_not_see_is_unread_and_what_is_gone_is_gone(own_lab, key, path):
    kind, identity = key.split("/")[1:]
    own_lab.state.set_acl(path, own_lab.token_id, "NoAccess")
    scope = scopes(read(own_lab, expected=[key, f"pve/{kind}/{'999-0' if '-' in identity else 'nowhere'}"]))[
        kind
    ]
    assert scope.listed == "complete"
    assert set(scope.unread) == {identity}
    assert "the token may not see it; run: pveum acl modify" in str(scope.unread[identity])
    own_lab.state.set_acl(path, own_lab.token_id, None)
    own_lab.state.lists[
        {"replication-job": "cluster/replication", "sdn-zone": "cluster/sdn/zones"}.get(
            kind, "cluster/sdn/vnets"
        )
    ].clear()
    scope = scopes(read(own_lab, expected=[key]))[kind]
    assert (scope.listed, scope.unread) == ("complete", {})
