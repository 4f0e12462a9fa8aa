"""`reconciler fix` as people use it: on a recorded site, whose sources do not answer any more."""

import json
import os
import subprocess
from collections.abc import Iterator

import jsonschema
import pytest

from reconciler.cli.main import run
from reconciler.lab import Lab
from tests.site_repository import SiteRepository

NAME = "web\n-01 $(touch owned) `touch owned` 'quoted' ::set-output::\x1b[2J"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Iterator[SiteRepository]:
    with pytest.MonkeyPatch.context() as patch:
        with Lab(hosts=1) as lab:
            repository = SiteRepository(tmp_path_factory.mktemp("fix") / "site", patch)
            repository.declare_example()
            repository.configure(repository.source(lab))
            repository.commit()
            lab.state.edit_guest(113, memory="16384", tags="a b;c")
            lab.state.edit_guest(111, name=NAME)
            lab.state.edit_guest(108, cores=7)
            lab.state.edit_storage("nas", content="images", nodes="ml110")
            lab.state.edit_storage("pbs", nodes="ml110")
            lab.state.remove_guest(120)
            assert run(["run", "--fail-on", "never"]) == 0
        patch.delenv("PVE_TOKEN_SECRET_PVE")
        yield repository


def _finding(recorded: SiteRepository, key: str, path: str = "") -> str:
    return next(
        each["id"]
        for each in recorded.report()["findings"]
        if each["key"] == key and each.get("change", {}).get("path", "") == path
    )


def test_all_causes_are_printed_without_network_and_secret(recorded, capsys):
    assert run(["fix"]) == 0
    out, err = capsys.readouterr()
    assert "qm set 108 --digest " in out
    assert "# takes effect after a stop and start, on ml110, needs VM.Config.CPU on /vms/108" in out
    assert out.count("# pve/guest/113 db-01") == 2
    assert out.count("\nqm set 113 ") == 1
    assert err == ""
    for line in out.splitlines():
        assert line == "" or line.startswith(("#", "qm ", "pct ", "pvesm ", "pvesh ", "ha-manager "))


def test_the_fields_of_a_resource_are_set_by_one_command_and_a_digest_stands_once(recorded, capsys):
    assert run(["fix", "pve/storage/nas", "pve/storage/pbs"]) == 0
    commands = [line for line in capsys.readouterr().out.splitlines() if line.startswith("pvesm ")]
    assert len(commands) == 2
    assert "--content images,iso,rootdir,vztmpl --delete nodes" in commands[0]
    assert ["--digest" in line for line in commands] == [True, False]


def test_a_finding_is_named_by_the_beginning_of_its_id(recorded, capsys):
    identity = _finding(recorded, "pve/guest/108", "/cores")
    assert run(["fix", identity[:8].upper()]) == 0
    out = capsys.readouterr().out
    assert f"[{identity}]: /cores 7 → 2" in out
    assert "1 finding, 1 resource with commands, 0 without" in out


def test_a_source_is_all_of_its_findings(recorded, capsys):
    assert run(["fix", "pve"]) == 0
    out = capsys.readouterr().out
    assert "# pve/guest/113 " in out
    assert "# pve/guest/120 " in out


def test_a_cause_is_found_from_what_follows_of_it(recorded, capsys):
    findings = {each["id"]: each for each in recorded.report()["findings"]}
    following = next((each for each in findings.values() if each.get("cause") in findings), None)
    identity = following["id"] if following else _finding(recorded, "pve/guest/108", "/cores")
    assert run(["fix", "--cause", identity]) == 0
    cause = following["cause"] if following else identity
    assert f"[{cause}]" in capsys.readouterr().out


def test_a_script_runs_exactly_the_words(recorded, capsys, tmp_path):
    assert run(["fix", "--shell"]) == 0
    script = capsys.readouterr().out
    log, tools = tmp_path / "log", tmp_path / "bin"
    tools.mkdir()
    for tool in ("qm", "pct", "pvesm", "pvesh", "ha-manager", "reconciler", "touch"):
        (tools / tool).write_text(f'#!/bin/sh\nprintf "%s\\n" {tool} "$@" >> {log}\n')
        (tools / tool).chmod(0o755)
    environment = {"PATH": f"{tools}:{os.defpath}"}
    subprocess.run(["sh", "-eu"], input=script, text=True, check=True, env=environment, cwd=tmp_path)
    assert run(["fix", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    ran = log.read_text().splitlines()
    assert "touch" not in ran
    assert "reconciler" not in ran
    assert script.count("\nqm ") == ran.count("qm") > 2
    assert {"--memory", "32768"} <= set(ran)
    assert sum(bool(each["fix"]["commands"]) for each in entries) >= ran.count("set")


def test_hostile_text_stays_in_its_comment(recorded, capsys):
    identity = _finding(recorded, "pve/guest/111", "/name")
    lines: list[str] = []
    for arguments in (["fix", identity], ["fix", "--shell", identity]):
        assert run(arguments) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line for line in lines if "touch owned" in line and not line.startswith("# ")] == []
        assert "\x1b" not in "".join(lines)
        assert "::set-output" not in "".join(lines)
    assert any(line.startswith("qm set 111 --digest ") and "--name web-01" in line for line in lines)


def test_the_json_is_as_its_schema(recorded, capsys):
    assert run(["schema", "fix"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert run(["fix", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    jsonschema.validate(entries, schema)
    assert {"id", "key", "path", "fix"} == set(entries[0])
    assert ["qm", "set", "108"] in [
        each["fix"]["commands"][0][:3] for each in entries if each["fix"]["commands"]
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["000000000000"], "is not a finding of the last recorded run"),
        (["pve/guest/1113"], "did you mean pve/guest/113"),
        (["pve/gest"], "did you mean pve/guest"),
        (["pve/pool/staging"], "has no finding in the last recorded run: it is in sync"),
        (["pve/pool"], "has no finding in the last recorded run"),
        (["zzz", "yyy"], '"yyy": is not a finding'),
        ([""], "is not a finding"),
        (["a\x1b[2J"], "is not a finding"),
        (["--shell", "--json"], "exclude each other"),
        (["--cause", "a", "b"], "not both"),
    ],
)
def test_wrong_usage_is_one_line_each(recorded, capsys, arguments, message):
    assert run(["fix", *arguments]) == 64
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "\x1b" not in err
    assert "Traceback" not in err


def test_the_nearest_id_is_named(recorded, capsys):
    identity = _finding(recorded, "pve/guest/108", "/cores")
    wrong = identity[:-1] + ("0" if identity[-1] != "0" else "1")
    assert run(["fix", wrong]) == 64
    assert f"did you mean {identity}" in capsys.readouterr().err


def test_the_beginning_of_several_ids_is_refused(recorded, capsys):
    ids = [each["id"] for each in recorded.report()["findings"]]
    common = next(each[0] for each in ids if sum(other[0] == each[0] for other in ids) > 1)
    assert run(["fix", common]) == 64
    assert "is the beginning of several findings" in capsys.readouterr().err


def test_a_record_that_is_out_of_date_is_said(recorded, capsys, monkeypatch):
    from datetime import timedelta

    from reconciler.jobs import steps

    later = steps.now() + timedelta(days=2)
    monkeypatch.setattr(steps, "now", lambda: later)
    assert run(["fix"]) == 0
    assert "warning: the last recorded run: was read" in capsys.readouterr().err


def test_without_a_record_it_says_what_to_run(site, quiet_lab, capsys):
    site.configure(site.source(quiet_lab))
    site.commit()
    assert site.run("fix") == 1
    assert "nothing is recorded yet; run `reconciler run`" in capsys.readouterr().err


def test_a_site_in_sync_has_nothing_to_fix(site, quiet_lab, capsys):
    site.configure(site.source(quiet_lab))
    site.write("config/ignore.yaml", IGNORE)
    site.commit()
    assert site.run("run") == 0
    capsys.readouterr()
    assert site.run("fix") == 0
    assert capsys.readouterr().out == "nothing to fix\n"
    assert site.run("fix", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []
    assert site.run("fix", "pve/guest/114") == 0
    assert "# no command: it is ignored (config/ignore.yaml:1)" in capsys.readouterr().out


IGNORE = "- {target: {source: pve}, reason: known, expires: 2099-01-01}\n"
