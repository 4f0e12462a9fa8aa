"""Times and places as people write them on a command line."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.config.file import load_config
from reconciler.errors import Problem, UsageError
from reconciler.jobs.choose import choose
from reconciler.jobs.since import moment_of
from reconciler.kinds import settings
from reconciler.model.key import Key
from reconciler.model.value import parse_timestamp
from reconciler.report.choice import select
from tests.record.parts import git
from tests.report import samples

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def config(tmp_path, monkeypatch):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/reconciler.yaml").write_text(
        "site: x\nfingerprint_key: ${K}\nsources:\n"
        "  - {name: pve, type: proxmox, hosts: [h], token_id: reader@pve!drift, token_secret: '${S}'}\n"
        "  - {name: unifi, type: unifi, url: https://u, api_key: '${U}'}\n"
    )
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    monkeypatch.setenv("TZ", "Europe/Vienna")
    time.tzset()
    yield load_config(tmp_path / "config/reconciler.yaml", settings())
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20261124T235959Z-0123ab", "2026-11-24T23:59:59Z"),
        ("2026-11-25", "2026-11-24T23:00:00Z"),
        ("2026-07-01", "2026-06-30T22:00:00Z"),
        ("2026-11-25T12:38", "2026-11-25T11:38:00Z"),
        ("2026-11-25 12:38:10", "2026-11-25T11:38:10Z"),
        ("2026-11-25T12:38Z", "2026-11-25T12:38:00Z"),
        ("2026-11-25T12:38+05:30", "2026-11-25T07:08:00Z"),
        ("today", "2026-11-24T23:00:00Z"),
        ("yesterday", "2026-11-23T23:00:00Z"),
        ("24h", "2026-11-24T12:00:00Z"),
        (" 7d ", "2026-11-18T12:00:00Z"),
    ],
)
def test_a_date_is_in_the_zone_of_this_machine_and_becomes_utc(config, text, moment):
    found = moment_of(config, text, NOW)
    assert isinstance(found, datetime)
    assert found.strftime("%Y-%m-%dT%H:%M:%SZ") == moment
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-13-40",
        "20269924T235959Z-0123ab",
        "tomorrow",
        "999999d",
        "-1h",
        "--all",
        "nowhere",
        "HEAD",
        "a\x1bb",
        "x" * 9999,
    ],
)
def test_what_is_no_moment_is_a_problem_with_the_forms(config, text):
    problem = moment_of(config, text, NOW)
    assert isinstance(problem, Problem)
    assert problem.subject.startswith("--since")
    assert problem.subject.isprintable()
    assert "2026-11-25T12:38" in problem.remedy


RECORDED = "2026-11-21T08:00:00Z"
BEFORE = "2026-11-20T09:59:59Z"


@pytest.mark.parametrize(
    ("message", "moment"),
    [
        ("desired", BEFORE),
        ("x\n\nDrift-Run: 20261121T080000Z-0123ab", RECORDED),
        ("x\n\nDrift-Run: 20261121T080000Z-0123ab\nDrift-Run: 20261122T080000Z-0123ab", RECORDED),
        ("x\n\nDrift-Run: 20261121T080000Z-0123ab\n\nthat is no trailer", BEFORE),
        ("x\n\nDrift-Run: yesterday", BEFORE),
        ("x\n\nDrift-Run:", BEFORE),
    ],
)
@pytest.mark.parametrize("committed", ["2026-11-20T10:00:00Z", "2026-11-20T23:30:00+1330"])
def test_the_time_of_a_commit_by_its_message(config, monkeypatch, message, moment, committed):
    monkeypatch.setenv("GIT_COMMITTER_DATE", committed)
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    git(config.root, *identity, "commit", "--quiet", "--allow-empty", "-m", message)
    git(config.root, *identity, "tag", "-a", "-m", "later", "v1")
    names = ("HEAD", "v1", git(config.root, "rev-parse", "HEAD"))
    assert {moment_of(config, name, NOW) for name in names} == {parse_timestamp(moment)}


@pytest.mark.parametrize(("since", "shown"), [(BEFORE, True), ("2026-11-20T10:00:00Z", False)])
def test_what_a_run_found_within_the_second_of_a_commit_came_after_it(config, since, shown):
    """The commit of 10:00:00 stands for the second before it; a moment that is given stands for itself."""
    report = samples.believable()
    opened = parse_timestamp("2026-11-20T10:00:00Z")
    first = report.findings[0].model_copy(update={"first_seen": opened, "reopened": None, "cause": None})
    part = select(report.model_copy(update={"findings": (first,)}), choose(config, since=since, now=NOW))
    assert [each.id for each in part.findings] == ([first.id] if shown else [])


def test_a_commit_is_the_time_of_its_run_or_the_second_before_its_making(config, monkeypatch):
    root = config.root
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-11-20T10:00:00Z")
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    git(root, *identity, "commit", "--quiet", "--allow-empty", "-m", "desired")
    run = "x\n\nDrift-Run: 20261121T080000Z-0123ab"
    git(root, "checkout", "--quiet", "--orphan", "drift-state")
    git(root, *identity, "commit", "--quiet", "--allow-empty", "-m", run)
    times = {
        name: moment_of(config, name, NOW)
        for name in ("main", "drift-state", "HEAD", git(root, "rev-parse", "main"))
    }
    before, recorded = "20 09:59:59", "21 08:00:00"
    assert [f"{each:%d %H:%M:%S}" for each in times.values()] == [before, recorded, recorded, before]


def test_places_are_keys_kinds_sources_and_findings(config):
    targets = (
        "pve/guest/101",
        "unifi/switch-port",
        "pve",
        "7454fda8f326",
        "unifi/static-dns/A:a/b",
        "site/address",
    )
    choice = choose(config, targets, now=NOW)
    assert choice.sources == {"pve"}
    assert choice.kinds == {("unifi", "switch-port"), ("site", "address")}
    assert choice.keys == {Key("pve", "guest", "101"), Key("unifi", "static-dns", "A:a/b")}
    assert choice.ids == {"7454fda8f326"}
    assert choose(config, now=NOW).everything
    assert not choose(config, severity="info", now=NOW).everything


def test_every_name_that_does_not_exist_is_reported_at_once_with_the_nearest(config):
    with pytest.raises(UsageError) as error:
        choose(
            config,
            ("pvee", "pve/gest/101", "unify/wlan", "", "a\x1b"),
            rules=("no-bakup", "missing"),
            since="x",
            now=NOW,
        )
    texts = list(map(str, error.value.problems))
    assert len(texts) == 7
    assert all(text.isprintable() for text in texts)
    for wanted in (
        "did you mean pve?",
        "did you mean pve/guest?",
        "did you mean unifi?",
        "did you mean no-backup?",
    ):
        assert any(wanted in text for text in texts), wanted
