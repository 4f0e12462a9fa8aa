"""`adopt` on the simulated site: what it writes is valid, whole and in sync, and it overwrites nothing."""

import shutil

import pytest
import yaml

from reconciler.kinds import SYSTEMS


@pytest.fixture
def bare(lab, site):
    """The three systems of a lab, with nothing declared."""
    site.configure_all(lab)
    shutil.rmtree(site.root / "desired-state", ignore_errors=True)
    site.write("desired-state/README.md", "nothing yet\n")
    return site


def test_a_site_is_in_sync_straight_after_it_was_adopted(lab, bare, capsys):
    shutil.rmtree(bare.root / "desired-state")
    assert bare.run("adopt", "--write") == 0
    assert "files below desired-state" in capsys.readouterr().out
    assert bare.run("validate") == 0
    assert "not exact" not in (out := capsys.readouterr().out)
    assert "without a file" not in out
    assert bare.run("run") == 0
    report = bare.report()
    rules = {"certificate-expiry", "no-backup", "pending-change", "target-unknown"}
    assert {finding["type"] for finding in report["findings"]} == rules
    assert set(report["verdicts"].values()) == {"in_sync"}
    assert report["summary"]["not_exact"] == report["summary"]["no_file"] == []
    assert report["summary"]["coverage"] == 1.0


def test_every_kind_has_a_file_and_empty_ones_opt_in(lab, bare):
    lab.unifi.lists["rest/portforward"].clear()
    assert bare.run("adopt", "--write") == 0
    files = {file.relative_to(bare.root / "desired-state").as_posix() for file in bare.yaml_files()}
    kinds = {
        f"{source}/{kind.name}.yaml"
        for source, system in (("pve", "proxmox"), ("unifi", "unifi"), ("npm", "npm"))
        for kind in SYSTEMS[system].kinds
        if kind.can_be_declared
    }
    assert files == kinds | {"site/address.yaml"}
    empty = bare.root / "desired-state/unifi/port-forward.yaml"
    assert yaml.safe_load(empty.read_text()) == {"*": {"exact": True}}
    lab.unifi.lists["rest/portforward"].append(
        {"_id": "a" * 24, "name": "rdp", "dst_port": "3389", "fwd": "192.168.11.20", "fwd_port": "3389"}
    )
    bare.run("run")
    assert bare.report()["verdicts"]["unifi/port-forward/wan:tcp_udp:3389"] == "unmanaged"


def test_what_is_declared_stays_as_it_is_written(lab, bare, capsys):
    text = "# the shop\n'*':  {exact: true}\n\n# web\n115:   # gitea\n    name:  gitea\n    onboot: false\n"
    bare.write("desired-state/pve/guest.yaml", text)
    bare.write("desired-state/pve/pool/mine.yaml", "{}   # none yet\n")
    bare.commit()
    assert bare.run("adopt", "--write") == 0
    assert "desired-state/pve/guest.yaml: " in capsys.readouterr().out
    guests = (bare.root / "desired-state/pve/guest.yaml").read_text()
    assert guests.startswith("# the shop\n'*':  {exact: true}\n101:\n    name: opnsense\n")
    assert "\n\n# web\n115:   # gitea\n    name:  gitea\n    onboot: true\n" in guests
    assert "production:" in (bare.root / "desired-state/pve/pool/mine.yaml").read_text()
    assert bare.run("validate") == 0
    assert bare.run("run") == 0
    assert set(bare.report()["verdicts"].values()) == {"in_sync"}


def test_a_kind_whose_list_is_not_complete_is_left_out_and_named(lab, bare, capsys):
    lab.served("unifi").faults.answer("rest/portforward", 500, "x", body=b"{}")
    assert bare.run("adopt", "--write") == 3
    assert not (bare.root / "desired-state/unifi/port-forward.yaml").exists()
    assert "left out: unifi/port-forward" in capsys.readouterr().err


def test_guests_are_not_tied_to_a_node_but_for_what_high_availability_allows(lab, bare):
    assert bare.run("adopt", "--write") == 0
    guests = yaml.safe_load((bare.root / "desired-state/pve/guest.yaml").read_text())
    placed = {vmid: row["allowed_nodes"] for vmid, row in guests.items() if "allowed_nodes" in row}
    assert not any("node" in row for row in guests.values())
    assert placed == {113: ["r630-01", "r630-02"], 114: ["r630-01", "r630-02"]}


def test_an_address_of_what_cannot_be_declared_is_declared_without_its_owner(lab, bare):
    networks, hosts = lab.unifi.lists["rest/networkconf"], lab.npm.lists["proxy-hosts"]
    things = next(row for row in networks if row["name"] == "IoT")
    networks.append(things | {"_id": "a" * 24, "name": "*", "vlan": 99, "ip_subnet": "192.168.99.1/24"})
    hosts.append(hosts[0] | {"id": 99})
    assert bare.run("adopt", "--write") == 3
    assert bare.run("validate") == 0
    assert "192.168.99.1" in (bare.root / "desired-state/site/address.yaml").read_text()


def test_what_contradicts_another_resource_is_left_out_and_named(lab, bare, capsys):
    """Live resources may contradict each other; declared ones must not."""
    networks = lab.unifi.lists["rest/networkconf"]
    own = next(row for row in networks if row["name"] == "IoT")
    networks.append({**own, "_id": "e" * 24, "name": "Overlap", "vlan": 77})
    assert bare.run("adopt", "--write") == 3
    assert "left out: unifi/network/" in (error := capsys.readouterr().err)
    assert "contradicts another one" in error
    assert bare.run("validate") == 0
    assert bare.run("run") in {0, 2}
