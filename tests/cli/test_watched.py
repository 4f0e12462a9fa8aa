"""`run` and `publish` with a heartbeat and metrics: each way to end is reported, and none changes by it."""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reconciler.lab import Lab
from tests.gitea.fake import serve as gitea_server
from tests.processes import PATIENCE, running, wait_until
from tests.site_repository import SiteRepository
from tests.watch.ping_server import PingServer, ping_server

DEAD = "127.0.0.1:1"
REPOSITORY = Path(__file__).parents[2]
SECRET = "SECRET-UUID"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab


@pytest.fixture
def pinged() -> Iterator[PingServer]:
    with ping_server() as server:
        yield server


@pytest.fixture
def site(tmp_path, monkeypatch, lab, pinged) -> SiteRepository:
    """A site whose only desired state is one guest."""
    repository = SiteRepository(tmp_path / "site", monkeypatch)
    monkeypatch.setenv("HEARTBEAT_URL", pinged.url)
    repository.write("desired-state/pve/pool.yaml", "{}\n")
    watch(repository, repository.source(lab))
    repository.commit()
    return repository


def watch(site, *sources, heartbeat="url: '${HEARTBEAT_URL}'", more=""):
    site.configure(*sources, more=f"heartbeat: {{{heartbeat}}}\nmetrics: {{file: ../m.prom}}\n{more}")


def metrics(site):
    text = (site.root.parent / "m.prom").read_text()
    return {
        sample.name.removeprefix("reconciler_"): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.labels.keys() - {"site"}
    }


def warnings(capsys):
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]


def test_a_run(site, pinged, capsys):
    assert site.run("run") == 0
    assert pinged.paths == ["/start", ""]
    assert pinged.pings[0].query == pinged.pings[1].query
    lines = pinged.pings[1].body.splitlines()
    assert lines[0] == "lan-main: IN SYNC, run ended with exit code 0"
    assert lines[1].startswith("9 findings from 9 causes (9 new): 9 notes · rules OK")
    assert lines[2] == "pve: complete"
    assert lines[3].startswith("recorded, published (run 20")
    assert len(lines) == 4
    assert warnings(capsys) == []
    found = metrics(site)
    assert found["run_exit_code"] == 0
    assert 0 < found["run_duration_seconds"] < 60
    assert abs(found["last_success_timestamp_seconds"] - time.time()) < 60


def test_drift_is_a_success(site, pinged):
    site.write("desired-state/pve/guest.yaml", "100999: {name: lost, type: qemu}\n")
    assert site.run("run") == 2
    assert pinged.paths == ["/start", ""]
    assert pinged.pings[1].body.startswith("lan-main: DRIFTED, run ended with exit code 2\n")
    assert metrics(site)["last_success_timestamp_seconds"] > 0


def test_a_source_that_fails_is_a_failure(site, lab, pinged):
    watch(site, site.source(lab), site.source(lab, name="other", hosts=DEAD))
    assert site.run("run") == 3
    assert pinged.paths == ["/start", "/3"]
    assert "\nother: failed: " in pinged.pings[1].body
    found = metrics(site)
    assert found["last_success_timestamp_seconds"] == 0
    assert found["last_publish_timestamp_seconds"] > 0


def test_a_mistake_in_the_desired_state(site, pinged):
    site.write("desired-state/pve/guest.yaml", "101: {nmae: web1}\n")
    assert site.run("run") == 1
    assert pinged.paths == ["/start", "/1"]
    assert "desired-state/pve/guest.yaml:1:" in pinged.pings[1].body
    assert metrics(site)["run_exit_code"] == 1


def test_wrong_usage(site, pinged):
    assert site.run("run", "--accept-missing", "pve/nothing") == 64
    assert pinged.paths == ["/start", "/64"]


def test_a_record_that_cannot_be_pushed(site, lab, pinged, tmp_path):
    site.configure(
        site.source(lab),
        history="{push: origin}",
        more="heartbeat: {url: '${HEARTBEAT_URL}'}\nmetrics: {file: ../m.prom}\n",
    )
    site.git("remote", "add", "origin", str(tmp_path / "no.git"))
    assert site.run("run") == 1
    assert pinged.paths == ["/start", "/1"]
    assert metrics(site)["last_record_timestamp_seconds"] == 0


def test_a_tree_that_cannot_be_published(site, pinged):
    site.write("public", "a file\n")
    assert site.run("run") == 1
    assert pinged.paths == ["/start", "/1"]
    body = pinged.pings[1].body
    assert "\nrecorded (run 20" in body
    assert "\nerror: " in body
    found = metrics(site)
    assert found["last_record_timestamp_seconds"] > 0
    assert found["last_publish_timestamp_seconds"] == 0


def test_a_fault_of_ours(site, pinged, monkeypatch, capsys):
    def fail(*_args, **_kwargs):
        raise ZeroDivisionError("the secret is hunter2")

    monkeypatch.setattr("reconciler.jobs.run.run", fail)
    assert site.run("run") == 1
    assert pinged.paths == ["/start", "/1"]
    assert pinged.pings[1].body.endswith("\nerror: internal: ZeroDivisionError\n")
    assert "hunter2" not in pinged.pings[1].body
    assert "error: internal: ZeroDivisionError; run again" in capsys.readouterr().err


def test_a_fault_of_ours_in_the_metrics_is_one_warning(site, pinged, monkeypatch, capsys):
    def fail(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr("reconciler.watch.metrics.render", fail)
    assert site.run("run") == 0
    assert pinged.paths == ["/start", ""]
    (warning,) = warnings(capsys)
    assert warning.startswith("warning: metrics: failed unexpectedly: ZeroDivisionError at reconciler.")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_that_is_stopped(site, lab, pinged, number, code):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        watch(site, site.source(lab, hosts=f"127.0.0.1:{silent.getsockname()[1]}"))
        command = [sys.executable, "-m", "reconciler", "run"]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        with running(command, env=environment, stdout=PIPE, stderr=PIPE, text=True) as process:
            wait_until(lambda: pinged.paths == ["/start"], "the ping of the start")
            process.send_signal(number)
            _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, err
    assert pinged.paths == ["/start", f"/{code}"]
    assert "error: interrupted" in pinged.pings[1].body


def test_a_server_that_hangs_or_is_down_changes_nothing_and_is_one_warning(site, lab, pinged, capsys):
    pinged.slow = ("/start", SECRET)
    watch(site, site.source(lab), heartbeat="url: '${HEARTBEAT_URL}', timeout: 1s")
    began = time.monotonic()
    assert site.run("run") == 0
    assert time.monotonic() - began < 30
    remedy = "check that server"
    assert warnings(capsys) == [f"warning: heartbeat.url: {pinged.host}: no answer within 1 s; {remedy}"]
    watch(site, site.source(lab), heartbeat=f"url: 'http://{DEAD}/{SECRET}'")
    assert site.run("run") == 0
    assert warnings(capsys) == [f"warning: heartbeat.url: {DEAD}: connection refused; check the address"]


def test_a_url_that_is_not_set_is_one_warning(site, pinged, monkeypatch, capsys):
    monkeypatch.delenv("HEARTBEAT_URL")
    assert site.run("run") == 0
    (warning,) = warnings(capsys)
    assert warning.startswith("warning: heartbeat.url: the environment variable HEARTBEAT_URL is not set; ")
    monkeypatch.setenv("HEARTBEAT_URL", f"{SECRET} is no URL")
    assert site.run("run") == 0
    (warning,) = warnings(capsys)
    assert warning.startswith(
        "warning: heartbeat.url: the environment variable HEARTBEAT_URL is not the URL "
    )
    assert SECRET not in warning
    assert pinged.pings == []


def test_the_url_is_in_no_file_and_no_output(site, pinged, capsys):
    pinged.answers[""] = (302, f"{pinged.url}/again".encode())
    assert site.run("run") == 0
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err
    assert "warning: heartbeat.url" in printed.err
    written = [path for path in site.root.parent.rglob("*") if path.is_file()]
    assert len(written) > 50
    assert not [path for path in written if SECRET.encode() in path.read_bytes()]


def test_publish_has_a_check_of_its_own(site, lab, pinged, tmp_path):
    assert site.run("run") == 0
    pinged.pings.clear()
    watch(site, site.source(lab), heartbeat="publish_url: '${HEARTBEAT_URL}'")
    before = (site.root.parent / "m.prom").read_bytes()
    assert site.run("publish") == 0
    assert pinged.paths == ["/start", ""]
    assert pinged.pings[1].body == "lan-main: publish ended with exit code 0\n"
    assert (site.root.parent / "m.prom").read_bytes() == before
    site.git("branch", "-D", "drift-state", "drift-pulse")
    assert site.run("publish") == 1
    assert pinged.paths[2:] == ["/start", "/1"]
    assert "\nerror: " in pinged.pings[3].body
    site.run("publish", "--check")
    assert site.run("run") == 0
    assert len(pinged.pings) == 4
    assert site.run("publish", "--directory", str(tmp_path / "elsewhere")) == 0  # as the unit does
    assert pinged.paths[4:] == ["/start", ""]


def test_without_a_heartbeat_nothing_is_sent_or_imported(site, lab):
    site.configure(site.source(lab))
    code = "import sys; from reconciler.cli.main import run; print(run(['run']), file=sys.stderr);"
    code += "sys.exit('prometheus_client' in sys.modules or 'reconciler.watch.heartbeat' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with running(
        [sys.executable, "-c", code], env=environment, stdout=PIPE, stderr=PIPE, text=True
    ) as process:
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert err.splitlines()[-1] == "0"


def test_doctor_checks_what_watches_the_runs(site, lab, pinged, capsys):
    with gitea_server() as gitea:
        more = f"gitea: {{repository: '{gitea.address}', token: '${{SITE_TOKEN}}'}}\n"
        watch(site, site.source(lab), more=more)
        site.monkeypatch.setenv("SITE_TOKEN", "bot-token")
        site.write(".gitea/workflows/reconcile.yml", "on:\n  schedule: [{cron: '7 * * * *'}]\n")
        gitea.state.runs = [
            {"id": 1, "event": "schedule", "status": "success", "path": "reconcile.yml@refs/heads/main",
             "started_at": "2026-01-01T00:00:00Z"},
        ]  # fmt: skip
        assert site.run("doctor") == 3
        lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
        assert any(line.startswith("gitea bad reconcile.yml last ran ") for line in lines)
        assert "watch ok heartbeat of run reachable, metrics written" in lines
        assert lines[-1].startswith("Not ready: fix gitea. Everything else can run")
        site.monkeypatch.delenv("SITE_TOKEN")
        assert site.run("doctor", "--format", "json") == 0
    document = json.loads(capsys.readouterr().out)
    assert {check["name"]: check["state"] for check in document["gitea"]["checks"]} == {
        "host": "ok", "tls": "warning", "clock": "ok", "token": "note",
    }  # fmt: skip
    assert [check["state"] for check in document["watch"]["checks"]] == ["ok", "ok"]
    assert pinged.pings == []
