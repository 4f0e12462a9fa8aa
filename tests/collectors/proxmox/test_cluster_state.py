import pytest

from reconciler.collectors.proxmox.absence import may_be_hidden
from reconciler.collectors.proxmox.cluster_state import ClusterState, read_cluster_state
from reconciler.collectors.proxmox.rights import Rights, grant_command
from reconciler.errors import SourceError
from tests.collectors.proxmox.lab_site import Answers
from tests.problems import texts

NODE = {"node": "a", "status": "online", "type": "node"}
TREES = ("/", "/access", "/nodes", "/pool", "/sdn", "/storage", "/vms")


def answers(**changes):
    default = {
        "version": {"version": "9.0.4", "release": "9.0"},
        "access/permissions": {"/": {"VM.Audit": 1}},
        "cluster/status": [{"type": "node", "name": "a", "online": 1, "ip": "192.0.2.1"}],
        "cluster/resources": [NODE],
        "nodes": [NODE],
    }
    return Answers(default | {key.replace("_", "/"): value for key, value in changes.items()})


def everywhere(**rights):
    return {path: dict(rights) for path in TREES}


def proven(permissions, doubt=None):
    found = ClusterState("9", {"a": True}, rights=Rights("u@pve!t", permissions), doubt=doubt)
    return found.listing_problem("/vms", "VM.Audit")


@pytest.mark.parametrize(
    "permissions",
    [
        {"/": {"VM.Audit": 1}},
        {"/": {"VM.Audit": "1"}},
        {"/": {}, "/vms": {"VM.Audit": True}},
        everywhere(**{"VM.Audit": 1}),
        everywhere(**{"VM.Audit": 1}) | {"/vms/100": {"VM.Audit": 0}, "/storage/nas": {}},
    ],
)
def test_rights_that_prove_a_list(permissions):
    assert proven(permissions) is None


@pytest.mark.parametrize(
    ("permissions", "path"),
    [
        ({}, "/"),
        ({"/": {"Sys.Audit": 1}}, "/"),
        ({"/": {"VM.Audit": 0}}, "/"),
        ({"/": "odd"}, "/"),
        ({"/": {"VM.Audit": 1}, "/vms": {"VM.PowerMgmt": 1}}, "/vms"),
        ({"/": {"VM.Audit": 1}, "/vms": {"VM.Audit": 0}}, "/vms"),
        ({path: {"VM.Audit": 1} for path in TREES if path != "/vms"}, "/vms"),
        (everywhere(**{"VM.Audit": 1}) | {"/vms/105": {"Pool.Audit": 1}}, "/vms/105"),
        ({"/vms/101": {"VM.Audit": 1}}, "/"),
    ],
)
def test_a_lack_of_rights_names_path_right_and_remedy(permissions, path):
    problem = proven(permissions)
    assert problem is not None
    assert problem.cause == "token-lacks-right"
    assert problem.what == f"the token lacks VM.Audit on {path}, so what is not listed may only be hidden"
    assert problem.remedy.endswith(
        f"pveum acl modify {path} --roles PVEAuditor --users u@pve --tokens 'u@pve!t'"
    )


def test_many_paths_are_not_all_named():
    lacking = {f"/vms/{number}": {"x": 1} for number in range(100, 200)}
    problem = proven({"/": {"VM.Audit": 1}, "/vms": {"VM.Audit": 1}} | lacking)
    assert problem is not None
    assert "/vms/100, /vms/101, /vms/102 and more," in problem.what


def test_unreadable_permissions_prove_nothing():
    assert "/access/permissions" in str(proven(None))


def test_the_common_ground():
    found = read_cluster_state(
        answers(
            cluster_resources=[
                NODE,
                {
                    "id": "qemu/100",
                    "type": "qemu",
                    "vmid": "100",
                    "node": "a",
                    "status": "running",
                    "pool": "p",
                },
                {"id": "lxc/101", "type": "lxc", "node": "b", "status": "unknown"},
            ],
            cluster_status=[
                {"type": "cluster", "name": "lan", "quorate": "1"},
                {"type": "node", "name": "a", "online": "1", "ip": "192.0.2.1"},
                {"type": "node", "name": "b", "online": 0},
            ],
        )
    )
    assert (found.version, found.nodes, found.doubt) == ("9.0.4", {"a": True, "b": False}, None)
    assert {vmid: (place.type, place.node) for vmid, place in found.guests.items()} == {
        "100": ("qemu", "a"),
        "101": ("lxc", "b"),
    }
    assert found.guests["100"].pool == "p"
    assert found.addresses == {"a": "192.0.2.1"}
    assert found.online() == ["a"]


def test_without_the_right_to_see_membership_the_list_tells_who_is_online():
    found = read_cluster_state(
        answers(cluster_status=(403, "no"), nodes=[NODE, {"node": "b", "status": "offline"}])
    )
    assert found.nodes == {"a": True, "b": False}


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ((403, "no"), "(403 no); run: pveum acl modify / --roles"),
        ((500, "broken"), "(500 broken)"),
        ([], "(it names no node)"),
        ([{"type": "cluster", "quorate": 1}], "(it names no node)"),
    ],
)
def test_without_membership_nothing_proves_quorum_and_so_no_list(status, why):
    found = read_cluster_state(answers(cluster_status=status))
    assert why in str(found.membership)
    assert found.listing_problem("/vms", "VM.Audit") == found.membership


def test_a_cluster_without_any_resource_is_not_believed():
    found = read_cluster_state(answers(cluster_resources=[]))
    assert found.listing_problem("/vms", "VM.Audit")
    assert "/cluster/resources is empty" in str(found.doubt)


def test_no_quorum_is_a_doubt():
    members = [{"type": "cluster", "quorate": 0}, {"type": "node", "name": "a", "online": 1}]
    found = read_cluster_state(answers(cluster_status=members))
    assert found.listing_problem("/vms", "VM.Audit")
    assert "no quorum" in str(found.doubt)


@pytest.mark.parametrize(
    "row", [{"type": "qemu", "node": "a"}, {"type": "qemu", "vmid": 100}, {"type": "lxc", "vmid": "x"}]
)
def test_a_row_that_names_no_guest_is_a_doubt(row):
    assert "1 rows of /cluster/resources" in str(read_cluster_state(answers(cluster_resources=[row])).doubt)


@pytest.mark.parametrize(
    "answer",
    [{"nodes": [], "cluster_status": []}, {"access_permissions": {}}, {"access_permissions": {"/": {}}}],
)
def test_a_token_that_may_see_nothing_proves_nothing(answer):
    found = read_cluster_state(answers(**answer))
    assert (found.nodes, found.guests) == ({}, {})
    problem = found.listing_problem("/vms", "VM.Audit")
    assert "the token may see nothing; run: pveum acl modify /" in str(problem)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": (500, "broken")}, "version: 500 broken"),
        ({"nodes": (500, "broken")}, "nodes: 500 broken"),
        ({"cluster_resources": (500, "broken")}, "cluster/resources: 500 broken"),
        ({"cluster_resources": {"a": 1}}, "cluster/resources: 200 the answer is not a list of objects"),
        ({"nodes": ["odd"]}, "nodes: 200 the answer is not a list of objects"),
    ],
)
def test_what_nothing_works_without(changes, said):
    with pytest.raises(SourceError, match=said):
        read_cluster_state(answers(**changes))


def test_an_odd_version_is_none():
    assert read_cluster_state(answers(version=["9"])).version is None
    assert read_cluster_state(answers(access_permissions=["9"])).rights.permissions is None


def test_the_same_row_twice_is_no_doubt_but_two_places_are():
    row = {"type": "qemu", "vmid": 100, "node": "a", "status": "running"}
    assert read_cluster_state(answers(cluster_resources=[row, dict(row)])).doubt is None
    assert "has another place too" in str(
        read_cluster_state(answers(cluster_resources=[row, row | {"node": "b"}])).doubt
    )


def test_hidden_is_what_is_not_proven_to_be_gone():
    api = Answers(
        {
            "x/105": (403, "no"),
            "x/106": (500, "Configuration file 'nodes/a/qemu-server/106.conf' does not exist"),
            "x/108": {},
            "x/109": (None, "no answer within 30 s"),
            "x/110": (595, "No route to host"),
            "x/111": (404, "unknown"),
            "x/112": (500, "got timeout"),
            "x/113": (429, "slow down"),
            "x/114": (400, "Parameter verification failed."),
            "y/114": (403, "no"),
            "x/115": (501, "not implemented"),
        }
    )
    api.expected = {"guest": frozenset([*map(str, range(105, 116)), "odd"])}

    def ask(vmid):
        return [f"x/{vmid}", f"y/{vmid}"] if vmid != "odd" else []

    found = texts(may_be_hidden(api, "guest", {"107"}, ask, lambda vmid: f"/vms/{vmid}"))
    assert list(found) == ["105", "108", "109", "110", "112", "113", "114"]
    assert found["105"].startswith("the token may not see it; run: pveum acl modify /vms/105 --roles")
    assert found["108"].startswith("it is in no list, and yet it answers when asked for; run: pveum acl")
    assert found["109"] == "it is in no list, and asking for it fails (no answer within 30 s)"
    assert "595 No route to host" in found["110"]
    assert "(500 got timeout)" in found["112"]
    assert api.asked == [*(f"x/{vmid}" for vmid in range(105, 116) if vmid != 107), "y/114", "y/115"]


def test_the_command_that_grants_is_quoted_for_a_shell():
    assert "pveum acl modify '/pool/a; b' --roles" in grant_command("/pool/a; b", "u@pve!t")


@pytest.mark.parametrize(
    ("listed", "online", "expected"),
    [
        ("online", 1, True),
        ("online", 0, False),
        ("unknown", 1, True),
        ("offline", 1, True),
        ("unknown", 0, False),
    ],
)
def test_membership_tells_who_is_online_whatever_the_list_says(listed, online, expected):
    members = [{"type": "node", "name": "a", "online": online}]
    found = read_cluster_state(answers(nodes=[NODE | {"status": listed}], cluster_status=members))
    assert found.nodes == {"a": expected}


@pytest.mark.parametrize(("listed", "expected"), [("online", True), ("unknown", True), ("offline", False)])
def test_a_member_that_does_not_say_is_as_the_list_has_it(listed, expected):
    members = [{"type": "node", "name": "a"}]
    found = read_cluster_state(answers(nodes=[NODE | {"status": listed}], cluster_status=members))
    assert found.nodes == {"a": expected}
