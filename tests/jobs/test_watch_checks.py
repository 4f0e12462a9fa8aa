"""The checks of what watches the runs: code host, heartbeat, metrics."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from reconciler import kinds
from reconciler.config.file import load_config
from reconciler.config.gitea import GiteaSettings
from reconciler.errors import Problem, ReconcilerError
from reconciler.jobs.watch_checks import check_code_host, check_hosting, check_watch, scheduled_workflows
from tests.collectors.http.stub import Reply, serve
from tests.gitea.fake import serve as gitea_server
from tests.privileges import modes_of_files_count
from tests.watch.hosts import StubHost
from tests.watch.ping_server import ping_server

SOURCE = "  - {name: npm, type: npm, url: 'http://127.0.0.1:1', username: a, password: '${P}'}\n"


def config(folder, more=""):
    (folder / "config").mkdir(parents=True, exist_ok=True)
    file = folder / "config" / "reconciler.yaml"
    file.write_text(f"site: lan-main\n{more}sources:\n{SOURCE}")
    return load_config(file, kinds.settings())


def found(checks):
    return [(check.name, check.state, check.what) for check in checks]


def test_nothing_watches(tmp_path):
    assert found(check_watch(config(tmp_path), {})) == [
        (
            "heartbeat",
            "note",
            "nothing detects that runs have stopped, for example because the runner is down",
        )
    ]


def test_a_heartbeat_is_reached_and_not_pinged(tmp_path):
    with ping_server() as pinged:
        more = f"heartbeat: {{url: '${{URL}}', publish_url: '{pinged.url}'}}\nmetrics: {{file: m.prom}}\n"
        checks = list(check_watch(config(tmp_path, more), {"URL": pinged.url}))
        assert [(check.name, check.state) for check in checks] == [
            ("heartbeat", "ok"),
            ("heartbeat", "ok"),
            ("metrics", "ok"),
        ]
        assert pinged.pings == []
    assert not (tmp_path / "m.prom").exists()
    first, second, *_ = check_watch(config(tmp_path, more), {"URL": pinged.url})
    assert [first.state, second.state] == ["warning", "warning"]
    assert first.what == f"heartbeat.url: {pinged.host}: connection refused"
    assert second.what == f"heartbeat.publish_url: {pinged.host}: connection refused"


def test_a_url_that_is_not_set(tmp_path):
    first, second = check_watch(config(tmp_path, "heartbeat: {url: '${A}', publish_url: '${B}'}\n"), {})
    assert (first.state, first.what) == ("warning", "heartbeat.url: the environment variable A is not set")
    assert (second.state, second.remedy) == ("note", "export B (in CI: add a secret of that name)")


def test_a_folder_for_metrics_that_cannot_be_used(tmp_path):
    (check,) = check_watch(config(tmp_path, "metrics: {file: no/m.prom}\n"), {})
    assert (check.state, check.what) == ("warning", f"the folder {tmp_path}/no does not exist")
    (tmp_path / "no").mkdir(mode=0o500)
    with modes_of_files_count():
        (check,) = check_watch(config(tmp_path, "metrics: {file: no/m.prom}\n"), {})
    assert (check.state, check.what) == ("warning", f"this user may not write to {tmp_path}/no")
    assert check.remedy


WORKFLOWS = {
    "reconcile.yml": "on:\n  schedule:\n    - cron: '7 * * * *'\n",
    "nightly.yaml": "on:\n    schedule: [{cron: '@daily'}]\n",
    "review.yml": "on:\n  pull_request:\n# schedule: none\n",
    "notes.md": "  schedule:\n",
    "binary.yml": "\xff\xfe\x00",
}


@pytest.mark.parametrize("folder", [".gitea/workflows", ".forgejo/workflows", ".github/workflows"])
def test_workflows_that_have_a_schedule(tmp_path, folder):
    assert scheduled_workflows(tmp_path) == ()
    (tmp_path / folder).mkdir(parents=True)
    for name, text in WORKFLOWS.items():
        (tmp_path / folder / name).write_bytes(text.encode("latin-1"))
    os.mkfifo(tmp_path / folder / "pipe.yml")
    (tmp_path / folder / "folder.yml").mkdir()
    assert scheduled_workflows(tmp_path) == ("nightly.yaml", "reconcile.yml")


def test_the_folder_of_gitea_goes_first(tmp_path):
    for folder, name in ((".gitea", "a.yml"), (".github", "b.yml")):
        (tmp_path / folder / "workflows").mkdir(parents=True)
        (tmp_path / folder / "workflows" / name).write_text(WORKFLOWS["reconcile.yml"])
    assert scheduled_workflows(tmp_path) == ("a.yml",)


def code_host(tmp_path, server, connect, **trust):
    settings = GiteaSettings(**{"ca_file": str(server.ca_file), **trust})
    return list(check_code_host(config(tmp_path), f"https://{server.host}/git/api/v1", settings, connect))


def test_the_code_host(tmp_path):
    with serve(lambda _path: Reply(b"{}"), tmp_path) as server:
        checks = code_host(tmp_path, server, StubHost)
        assert [path for _, path, _ in server.seen] == ["/git/api/v1/version"]
    assert [(check.name, check.state) for check in checks] == [
        ("host", "ok"),
        ("tls", "ok"),
        ("version", "ok"),
        ("token", "ok"),
        ("schedule", "note"),
    ]


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_clock_that_is_wrong(tmp_path, minutes):
    date = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    # A server that asks for a login has a clock too.
    with serve(lambda _path: Reply(b"{}", status=403, headers={"Date": date}), tmp_path) as server:
        checks = {check.name: check for check in code_host(tmp_path, server, StubHost)}
    assert checks["clock"].state == "warning"
    assert f"{'ahead of' if minutes > 0 else 'behind'} this machine" in checks["clock"].what
    assert "version" in checks


def test_a_code_host_that_is_not_trusted_is_not_asked_with_the_token(tmp_path):
    def connect():
        pytest.fail("the token would be sent")

    with serve(lambda _path: Reply(b"{}"), tmp_path) as server:
        (check,) = code_host(tmp_path, server, connect, ca_file=None)
        assert (check.name, check.state) == ("tls", "bad")
        (check,) = code_host(tmp_path, server, connect, ca_file="no.pem")
        assert (check.state, check.what) == ("bad", "ca_file no.pem: does not exist")
    (check,) = code_host(tmp_path, server, connect)
    assert (check.name, check.state) == ("host", "bad")


def test_a_token_that_is_not_set(tmp_path):
    def connect():
        raise ReconcilerError(Problem("gitea.token", "GITEA_TOKEN is not set", "export GITEA_TOKEN"))

    with serve(lambda _path: Reply(b"{}"), tmp_path) as server:
        *_, check = code_host(tmp_path, server, connect)
    assert found([check]) == [("token", "note", "gitea.token: GITEA_TOKEN is not set")]


def run_of_gitea(minutes):
    moment = (datetime.now(UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    path = "reconcile.yml@refs/heads/main"
    return {
        "event": "schedule",
        "status": "completed",
        "conclusion": "failure",
        "path": path,
        "started_at": moment,
    }


def run_of_forgejo(minutes):
    moment = (datetime.now(UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    names = {"event": "push", "trigger_event": "schedule", "workflow_id": "reconcile.yml"}
    return {**names, "status": "failure", "started": moment}


@pytest.mark.parametrize("shape", [run_of_gitea, run_of_forgejo])
def test_the_real_client_reads_what_the_checks_need(tmp_path, shape):
    (tmp_path / ".gitea/workflows").mkdir(parents=True)
    (tmp_path / ".gitea/workflows/reconcile.yml").write_text(WORKFLOWS["reconcile.yml"])
    with gitea_server(tmp_path / "tls", prefix="/git") as fake:
        fake.state.runs = [{"id": number, **shape(90 - number)} for number in (1, 2, 3)]
        more = f"gitea: {{repository: '{fake.address}', ca_file: '{fake.ca_file}', token: '${{T}}'}}\n"
        checks = list(check_hosting(config(tmp_path, more), {"T": "bot-token"}))
        (without, *_) = [
            check for check in check_hosting(config(tmp_path, more), {}) if check.name == "token"
        ]
    assert [(check.name, check.state) for check in checks] == [
        ("host", "ok"),
        ("tls", "ok"),
        ("clock", "ok"),
        ("version", "note"),
        ("token", "ok"),
        ("schedule", "bad"),
        ("schedule", "bad"),
    ]
    assert checks[-2].what == "reconcile.yml last ran 1 h ago, and interval is 15 min"
    assert checks[-1].what == "the last 3 scheduled runs failed"
    assert (without.state, without.what) == ("note", "gitea.token: the environment variable T is not set")


def test_a_site_without_a_code_host_has_no_checks_of_it(tmp_path):
    assert list(check_hosting(config(tmp_path), {})) == []
