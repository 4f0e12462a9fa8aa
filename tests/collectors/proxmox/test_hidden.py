"""A row that a token may not see any more is unreadable, and never deleted: by its path among permissions."""

import pytest

from tests.collectors.one_cause import unchanged

HIDDEN = {
    "/vms/111": {"pve/guest/111", "pve/replication-job/111-0"},
    "/vms/119": {"pve/guest/119", "pve/guest-snapshot/119:before-upgrade"},
    "/storage/nas": {"pve/storage/nas"},
    "/pool/staging": {"pve/pool/staging"},
    "/access": {"pve/acl//vms/101:reconciler@pve!partial:PVEAuditor"},
    "/access/groups": {"pve/user/ann@pam", "pve/token/former@pve!drift"},
    "/access/groups/admins": {"pve/group/admins"},
    "/mapping/pci/gpu": {"pve/resource-mapping/pci:gpu"},
    "/mapping/notifications": {"pve/notification-target/gotify", "pve/notification-matcher/backups"},
    "/sdn/zones/lan": {"pve/sdn-zone/lan", "pve/sdn-vnet/lab40"},
    "/sdn/controllers/core": {"pve/sdn-controller/core"},
    "/sdn/fabrics/storage": {"pve/sdn-fabric/storage"},
    "/nodes/r630-03": {"pve/sdn-fabric-node/storage:r630-03"},
}
"""Path → what a rule of NoAccess there hides; or makes unreadable, where the API refuses."""


@pytest.mark.parametrize("path", HIDDEN)
def test_what_the_token_may_not_see_is_unreadable_and_not_gone(source, before, path):
    with unchanged(source.lab):
        source.lab.state.set_acl(path, source.lab.token_id, "NoAccess")
        found = source.run(before)
    gone = [str(each.key) for each in found.report.findings if each.type == "missing"]
    gone += [str(each.key) for each in found.report.events if each.what == "deleted"]
    assert gone == []
    held = {str(key) for key in found.inventory.as_of}
    assert HIDDEN[path] <= held
