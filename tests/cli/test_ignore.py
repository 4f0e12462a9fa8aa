"""`ignore` on the simulated site: the rule that it writes silences the finding, and only that."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml

from reconciler.drift.ignore import IgnoreRule

RULES = "config/ignore.yaml"


@pytest.fixture
def drifting(lab, site):
    """A recorded site with a changed guest and a destroyed one."""
    site.configure(site.source(lab))
    lab.state.edit_guest(113, memory=16384)
    lab.state.remove_guest(120)
    site.commit()
    assert site.run("run") == 2
    return site


def finding(site, key, path=""):
    return next(
        each
        for each in site.report()["findings"]
        if each["key"] == key and (each.get("change") or {}).get("path", "") == path
    )


def ignore(site, *arguments, until="30d"):
    return site.run("ignore", *arguments, "--reason", "known", "--until", until)


HEAD = """\
# Known: ask ann.

- target: {source: pve, kind: guest, id: '9*'}   # tests
  reason:  load tests
  expires: 2099-12-31
"""


def test_a_rule_is_written_and_silences_that_finding(drifting, capsys):
    drifting.write(RULES, HEAD)
    one = finding(drifting, "pve/guest/113", "/memory")
    assert ignore(drifting, one["id"][:6], "--owner", "ann") == 0
    until = datetime.now(UTC).date() + timedelta(days=30)
    assert (drifting.root / RULES).read_text() == HEAD + (
        "- target: pve/guest/113\n  type: drifted\n  path: /memory\n  reason: known\n  owner: ann\n"
        f"  expires: '{until}'\n"
    )
    shown = capsys.readouterr()
    assert "+- target: pve/guest/113" in shown.out
    assert f"silenced 1 finding until {until} in {RULES}" in shown.err
    drifting.run("run")
    assert finding(drifting, "pve/guest/113", "/memory")["ignored_by"] == f"{RULES}:6"
    assert finding(drifting, "pve/guest/120").get("ignored_by") is None
    assert ignore(drifting, one["id"]) == 1
    assert f"is already ignored by {RULES}:6, until {until}" in capsys.readouterr().err


@pytest.mark.parametrize("before", [None, "", "# none yet\n", "[]\n", "\ufeff# none\r\n"])
def test_a_file_without_rules_gets_one(drifting, before):
    if before is not None:
        drifting.write(RULES, before)
    assert ignore(drifting, finding(drifting, "pve/guest/120")["id"]) == 0
    text = (drifting.root / RULES).read_bytes().decode()
    assert text.startswith((before or "").replace("[]\n", ""))
    (rule,) = yaml.load(text, Loader=yaml.BaseLoader)
    assert IgnoreRule.model_validate(rule).target.about == "pve/guest/120"
    assert drifting.run("validate") == 0


def test_nothing_is_written_where_something_is_wrong(drifting, capsys):
    known = finding(drifting, "pve/guest/120")["id"]
    wrong = known[:-1] + ("0" if known[-1] != "0" else "1")
    for arguments, text in (
        ((wrong,), f"is not the id of a finding (did you mean {known}?)"),
        (("pve/guest/120",), "is not the id of a finding"),
        ((), "name a finding"),
    ):
        assert ignore(drifting, *arguments) == 64
        assert text in capsys.readouterr().err
    for until, text in (
        ("2020-01-31", "2020-01-31 is in the past"),
        ("soon", "is neither a date nor a duration"),
        ("2027-02-30", "is neither a date nor a duration"),
        ("2027-W01-1", "is neither a date nor a duration"),
        ("0d", "is neither a date nor a duration"),
    ):
        assert ignore(drifting, known, until=until) == 64
        assert text in capsys.readouterr().err
    assert drifting.run("ignore", known, "--reason", " ", "--until", "1d") == 64
    assert "--reason: is empty" in capsys.readouterr().err
    assert drifting.run("ignore", known, "--until", "1d") == 64
    assert "--reason" in capsys.readouterr().err
    assert not (drifting.root / RULES).exists()


def test_a_file_with_mistakes_is_not_touched(drifting, capsys):
    known = finding(drifting, "pve/guest/120")["id"]
    for text, message in (
        ("- target: [\n", ":2:1: "),
        ("- target: pve\n  target: npm\n", ":2:3: a second key"),
    ):
        drifting.write(RULES, text)
        assert ignore(drifting, known) == 1
        assert message in capsys.readouterr().err
        assert (drifting.root / RULES).read_text() == text
    (drifting.root / RULES).unlink()
    (drifting.root / RULES).symlink_to("elsewhere.yaml")
    assert ignore(drifting, known) == 1
    assert "symbolic link" in capsys.readouterr().err


def test_dry_run_writes_nothing(drifting, capsys):
    assert ignore(drifting, finding(drifting, "pve/guest/120")["id"], "--dry-run") == 0
    assert "+- target: pve/guest/120" in capsys.readouterr().out
    assert not (drifting.root / RULES).exists()


def test_an_expired_rule_about_the_same_is_renewed(drifting):
    one = finding(drifting, "pve/guest/120")["id"]
    assert ignore(drifting, one) == 0
    text = (drifting.root / RULES).read_text()
    lines = [line for line in text.splitlines() if "expires" not in line]
    drifting.write(RULES, "\n".join([*lines, "  expires: 2020-01-31   # again"]) + "\n")
    assert ignore(drifting, one, until="2099-01-31") == 0
    assert "  expires: '2099-01-31'   # again\n" in (drifting.root / RULES).read_text()
    assert (drifting.root / RULES).read_text().count("target:") == 1


def test_nothing_is_recorded_yet(lab, site, capsys):
    site.configure(site.source(lab))
    site.commit()
    assert ignore(site, "7454fda8f326") == 1
    assert "record a run with `reconciler run`" in capsys.readouterr().err


def test_a_cause_with_what_follows_from_it(lab, site):
    """Findings of rules about other resources follow from an address that was changed."""
    site.configure_all(lab)
    nic = lab.state.guests[142].config["net0"]
    lab.state.edit_guest(142, net0=nic.replace("192.168.11.142/24", "192.168.11.122/24"))
    site.commit()
    assert site.run("run") == 2
    cause = finding(site, "pve/guest/142", "/nics/net0/ip")["id"]
    below = [each for each in site.report()["findings"] if each.get("cause") == cause]
    assert {each["type"] for each in below} == {"duplicate-ip", "unseen-address"}
    assert ignore(site, "--cause", below[0]["id"], "--with-consequences") == 0
    written = yaml.safe_load((site.root / RULES).read_text())
    assert {(rule["target"], rule["type"]) for rule in written} == {
        ("pve/guest/142", "drifted"),
        *((each["key"], each["type"]) for each in below),
    }
    site.run("run")
    silenced = [each for each in site.report()["findings"] if cause in {each["id"], each.get("cause")}]
    assert all(each["ignored_by"].startswith(RULES) for each in silenced)
