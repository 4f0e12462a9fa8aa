"""`reconciler drift` of a part: what is shown, what stays that of the whole, and names that do not exist."""

import json
from xml.etree import ElementTree as ET

import pytest


@pytest.fixture
def drifted(lab, site, capsys):
    """A site with a recorded run, and two changes since; compared without reading it again."""
    site.configure(site.source(lab))
    site.commit()
    assert site.run("run") == 0
    lab.state.edit_guest(113, memory="1024")
    lab.state.remove_guest(120)
    assert site.run("run") == 2
    capsys.readouterr()

    def drift(*arguments):
        code = site.run("drift", "--snapshot", "latest", *arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return drift


def test_a_part_is_shown_in_full_and_the_exit_code_is_that_of_the_whole(drifted):
    code, out, _err = drifted("pve/guest/113")
    first, second, *_ = out.splitlines()
    assert (code, first.split("  ")[0]) == (2, "DRIFTED")
    assert second.startswith("showing 1 of ")
    assert second.endswith(" findings: pve/guest/113")
    assert "accept    reconciler adopt " in out
    assert "pve/guest/120" not in out
    assert out.rstrip().endswith(" · exit 2")
    for arguments, keys in (
        (("pve/guest", "--severity", "error"), {"pve/guest/120"}),
        (("--rule", "missing"), {"pve/guest/120"}),
        (("--rule", "missing", "--rule", "drifted"), {"pve/guest/113", "pve/guest/120"}),
        (("--new", "--since", "2h", "--rule", "drifted"), {"pve/guest/113"}),
        (("--since", "HEAD", "--rule", "drifted"), {"pve/guest/113"}),
        (("--since", "drift-state~1", "--rule", "drifted"), {"pve/guest/113"}),
        (("--since", "drift-state", "--rule", "drifted"), set()),
    ):
        code, out, err = drifted(*arguments, "--format", "json")
        assert code == 2, err
        assert {finding["key"] for finding in json.loads(out)["findings"]} == keys, arguments


def test_a_key_as_declared_is_in_sync_and_an_unknown_one_has_its_nearest(drifted):
    code, out, _err = drifted("pve/guest/114", "--rule", "missing")
    assert code == 2
    assert "pve/guest/114: in sync\n" in out
    code, out, err = drifted("pve/guest/1133", "pve/guest/x\x1b", "0123456789ab")
    assert (code, out) == (64, "")
    assert "error: pve/guest/1133: does not exist (did you mean pve/guest/133?); " in err
    assert len(err.splitlines()) - err.count("warning") == 3
    assert "\x1b" not in err


def test_a_finding_is_named_by_the_beginning_of_its_id(drifted):
    _code, out, _err = drifted("pve/guest/113", "--format", "json")
    (finding,) = json.loads(out)["findings"]
    code, out, _err = drifted(finding["id"][:6].upper(), "--format", "json")
    assert code == 2
    assert [each["id"] for each in json.loads(out)["findings"]] == [finding["id"]]
    code, _out, err = drifted("0000")
    assert code == 64
    assert "0000: is not the id of a finding" in err


def test_several_outputs_are_written_in_one_run_and_all_show_the_same_part(drifted, site):
    outputs = {each: site.root / f"out.{each}" for each in ("text", "json", "markdown", "junit")}
    options = [f"--output={each}:{path}" for each, path in outputs.items()]
    code, out, _err = drifted("pve/guest/120", "--format", "junit", *options)
    assert code == 2
    assert outputs["junit"].read_text() == out
    failures = ET.fromstring(outputs["junit"].read_bytes()).findall(".//failure")
    assert [failure.get("type") for failure in failures] == ["missing"]
    for path in outputs.values():
        assert "pve/guest/120" in path.read_text()
        assert "/memory" not in path.read_text()


@pytest.mark.parametrize(
    "option", [("--severity", "loud"), ("--rule", "no-bakup"), ("--since", "noon"), ("gest/1",)]
)
def test_a_wrong_filter_is_wrong_usage_before_anything_is_read(lab, site, capsys, option):
    site.configure(site.source(lab))
    site.commit()
    asked = lab.requests.total()
    assert site.run("drift", *option) == 64
    assert "Traceback" not in capsys.readouterr().err
    assert lab.requests.total() == asked


def test_a_line_that_git_moved_shows_the_commit_that_wrote_it(pushed_site, capsys):
    site = pushed_site
    assert site.run("run") == 0
    file = site.root / "desired-state/pve/guest.yaml"
    file.write_text(file.read_text().replace("memory: 32768", "memory: 65536", 1))
    site.git("commit", "--all", "--quiet", "--message", "db-01 gets more \x1b[31m(PR 41)")
    capsys.readouterr()
    assert site.run("drift", "--verbose") == 2
    out = capsys.readouterr().out
    assert "desired moved" in out
    commit = site.git("rev-parse", "HEAD")[:12]
    assert f"    merged    {commit} db-01 gets more " in out
    assert "\x1b" not in out
