from tests.site.rows import interface, modelled


def test_the_nics_under_an_open_vswitch_bridge_are_those_that_name_it():
    rows = {
        "pve/node-network/r1:vmbr1": interface("vmbr1", type="OVSBridge"),
        "pve/node-network/r1:bond1": interface(
            "bond1", type="OVSBond", slaves=["eno1", "eno2"], ovs_bridge="vmbr1"
        ),
        "pve/node-network/r1:eno3": interface("eno3", type="OVSPort", ovs_bridge="vmbr1"),
        "pve/node-network/r2:eno4": interface("eno4", at="r2", type="OVSPort", ovs_bridge="vmbr1"),
        "pve/node-network/r1:eno1": interface("eno1", type="eth"),
    }
    wiring = modelled(rows).portmap.wiring
    assert wiring.interfaces("pve", "r1", "vmbr1")[0].id == "r1:vmbr1"
    assert {key.id for key in wiring.interfaces("pve", "r1", "vmbr1")} == {
        "r1:vmbr1",
        "r1:bond1",
        "r1:eno3",
        "r1:eno1",
    }
    assert set(wiring.physical("pve", "r1", "vmbr1")) >= {"eno1", "eno2"}
