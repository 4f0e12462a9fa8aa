"""Which rights of the token prove that a list is complete."""

import pytest

from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.rights import Rights, grant_command, has_right

TREES = ("/", "/access", "/nodes", "/pool", "/sdn", "/storage", "/vms")


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
    assert problem.what == f"the token lacks VM.Audit on {path}, so unlisted resources may only be hidden"
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


def test_the_command_that_grants_is_quoted_for_a_shell():
    assert "pveum acl modify '/pool/a; b' --roles" in grant_command("/pool/a; b", "u@pve!t")


@pytest.mark.parametrize(
    ("permissions", "held"),
    [
        ({"/vms/100": {"VM.Backup": 0}, "/": {}}, True),
        ({"/vms/100": {"VM.Audit": 1}, "/": {"VM.Backup": 1}}, False),
        ({"/vms": {"VM.Backup": 1}}, True),
        ({"/vms": {"VM.Backup": 0}, "/": {"VM.Backup": 1}}, False),
        ({"/": {"VM.Backup": "1"}}, True),
        ({}, False),
        (None, False),
    ],
)
def test_a_right_is_held_on_a_path_or_comes_down_from_the_nearest_one(permissions, held):
    assert has_right(Rights("", permissions), "/vms/100", "VM.Backup") is held
