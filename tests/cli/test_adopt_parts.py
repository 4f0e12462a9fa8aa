"""`adopt` of single findings, resources and kinds on a cluster, into files that people wrote."""

import shutil

import pytest
import yaml

GUESTS = """\
# Guests, by hand.
113:  # the database
  name: db-01
  type: qemu
  memory: 32768    # MiB

# the monitor
120: {name: uptime-kuma}
"""
FILE = "desired-state/pve/guest.yaml"


@pytest.fixture
def hand_written(lab, site):
    """A recorded cluster with guests that someone declared by hand; one changed, one destroyed."""
    site.configure(site.source(lab))
    shutil.rmtree(site.root / "desired-state")
    site.write(FILE, GUESTS)
    lab.state.edit_guest(113, memory=16384)
    lab.state.remove_guest(120)
    site.commit()
    assert site.run("run") == 2
    return site


def ids(site):
    return {
        (each["key"], (each.get("change") or {}).get("path", each["type"])): each["id"]
        for each in site.report()["findings"]
    }


def text(site):
    return (site.root / FILE).read_text()


def test_one_finding_of_the_record_changes_one_line_and_needs_no_secret(hand_written, capsys):
    site = hand_written
    identity = ids(site)["pve/guest/113", "/memory"]
    site.monkeypatch.setenv("RECONCILER_PVE", "wrong")
    assert site.run("adopt", identity[:7], "--snapshot", "latest") == 0
    shown = capsys.readouterr()
    assert "-  memory: 32768    # MiB\n+  memory: 16384    # MiB\n" in shown.out
    assert "nothing is written yet" in shown.err
    assert text(site) == GUESTS
    assert site.run("adopt", identity, "--snapshot", "latest", "--write") == 0
    assert text(site) == GUESTS.replace("32768", "16384")


def test_the_difference_applies_with_git(hand_written, capsys):
    site = hand_written
    assert site.run("adopt", "pve/guest/113", "pve/guest/120", "pve/guest/115") == 0
    diff = capsys.readouterr().out
    site.write("change.patch", diff)
    site.git("apply", "change.patch")
    patched = text(site)
    site.git("checkout", "--", FILE)
    assert site.run("adopt", "pve/guest/113", "pve/guest/120", "pve/guest/115", "--write") == 0
    assert text(site) == patched


def test_a_destroyed_guest_and_a_new_one(hand_written):
    site = hand_written
    assert site.run("adopt", "pve/guest/120", "pve/guest/115", "--write") == 0
    written = text(site)
    assert written.startswith(
        GUESTS[: GUESTS.index("\n# the monitor")] + "115:\n  exact: true\n  name: gitea\n"
    )
    assert "120:" not in written
    assert "# the monitor\n" in written
    assert site.run("validate") == 0
    site.run("run")
    verdicts = site.report()["verdicts"]
    assert verdicts["pve/guest/115"] == "in_sync"
    assert "pve/guest/120" not in verdicts


def test_exact_adds_what_is_missing_and_adopts_no_drift(hand_written):
    site = hand_written
    assert site.run("adopt", "pve/guest/113", "--exact", "--write") == 0
    row = yaml.safe_load(text(site))[113]
    assert row["exact"] is True
    assert row["memory"] == 32768
    assert row["nics"]["net0"]["bridge"] == "vmbr0"
    assert text(site).startswith("# Guests, by hand.\n113:  # the database\n  exact: true\n  name: db-01\n")
    site.run("run")
    assert [path for key, path in ids(site) if key == "pve/guest/113"] == ["/memory"]


def test_what_stands_for_nothing_is_named_with_the_nearest(hand_written, capsys):
    site = hand_written
    identity = ids(site)["pve/guest/113", "/memory"]
    other = identity[:-1] + ("0" if identity[-1] != "0" else "1")
    latest = ("--snapshot", "latest")
    assert site.run("adopt", other, "pve/gest", "pve/guest/1130", "nowhere", "pvee/guest/1", *latest) == 64
    error = capsys.readouterr().err
    assert f"(did you mean {identity}?)" in error
    assert "pve has no such kind (did you mean guest?)" in error
    assert "is neither live nor declared (did you mean 130?)" in error
    assert '"pvee" is not a configured source (did you mean pve?)' in error
    assert '"nowhere": is not the id of a finding' in error
    assert site.run("adopt", "pve/disk", *latest) == 64
    assert "inventory only" in capsys.readouterr().err
    assert text(site) == GUESTS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GUESTS + "130: [\n", "guest.yaml:10:1: "),
        (GUESTS + "113: {}\n", "guest.yaml:9:1: a second key"),
        (GUESTS.replace("113:", "113: &a"), "guest.yaml:2:6: the anchor &a"),
        (GUESTS + "<<<<<<< ours\n", "a merge conflict"),
    ],
)
def test_a_file_with_a_mistake_is_refused_and_untouched(hand_written, capsys, content, message):
    site = hand_written
    site.write(FILE, content)
    assert site.run("adopt", "pve/guest/113", "--write", "--snapshot", "latest") == 1
    assert message in capsys.readouterr().err
    assert text(site) == content


def test_changes_that_git_does_not_have_are_not_written_over(hand_written, capsys):
    site = hand_written
    site.write(FILE, GUESTS + "# mine\n")
    arguments = ("adopt", "pve/guest/113", "--write", "--snapshot", "latest")
    assert site.run(*arguments) == 1
    assert f"{FILE}: has changes that are not in git; commit it or `git add` it" in capsys.readouterr().err
    assert text(site) == GUESTS + "# mine\n"
    site.git("add", FILE)
    assert site.run(*arguments) == 0
    assert text(site) == GUESTS.replace("32768", "16384") + "# mine\n"


def test_a_list_of_addresses(hand_written, capsys):
    site = hand_written
    site.write("desired-state/site/address.yaml", "# ours\n192.168.11.5: {service: old}   # nas\n")
    site.commit()
    site.write("list.csv", "IP;Name;Status\n192.168.11.5;nas;used\n192.168.11.30;printer;used\n")
    assert site.run("adopt", "--addresses", "list.csv", "--write") == 0
    assert "the column of lifecycle skipped" in capsys.readouterr().err
    written = (site.root / "desired-state/site/address.yaml").read_text()
    assert written == ("# ours\n192.168.11.5: {service: nas}   # nas\n192.168.11.30:\n  service: printer\n")
    site.write("list.csv", "192.168.11.300 a\n")
    assert site.run("adopt", "--addresses", "list.csv") == 1
    assert 'list.csv:1: "192.168.11.300" is not an IP address' in capsys.readouterr().err
    assert site.run("adopt", "--addresses", "nowhere.csv") == 1
    assert site.run("adopt", "--addresses", "list.csv", "pve/guest") == 64


def test_a_finding_that_is_gone_is_named_as_such(hand_written, lab, capsys):
    site = hand_written
    identity = ids(site)["pve/guest/113", "/memory"]
    lab.state.edit_guest(113, memory=32768)
    assert site.run("adopt", identity) == 64
    assert "is not a finding any more: pve/guest/113 does not differ there now" in capsys.readouterr().err


def test_a_finding_whose_source_cannot_be_read_is_not_taken_for_gone(hand_written, lab, capsys):
    site = hand_written
    identity = ids(site)["pve/guest/113", "/memory"]
    assert site.run("run") in {0, 2}
    site.monkeypatch.setenv("PVE_TOKEN_SECRET_PVE", "wrong")
    capsys.readouterr()
    assert site.run("adopt", identity) == 64
    error = capsys.readouterr().err
    assert f'"{identity}": cannot be confirmed now: pve/guest/113 could not be verified' in error
    assert site.run("adopt", "--snapshot", "latest", identity) == 0


def test_a_resource_of_a_list_that_cannot_be_read_is_not_taken_for_gone(hand_written, lab, capsys):
    site = hand_written
    lab.faults.html("/cluster/resources*")
    capsys.readouterr()
    assert site.run("adopt", "pve/guest/777") == 64
    assert "is not declared, and pve/guest could not be read in full" in capsys.readouterr().err
    assert site.run("drift", "pve/guest/777") == 64
    error = capsys.readouterr().err
    assert "pve/guest/777: is not declared, and pve/guest could not be read in full" in error
    assert "does not exist" not in error


def test_nothing_is_adopted_where_no_source_could_be_read(hand_written, lab, capsys):
    site = hand_written
    lab.__exit__(None, None, None)
    assert site.run("adopt", "--write") == 1
    assert "could not be read" in capsys.readouterr().err
    assert text(site) == GUESTS
