"""The checks of the code host: version, token, schedule, of Gitea and of Forgejo."""

from datetime import timedelta

import pytest

from reconciler.watch.code_host import CodeHost
from reconciler.watch.gitea_checks import gitea_checks
from reconciler.watch.schedule import RunSchedule, check_schedule
from reconciler.watch.server_version import FEATURES, OLDEST, check_version
from tests.watch.hosts import NOW, StubHost, StubRepository, StubRights, of_forgejo, of_gitea

SHAPES = {"gitea": of_gitea, "forgejo": of_forgejo}
PLAN = RunSchedule(timedelta(minutes=15), ("reconcile.yml",), NOW)


def test_all_is_well():
    host: CodeHost = StubHost()
    assert [(check.name, check.state) for check in gitea_checks(host, PLAN)] == [
        ("version", "ok"),
        ("token", "ok"),
        ("schedule", "ok"),
    ]
    briefs = [check.brief for check in gitea_checks(host, PLAN)]
    assert briefs == ["Gitea 1.27.3", "token may write", "scheduled run 4 min ago"]


@pytest.mark.parametrize(
    ("version", "state", "what"),
    [
        ("1.27.0", "ok", "Gitea 1.27.0"),
        ("1.28.0+dev-123-g0123456", "ok", "Gitea 1.28.0+dev-123-g0123456"),
        ("v2.0", "ok", "Gitea v2.0"),
        ("16.0.1+gitea-1.22.0", "ok", "Forgejo 16.0.1+gitea-1.22.0"),
        ("1.26.4", "note", "Gitea 1.26.4: `timeout-minutes` is ignored"),
        ("1.25.4", "note", "Gitea 1.25.4: `concurrency` and `permissions`"),
        ("1.22.6", "note", "Gitea 1.22.6: cron expressions are in the time zone of the server"),
        ("1.21.11", "bad", "Gitea 1.21.11 is not supported"),
        ("6.0.14+gitea-1.21.11", "bad", "Forgejo 6.0.14+gitea-1.21.11 is not supported"),
        ("0.9", "bad", "Gitea 0.9 is not supported"),
        ("", "note", "it reports no version"),
        ("development\x1b[31m", "note", "the server does not report its version, but 'development [31m'"),
        ("9" * 500, "note", "the server does not report its version"),
    ],
)
def test_the_version(version, state, what):
    check = check_version(version)
    assert (check.state, check.what[: len(what)]) == (state, what)
    assert bool(check.remedy) == (state != "ok")
    assert check.what.isprintable()
    assert len(check.what) < 400


def test_each_version_lacks_what_came_later():
    versions = sorted({OLDEST, *(each.since for each in FEATURES)})
    for major, minor in versions:
        text = check_version(f"{major}.{minor}.0").what
        for feature in FEATURES:
            assert (feature.lack in text) == ((major, minor) < feature.since)


@pytest.mark.parametrize(
    ("rights", "state"),
    [
        (StubRights(), "ok"),
        (StubRights(admin=True), "note"),
        (StubRights(push=False), "warning"),
        (None, "note"),
    ],
)
def test_the_rights_of_the_token(rights, state):
    checks = {check.name: check for check in gitea_checks(StubHost(repository=StubRepository(rights)), PLAN)}
    assert checks["token"].state == state
    assert bool(checks["token"].remedy) == (state != "ok")


def test_what_is_refused_takes_no_other_check_along():
    for what, name in {"version": "version", "repository": "token", "runs": "schedule"}.items():
        found = {check.name: check for check in gitea_checks(StubHost(refuses=(what,)), PLAN)}
        assert set(found) == {"version", "token", "schedule"}
        assert {each for each, check in found.items() if check.state == "bad"} == {name}
        assert found[name].what == f"gitea.lan: cannot read {what}: 403"
        assert found[name].remedy == "give it a scope"


REGISTERED = "a schedule is registered when the default branch is pushed"
RUNS = {
    "on time": ([(4, "success"), (19, "success")], [("ok", "reconcile.yml last ran 4 min ago")]),
    "it runs now": ([(0, "in_progress"), (15, "success")], [("ok", "reconcile.yml last ran 1 s ago")]),
    "two intervals are in time": ([(30, "success")], [("ok", "reconcile.yml last ran 30 min ago")]),
    "ahead of our clock": ([(-3, "success")], [("ok", "reconcile.yml last ran 1 s ago")]),
    "late": ([(31, "success")], [("bad", "reconcile.yml last ran 31 min ago, and interval is 15 min")]),
    "long ago": ([(9000, "success")], [("bad", "reconcile.yml last ran 6 d ago, and interval is 15 min")]),
    "the runner is dead": (
        [(0, "queued"), (15, "queued"), (180, "success")],
        [("bad", "reconcile.yml last ran 3 h ago: 2 runs waiting for a runner (interval is 15 min)")],
    ),
    "no runner ever": (
        [(0, "queued")],
        [("bad", "reconcile.yml has not run yet: 1 run waiting for a runner (interval is 15 min)")],
    ),
    "one waits as it should": (
        [(0, "queued"), (14, "success")],
        [("ok", "reconcile.yml last ran 14 min ago")],
    ),
    "never": (
        [],
        [("warning", f"reconcile.yml has not run yet: {REGISTERED}")],
    ),
    "the last failed": (
        [(4, "failure"), (19, "success"), (34, "failure")],
        [("ok", "reconcile.yml last ran 4 min ago"), ("warning", "the last scheduled run failed")],
    ),
    "the last ones failed": (
        [(1, "in_progress"), (4, "failure"), (9, "cancelled"), (19, "failure"), (34, "success")],
        [("ok", "reconcile.yml last ran 1 min ago"), ("bad", "the last 2 scheduled runs failed")],
    ),
    "late and failed": (
        [(60, "failure"), (75, "failure"), (90, "failure")],
        [
            ("bad", "reconcile.yml last ran 60 min ago, and interval is 15 min"),
            ("bad", "the last 3 scheduled runs failed"),
        ],
    ),
    "skipped": ([(4, "skipped")], [("ok", "reconcile.yml last ran 4 min ago")]),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", RUNS)
def test_the_schedule(name, shape):
    given, expected = RUNS[name]
    runs = [SHAPES[shape](*each) for each in given]
    checks = list(check_schedule(PLAN, runs))
    expected = [(state, what.replace("60 min", "1 h")) for state, what in expected]
    assert [(check.state, check.what) for check in checks] == expected
    assert all(bool(check.remedy) == (check.state != "ok") for check in checks)


@pytest.mark.parametrize("shape", SHAPES.values())
def test_runs_of_other_workflows_do_not_count(shape):
    runs = [shape(1, "failure", "nightly.yml"), shape(2, "failure", "nightly.yml"), shape(90)]
    (check,) = check_schedule(PLAN, runs)
    assert (check.state, check.what) == ("bad", "reconcile.yml last ran 1 h ago, and interval is 15 min")


def test_a_version_that_shows_no_runs():
    (check,) = check_schedule(PLAN, None)
    assert check.state == "note"
    assert "cannot be seen" in check.what


@pytest.mark.parametrize("runs", [None, [], [of_gitea(1)]])
def test_a_repository_without_a_schedule(runs):
    (check,) = check_schedule(RunSchedule(timedelta(minutes=15), (), NOW), runs)
    assert (check.state, check.what) == ("note", "no workflow of this repository has a schedule")
