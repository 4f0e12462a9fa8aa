"""What holds for the text of every workflow; `make check` has actionlint and zizmor for the rest."""

import re

import pytest
import yaml

from tests.workflows.act import WORKFLOWS

FILES = sorted(WORKFLOWS.glob("*.yml"))
RIGHTS = {
    "reconcile.yml": {"contents": "write", "issues": "write"},
    "review.yml": {"contents": "write", "issues": "write", "pull-requests": "write"},
    "test.yml": {"contents": "read"},
}


def parsed(path):
    document = yaml.safe_load(path.read_text())
    (job,) = document["jobs"].values()
    return document, job


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_of_an_event_is_code_and_no_pull_request_sees_a_secret(path):
    document, job = parsed(path)
    assert {**document["permissions"], **job.get("permissions", {})} == RIGHTS[path.name]
    for step in job["steps"]:
        assert "uses" not in step
        assert "${{" not in step["run"], "expressions belong in env:, never in run:"
    environments = [job.get("env", {}), *(step.get("env", {}) for step in job["steps"])]
    secrets = {name for each in environments for name in re.findall(r"secrets\.(\w+)", str(each))}
    if path.name != "reconcile.yml":
        assert secrets == {"GITHUB_TOKEN"}
    assert "pull_request_target" not in path.read_text()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_takes_time_has_a_limit_of_its_own(path):
    """Servers before 1.27 do not know `timeout-minutes`; where they do, it comes last."""
    _, job = parsed(path)
    limits = [int(seconds) for seconds in re.findall(r"timeout (?:-k \d+ )?(\d+) ", str(job["steps"]))]
    assert limits
    assert sum(limits) < 60 * job["timeout-minutes"]


def test_the_main_job_starts_by_the_clock_by_hand_and_by_a_change_of_what_is_declared():
    """YAML reads the key `on` as a truth value. Its own pushes touch neither of these folders."""
    document, _ = parsed(WORKFLOWS / "reconcile.yml")
    events = document[True]
    assert events["push"] == {"branches": ["main"], "paths": ["desired-state/**", "config/**"]}
    assert set(events) == {"schedule", "workflow_dispatch", "push"}
    ((cron,),) = [each.values() for each in events["schedule"]]
    minutes, *rest = cron.split()
    assert rest == ["*"] * 4, "no hour, so that the server's time zone makes no difference"
    assert "0" not in minutes.split(","), "not when every other job starts"


def test_the_tests_run_on_the_pushed_commit(forge):
    forge.write(".ci/run", b"git rev-parse HEAD\nexit 3\n")
    commit = forge.push("topic")
    job = forge.run("test.yml", "push", {"ref": "refs/heads/topic", "after": commit})
    assert not job.green
    assert commit in job.output
