"""Where output goes: closed, full or narrow streams, files beside them, errors for people and programs."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reconciler.cli.main import run
from reconciler.cli.streams import PIPE_BYTES, LossyWriter
from reconciler.lab import Lab
from tests.privileges import modes_of_files_count
from tests.processes import PATIENCE, running, wait_until
from tests.site_repository import SiteRepository

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def site(lab, tmp_path, monkeypatch):
    repository = SiteRepository(tmp_path / "site", monkeypatch)
    repository.write("desired-state/pve/guest.yaml", "101: {memory: 64}\n999: {name: gone}\n")
    repository.configure(repository.source(lab))
    repository.commit()
    return repository


def slow_git(folder: Path, command: str, began: Path) -> None:
    """A git that hangs in one command, once it has noted that it got there."""
    folder.mkdir()
    script = folder / "git"
    real = shutil.which("git")
    script.write_text(
        f'#!/bin/sh\ncase " $* " in *" {command} "*) touch {began}; exec sleep 300;; esac\nexec {real} "$@"\n'
    )
    script.chmod(0o755)


def command(text, **environment):
    """`text` in a shell, where `reconciler` is this one."""
    script = f'reconciler() {{ "{sys.executable}" -m reconciler "$@"; }}; {text}'
    return subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("reconciler drift >&-", 2, ""),
        ("reconciler drift >/dev/full", 1, "error: standard output: No space left on device"),
        ("PYTHONIOENCODING=ascii reconciler drift", 2, ""),
        ("reconciler drift --output json:/dev/full/x", 1, "error: /dev/full/x: cannot be written"),
    ],
)
def test_a_stream_that_takes_nothing_is_no_crash(site, text, code, said):
    done = command(text)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "internal" not in done.stderr
    assert "Traceback" not in done.stderr


def test_files_are_written_whatever_becomes_of_standard_output_and_of_each_other(site):
    outputs = "--output json:a.json --output json:/dev/full/x --output markdown:b.md"
    done = command(f"reconciler run {outputs} | head -n 1; exit ${{PIPESTATUS[0]}}")
    assert done.returncode == 1
    assert json.loads((site.root / "a.json").read_text())["findings"]
    assert (site.root / "b.md").read_text().startswith("**DRIFTED**")
    assert site.commits() == 1


def test_piped_text_has_no_blanks_at_line_ends(site):
    text = command("reconciler drift").stdout
    assert text.startswith("DRIFTED  ")
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


@pytest.mark.parametrize("text", ["drift --format json", "adopt", "schema guest", "drift --format markdown"])
def test_what_programs_read_is_utf_8_whatever_the_locale(site, lab, text):
    lab.state.add_guest(950, node="ml110", name="caf\u00e9-\u2116")
    try:
        plain = command(f"reconciler {text} >plain")
        odd = command(f"reconciler {text} >odd", PYTHONIOENCODING="latin-1", LC_ALL="C")
    finally:
        lab.state.remove_guest(950)
    assert plain.returncode == odd.returncode
    data = (site.root / "odd").read_bytes()
    assert data.decode("utf-8")
    if "drift" not in text:
        assert data == (site.root / "plain").read_bytes()
    if "adopt" in text:
        assert "name: 'café-№'" in data.decode()


def test_links_in_a_circle_are_one_line(site):
    (site.root / "loop").symlink_to("loop")
    done = command("reconciler drift --output json:loop")
    assert done.returncode == 1
    assert "error: loop: cannot be written" in done.stderr
    assert "internal" not in done.stderr


def test_errors_are_json_lines_where_progress_is(site):
    site.write("desired-state/pve/guest.yaml", "101: {memroy: 1}\n102: {cores: x}\n")
    done = command("reconciler --json validate")
    assert done.returncode == 1
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert [event["event"] for event in events] == ["error", "error"]
    assert events[0]["subject"] == "desired-state/pve/guest.yaml:1:7"


def test_sources_that_all_failed_are_told_on_standard_error_too(site, lab):
    site.configure(site.source(lab, hosts="127.0.0.1:1"))
    for name in ("run", "drift", "collect --output -", "adopt"):
        done = command(f"reconciler {name} >/dev/null")
        assert done.returncode == 1
        assert "error: pve: could not be read: 127.0.0.1:1: cannot be reached" in done.stderr


@pytest.mark.parametrize(
    ("mode", "redirection"),
    [
        ("", "2>&-"),
        ("--json", "2>/dev/full"),
        ("", "2> >(exit 0)"),
        ("", "2> >(head -c 1 >/dev/null)"),
    ],
    ids=["closed", "full", "dead", "dying"],
)
def test_progress_never_decides_the_outcome(site, mode, redirection):
    done = command(f"reconciler {mode} run {redirection}")
    assert done.returncode == 2
    assert "recorded: commit" in done.stdout
    assert "published" in done.stdout
    assert site.commits() == 1


def test_a_stuck_standard_error_loses_text_and_costs_its_patience_once():
    read, write = os.pipe()
    try:
        writer = LossyWriter(write, patience=0.2)
        began = time.monotonic()
        size = 100 * PIPE_BYTES
        assert [writer.write(b"x" * size) for _ in range(5)] == [size] * 5
        assert time.monotonic() - began < PATIENCE
        assert len(os.read(read, 10 * size)) >= PIPE_BYTES
        assert writer.write(b"heard again") == 11
        assert os.read(read, 10 * size).endswith(b"heard again")
    finally:
        os.close(read)
        os.close(write)


def test_ctrl_c_waits_for_no_answer(tmp_path, monkeypatch):
    with Lab(hosts=1) as slow:
        slow.faults.slow("/pending", 2 * PATIENCE)
        site = SiteRepository(tmp_path / "site", monkeypatch)
        site.declare_example()
        site.configure(site.source(slow).replace("timeout: 5s", "timeout: 5m"))
        site.commit()
        heard = ["env", "--default-signal=INT"]  # also where the tests run in the background
        with running(
            [*heard, sys.executable, "-m", "reconciler", "run"],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            wait_until(lambda: any("/pending" in path for path in slow.requests), "a slow request")
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130
        assert "interrupted; nothing of this run was recorded or published" in said
        assert "Traceback" not in said


@pytest.mark.parametrize(
    ("waits_for", "done"),
    [
        ("/pending", "nothing of this run was recorded or published"),
        ("hash-object", "the record may hold this run already; it was not published"),
    ],
)
def test_sigterm_ends_with_a_line_of_what_was_done(tmp_path, monkeypatch, waits_for, done):
    with Lab(hosts=1) as lab:
        site = SiteRepository(tmp_path / "site", monkeypatch)
        site.declare_example()
        site.configure(site.source(lab).replace("timeout: 5s", "timeout: 5m"))
        site.commit()
        began = tmp_path / "began"
        if waits_for == "/pending":
            lab.faults.slow("/pending", 2 * PATIENCE)
        else:
            slow_git(tmp_path / "bin", waits_for, began)
            monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
        with running(
            [sys.executable, "-m", "reconciler", "run"],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            wait_until(
                lambda: began.exists() or any(waits_for in path for path in lab.requests),
                "the job to get there",
            )
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 143
        assert said.splitlines()[-1] == f"terminated; {done}"
        assert "Traceback" not in said


def test_the_configuration_is_found_from_a_folder_below(site, monkeypatch, capsys):
    folder = site.root / "desired-state" / "pve"
    monkeypatch.chdir(folder)
    assert site.run("validate") == 0
    assert "../../config/reconciler.yaml" in capsys.readouterr().out
    (site.root / "config/reconciler.yaml").unlink()
    assert site.run("validate") == 1
    assert "error: config/reconciler.yaml: cannot be read" in capsys.readouterr().err


def test_a_config_that_may_not_be_read_is_an_error_and_no_wrong_usage(tmp_path, monkeypatch, capsys):
    (tmp_path / "closed.yaml").touch(mode=0)
    monkeypatch.chdir(tmp_path)
    with modes_of_files_count():
        assert run(["--config", "closed.yaml", "validate"]) == 1
    assert "error: closed.yaml: cannot be read: Permission denied" in capsys.readouterr().err
