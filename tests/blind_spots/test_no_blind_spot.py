"""After adopt, any change of what a kind reads is one cause at its field, or is named with its reason."""

import pytest

from tests.blind_spots.table import SYSTEMS, counts, keys_of

SUBSTITUTED = "integration"
"""An API that stands for another: one key of it may be several there, and what it does not show is unread."""
FEWEST = {"proxmox": 1200, "unifi": 1100, "npm": 250}
"""Keys of each system that are tried at least."""


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_key_is_unseen(system):
    keys = keys_of(system)
    assert len(keys) > FEWEST[system]
    assert [key.label for key in keys if key.outcome == "unseen"] == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_change_is_one_cause_at_one_place_and_adopt_is_clean(system):
    faults = [
        f"{key.label} in {one.place.endpoint}: {fault}"
        for key in keys_of(system)
        for one in key.tried
        if one.place.version != SUBSTITUTED
        for fault in one.faults()
    ]
    assert faults == []


def test_the_keys_that_matter_most_are_drift():
    """The changes by hand that open a site, each at its field."""
    paths = {
        (key.endpoint, key.name): {path for one in key.tried for path in one.paths}
        for system in SYSTEMS
        for key in keys_of(system)
    }
    machine, container = (f"/nodes/{{node}}/{kind}/{{vmid}}/config" for kind in ("qemu", "lxc"))
    assert paths[machine, "hookscript"] == {"/options/hookscript"}
    assert paths[machine, "args"] == {"/options/kvm_arguments"}
    assert paths[machine, "net[n]"] == {"/nics/net0"}
    assert paths[machine, "net[n].trunks"] == {"/nics/net0/trunks"}
    assert paths[container, "mp[n]"] == {"/disks/mp0"}
    assert paths[container, "lxc"] == {"/lxc_lines"}
    assert paths[container, "features.nesting"] == {"/features"}
    assert paths["/cluster/firewall/options", "policy_in"] == {"/policy_in"}
    assert paths["/nodes/{node}/network", "options"] == {"/options"}
    assert paths["firewall-policies", "action"] == {"/action"}
    assert paths["rest/portforward", "src"] == {"/src"}
    assert paths["/api/nginx/proxy-hosts", "access_list_id"] == {"/access_lists"}


def test_the_counts_add_up():
    *lists, (_, everything) = counts(keys_of("npm"))
    assert everything.total() == sum(counted.total() for _, counted in lists) == len(keys_of("npm"))
