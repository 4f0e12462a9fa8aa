"""The lines of `reconciler doctor`, its verdict and next command, for a site in every state of readiness."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.jobs import site_checks, steps

LAB_NOTES = ("note: backups on local", "→ grant Datastore.AllocateSpace", "note: only ", "→ chmod o+x ")


NPM = "Not ready: fix npm, or remove it from config/reconciler.yaml. Everything else can run: reconciler run"


@pytest.fixture
def ready(lab, site):
    """A site with all three systems, committed."""
    site.configure_all(lab)
    site.commit()
    return site


def doctor(site, capsys, *options, code=0):
    """The lines, without the notes that come with the lab."""
    capsys.readouterr()
    assert site.run("doctor", *options) == code
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if not line.startswith(LAB_NOTES)]


def test_a_line_each_and_the_next_command(lab, ready, capsys):
    lines = doctor(ready, capsys)
    until = f"certificate until {lines[0].rpartition(' ')[2]}"
    unifi = f"unifi ok {lab.served('unifi').url[8:]}: Network 10.5.66, local API, integration API, View Only"
    assert lines == [
        f"pve ok {lab.hosts[0]} and 4 more: Proxmox VE 9.2.3, rights complete, quorum 5 of 5, {until}",
        f"{unifi}, {until}",
        f"npm ok {lab.served('npm').url[8:]}: version 2.15.1, all items, {until}",
        "git ok records on drift-state, not pushed",
        "publish ok public/, made by the first run",
        next(line for line in lines if line.startswith("desired-state ok ")),
        "watch note nothing detects that runs have stopped, for example because the runner is down",
        "→ set heartbeat.url or metrics.file",
        next(line for line in lines if line.startswith("site ok fingerprint key set, ")),
        "Ready: reconciler run",
    ]


def test_quiet_when_all_is_well(ready, capsys):
    assert doctor(ready, capsys, "--quiet") == []


def test_quiet_when_one_source_is_not(ready, capsys):
    ready.monkeypatch.setenv("NPM_PASSWORD", "wrong")
    lines = doctor(ready, capsys, "--quiet", code=3)
    assert lines[0].startswith("npm bad 127.0.0.1:")
    assert lines[0].endswith("the login is refused (401 Invalid email or password)")
    assert lines[1].startswith("→ check username and NPM_PASSWORD")
    assert lines[2:] == [NPM]


def test_several_sources_and_none(ready, capsys):
    ready.monkeypatch.setenv("NPM_PASSWORD", "wrong")
    ready.monkeypatch.setenv("UNIFI_API_KEY", "wrong")
    assert doctor(ready, capsys, "-q", code=3)[-1] == (
        "Not ready: fix unifi and npm, or remove them from config/reconciler.yaml."
        " Everything else can run: reconciler run"
    )
    ready.monkeypatch.delenv("PVE_TOKEN_SECRET")
    lines = doctor(ready, capsys, "-q", code=1)
    assert "the environment variable PVE_TOKEN_SECRET is not set" in lines[0]
    assert lines[-1] == (
        "Not ready: fix pve, unifi and npm. No source can be read; then check again: reconciler doctor"
    )
    assert len([line for line in lines if "PVE_TOKEN_SECRET is not set" in line]) == 1, "each thing once"


def test_a_list_that_is_not_complete(lab, ready, capsys):
    lab.state.set_node_online("r630-02", online=False)
    lines = doctor(ready, capsys, "-q", code=3)
    assert any("r630-02 is offline; nothing on it can be read" in line for line in lines)
    assert any("guest: 25 unread: node r630-02: offline" in line for line in lines)
    assert lines[-1].startswith("Not ready: fix pve, or remove it")


def test_the_only_source_has_no_alternative(lab, site, capsys):
    site.configure(site.source(lab))
    lab.state.set_node_online("r630-02", online=False)
    lines = doctor(site, capsys, "-q", code=3)
    assert lines[-1] == "Not ready: fix pve. Until then a run is incomplete: reconciler run"


def test_no_host_left_is_one_line_with_every_host(lab, ready, capsys):
    for host in range(len(lab.hosts)):
        lab.server.close_host(host)
    lines = doctor(ready, capsys, "-q", code=3)
    assert lines[0] == f"pve bad {', '.join(lab.hosts[:4])} and {lab.hosts[4]}: connection refused"
    assert len(lines) == 2


def test_a_wrong_fingerprint_shows_the_certificate(lab, site, capsys):
    wrong = f"fingerprint: '{':'.join(['AB'] * 32)}'"
    site.configure(site.source(lab, hosts=lab.hosts[0], trust=wrong))
    lines = doctor(site, capsys, "-q", code=1)
    assert lines[0].startswith(f"pve bad {lab.hosts[0]}: the certificate's fingerprint is not the configured")
    assert lines[1].startswith("certificate of O=PVE Cluster Node,CN=127.0.0.1, signed by ")
    assert lines[2] == "for localhost and 127.0.0.1"
    assert lines[4] == f"SHA-256 {lab.fingerprint}"
    assert lines[5] == "→ if `pvenode cert info` on that node shows the same, put it into fingerprint"
    site.run("doctor", "--format", "json")
    document = json.loads(capsys.readouterr().out)
    (check,) = document["sources"]["pve"]["checks"]
    assert check["certificate"]["fingerprint"] == lab.fingerprint
    assert check["certificate"]["names"] == ["localhost", "127.0.0.1"]
    assert check["certificate"]["not_after"].endswith("Z")


def test_nothing_is_declared_yet(lab, site, capsys):
    import shutil

    shutil.rmtree(site.root / "desired-state")
    site.configure(site.source(lab))
    lines = doctor(site, capsys)
    assert "desired-state note desired-state/ does not exist, so nothing is declared" in lines
    assert lines[-1] == "Ready (nothing is declared yet): reconciler adopt --write"


def test_git_that_cannot_push(ready, capsys):
    file = ready.root / "config/reconciler.yaml"
    file.write_text("history: {push: origin}\n" + file.read_text())
    lines = doctor(ready, capsys, "-q", code=1)
    assert lines == [
        "git bad history.push: this repository has no remote named origin",
        "→ git remote add origin URL, or set history.push to null",
        "Not ready: fix git. Until then a run cannot record or publish, but this compares: reconciler drift",
    ]


def test_the_branches_that_can_be_pushed(pushed_site, capsys):
    lines = doctor(pushed_site, capsys)
    assert "git ok origin reachable, drift-state and drift-pulse pushable" in lines


def test_no_repository(lab, site, capsys):
    import shutil

    site.configure(site.source(lab))
    shutil.rmtree(site.root / ".git")
    lines = doctor(site, capsys, "-q", code=1)
    assert lines[0] == f"git bad {site.root}: is not a git repository, so nothing can be recorded"
    assert lines[-1].startswith("Not ready: fix git.")


def test_a_publish_folder_that_is_a_file(ready, capsys):
    ready.write("public", "")
    lines = doctor(ready, capsys, "-q", code=1)
    assert lines[0] == f"publish bad {ready.root}/public is not a folder"
    assert lines[-1].startswith("Not ready: fix publish. Until then")


def test_mistakes_in_the_desired_state(ready, capsys):
    ready.write("desired-state/npm/stream.yaml", "443/tcp: {incoming: 2}\n")
    lines = doctor(ready, capsys, "-q", code=1)
    assert lines[0].startswith("desired-state bad 1 mistake, of which the first is desired-state/npm/stream.")
    assert lines[1] == "→ list them with `reconciler validate`"
    assert lines[-1] == "Not ready: fix desired-state. Then check again: reconciler doctor"


def test_a_source_and_git_at_once(ready, capsys):
    file = ready.root / "config/reconciler.yaml"
    file.write_text("history: {push: origin}\n" + file.read_text())
    ready.monkeypatch.setenv("NPM_PASSWORD", "wrong")
    assert doctor(ready, capsys, "-q", code=1)[-1] == (
        "Not ready: fix git, and fix npm, or remove it from config/reconciler.yaml."
        " Until then a run cannot record or publish, but this compares: reconciler drift"
    )


def test_a_clock_that_jumped_back(ready, capsys, monkeypatch):
    assert ready.run("run", "--fail-on", "never") == 0
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(days=400)
    monkeypatch.setattr(steps, "now", lambda: now)
    lines = doctor(ready, capsys, "-q")
    (line,) = [line for line in lines if "which is in the future" in line]
    assert line.startswith("warning: the last recorded run is of 20")
    assert lines[-1] != "Ready: reconciler run", "the verdict is left out where nothing is bad"


@pytest.mark.parametrize(
    ("free", "files", "state"),
    [
        (10 * 2**30, 10**6, "ok"),
        (400 * 2**20, 10**6, "warning"),
        (10 * 2**20, 10**6, "bad"),
        (10**10, 9, "bad"),
    ],
)
def test_room_on_the_disk(tmp_path, monkeypatch, free, files, state):
    class Found:
        f_bavail, f_frsize, f_files, f_favail = free // 4096, 4096, 10**7, files

    monkeypatch.setattr("os.statvfs", lambda _: Found)
    check = site_checks._disk(tmp_path)
    assert (check.state, bool(check.remedy)) == (state, state != "ok")


def test_json_has_the_verdict_and_every_area(ready, capsys):
    ready.monkeypatch.setenv("NPM_PASSWORD", "wrong")
    capsys.readouterr()
    assert ready.run("doctor", "--format", "json") == 3
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == {
        "ready": False,
        "not_ready": ["npm"],
        "text": NPM,
        "next": "reconciler run",
        "exit_code": 3,
    }
    assert set(document) == {
        "schema_version", "verdict", "git", "publish", "desired_state", "watch", "site", "sources"
    }  # fmt: skip
    assert {check["state"] for check in document["git"]["checks"]} == {"ok"}


def test_verbose_and_quiet_at_once(ready):
    assert ready.run("doctor", "-q", "-v") == 64


def test_doctor_changes_nothing(pushed_site, capsys):
    def everything():
        files = [path for path in pushed_site.root.parent.rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in files if path.name != "FETCH_HEAD"}

    doctor(pushed_site, capsys)
    before = everything()
    doctor(pushed_site, capsys, "--verbose")
    assert everything() == before
