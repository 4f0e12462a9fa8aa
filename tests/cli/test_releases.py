"""`publish --mark-stale`, `--rollback` and `--check` as a user calls them: one line each, and exit codes."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.cli.main import run
from tests.publish import site
from tests.publish.test_publish import FIRST, SECOND, names, put

EARLIER = "20261123T200000Z-0000aa"


def this_moment():
    """Not of the whole module: it may wait for half an hour until its tests are run."""
    return datetime.now(UTC).replace(microsecond=0)


def fresh(identity=FIRST):
    """A site that was read just now, but for the sources that could not be."""
    return site.recorded(identity, at=this_moment())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of releases on a machine that has neither git nor a configuration."""
    (tmp_path / "web").mkdir()
    monkeypatch.chdir(tmp_path / "web")
    return tmp_path / "public"


def call(capsys, folder, *arguments):
    """Exit code, standard output and standard error."""
    capsys.readouterr()
    code = run(["publish", "--directory", str(folder), *arguments])
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    return code, shown.out, shown.err


def test_marking(folder, capsys):
    put(folder, fresh(), now=this_moment())
    assert call(capsys, folder, "--mark-stale") == (
        0,
        f"release {FIRST} is marked as out of date already (sources: barn, shed)\n",
        "",
    )
    put(folder, site.recorded(SECOND))
    code, out, err = call(capsys, folder, "--mark-stale")
    assert (code, err) == (0, "")
    assert out.startswith("marked ")
    assert out.endswith(f" files of release {SECOND}.2 as out of date (sources: air, barn, pve, shed)\n")
    code, out, _err = call(capsys, folder, "--mark-stale")
    assert (code, out.split(" (")[0]) == (0, f"release {SECOND}.2 is marked as out of date already")


def test_marking_with_a_clock_that_is_wrong(folder, capsys):
    put(folder, site.recorded(at=this_moment() + timedelta(hours=1)))
    code, out, err = call(capsys, folder, "--mark-stale")
    assert (code, out) == (1, "")
    assert err.startswith("error: this machine: the clock shows ")
    assert err.count("\n") == 1


def test_rolling_back(folder, capsys):
    for identity in (EARLIER, FIRST):
        put(folder, fresh(identity))
    assert call(capsys, folder, "--rollback") == (
        0,
        f"release {EARLIER} is served instead of {FIRST}; the next run publishes again\n",
        "",
    )
    code, out, err = call(capsys, folder, "--rollback")
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {folder}: no release was published before {EARLIER}; there are {FIRST}, ")
    after = "nothing new is published until `reconciler publish --resume`\n"
    instead = f"release {FIRST} is served instead of {EARLIER}; {after}"
    assert call(capsys, folder, "--rollback", FIRST, "--hold") == (0, instead, "")
    assert call(capsys, folder, "--hold", "--rollback", FIRST)[1].startswith(
        f"release {FIRST} is served already; "
    )
    code, out, err = call(capsys, folder, "--rollback", "nonsense")
    assert (code, out) == (64, "")
    assert err == (
        f"error: nonsense: is not a release; there are {FIRST} (served), {EARLIER}; name one of them\n"
    )


def test_checking(folder, capsys):
    put(folder, fresh())
    (folder / "current/v1/capacity.json").write_text("{")
    (folder / "current/v1/stray.json").write_text("{}")
    code, out, err = call(capsys, folder, "--check")
    assert (code, out) == (1, "")
    lines = err.splitlines()
    assert all(line.startswith("error: ") for line in lines)
    assert f"error: {FIRST}/v1/stray.json: is not in /v1/manifest; remove it, or publish again" in lines
    assert f"error: {FIRST}/v1/capacity.json: is not JSON; publish again" in lines
    capsys.readouterr()
    assert run(["--json", "publish", "--directory", str(folder), "--check"]) == 1
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {event["event"] for event in events} == {"error"}


@pytest.mark.parametrize("option", ["--mark-stale", "--rollback", "--check"])
def test_where_nothing_is_published(folder, capsys, option):
    code, out, err = call(capsys, folder, option)
    assert (code, out) == (1, "")
    assert err == f"error: {folder}: nothing is published there yet; run `reconciler publish`\n"
    assert not folder.exists()


WRONG = [
    (("--mark-stale", "--check"), "choose one of --mark-stale and --check"),
    (("--rollback", FIRST, "--mark-stale"), "choose one of --mark-stale and --rollback"),
    (("--rollback", "--resume", "--check"), "choose one of --rollback and --resume and --check"),
    (("--hold",), "--hold goes with --rollback"),
    (("--check", "--hold"), "--hold goes with --rollback"),
]


@pytest.mark.parametrize(("options", "message"), WRONG)
def test_options_that_exclude_each_other(folder, capsys, options, message):
    code, out, err = call(capsys, folder, *options)
    assert (code, out) == (64, "")
    assert message in err


def test_a_configuration_that_is_broken_is_not_asked(folder, capsys, tmp_path):
    """The timer on the web host goes on while somebody edits the file."""
    put(folder, site.recorded())
    (tmp_path / "web/config").mkdir()
    (tmp_path / "web/config/reconciler.yaml").write_text("nonsense: [")
    assert call(capsys, folder, "--mark-stale")[0] == 0
    assert run(["publish", "--mark-stale"]) == 1
    assert "config/reconciler.yaml" in capsys.readouterr().err


def test_without_a_folder_it_is_that_of_the_configuration_or_the_clone(tmp_path, monkeypatch, capsys):
    (tmp_path / ".git").mkdir()
    (tmp_path / "docs").mkdir()
    put(tmp_path / "public", site.recorded())
    monkeypatch.chdir(tmp_path / "docs")
    assert run(["publish", "--mark-stale"]) == 0
    assert names(tmp_path / "public") == [FIRST, f"{FIRST}.2"]


def test_marking_asks_nothing_but_the_folder_and_the_clock(folder):
    """No git in the path, no home, no variable: an empty environment."""
    put(folder, site.recorded())
    command = [sys.executable, "-m", "reconciler", "publish", "--directory", folder, "--mark-stale"]
    done = subprocess.run(command, env={"PATH": ""}, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("marked ")
