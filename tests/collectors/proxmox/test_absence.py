"""Which resources that a list lacks are not proved to be gone."""

from reconciler.collectors.proxmox.absence import all_may_be_hidden, may_be_hidden, rights_may_hide
from tests.collectors.proxmox.lab_site import Answers
from tests.problems import texts


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
    assert found["108"].startswith("it is not listed, but answers a direct request; run: pveum acl")
    assert found["109"] == "it is not listed, and a direct request fails (no answer within 30 s)"
    assert "595 No route to host" in found["110"]
    assert "(500 got timeout)" in found["112"]
    assert api.asked == [*(f"x/{vmid}" for vmid in range(105, 116) if vmid != 107), "y/114", "y/115"]


def test_an_empty_list_is_believed_where_nothing_is_expected_or_that_is_accepted():
    api = Answers({})
    assert all_may_be_hidden(api, "guest") is None
    api.expected = {"guest": frozenset({"100"})}
    problem = all_may_be_hidden(api, "guest")
    assert problem is not None
    assert (problem.cause, problem.remedy) == (
        "may-be-hidden",
        "if they are gone for good: run --accept-missing pve/guest",
    )
    api.empty = frozenset({"guest"})
    assert all_may_be_hidden(api, "guest") is None


def test_rights_on_its_path_show_whether_something_could_be_seen():
    asked = "access/permissions?path=%2Fvms%2F"
    api = Answers(
        {f"{asked}100": {"/vms/100": {"VM.Audit": 1}}, f"{asked}101": {}, f"{asked}102": (500, "no")}
    )
    api.expected = {"job": frozenset({"100", "101", "102", "103"})}
    found = rights_may_hide(api, "job", {"103"}, lambda vmid: f"/vms/{vmid}", "VM.Audit")
    assert {vmid: problem.cause for vmid, problem in found.items()} == {
        "101": "token-lacks-right",
        "102": "may-be-hidden",
    }
