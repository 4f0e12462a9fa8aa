import os
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from reconciler.cli.demo import configuration, example_desired_state, secrets_of
from reconciler.lab import Lab
from tests.site_repository import QUIET
from tests.workflows.runner import WORKFLOWS, run

ROOT = Path(__file__).parents[2]
SECRET = "PVE_TOKEN_SECRET"
TOKEN = "0123456789abcdef0123456789abcdef01234567"


class Forge:
    """A bare remote in the place of Gitea, with the site's repository in it, and `reconciler` on PATH."""

    def __init__(self, path: Path, lab: Lab) -> None:
        self.path, self.lab = path, lab
        self.remote, self.clone = path / "owner" / "site.git", path / "clone"
        script = path / "bin" / "reconciler"
        script.parent.mkdir()
        script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m reconciler "$@"\n')
        script.chmod(0o755)
        self.environment = {"PATH": f"{script.parent}:{os.environ['PATH']}", "GIT_CONFIG_GLOBAL": os.devnull}
        self.values = {"github.server_url": str(path), "github.repository": "owner/site"}
        self._fill()

    def git(self, directory: Path, *arguments: str) -> str:
        identity = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=directory, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def _fill(self) -> None:
        self.remote.parent.mkdir()
        self.git(self.path, "init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        self.git(self.path, "clone", "--quiet", str(self.remote), str(self.clone))
        self.git(self.clone, "checkout", "--quiet", "-B", "main")
        for name, data in example_desired_state().items():
            self.write(f"desired-state/{name}", data)
        self.write("config/reconciler.yaml", self._config())
        self.write("config/ca.pem", Path(self.lab.ca_file).read_bytes())
        self.push("main")

    def _config(self) -> bytes:
        return (configuration(self.lab, "config/ca.pem") + QUIET).encode()

    def write(self, name: str, data: bytes) -> None:
        path = self.clone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def push(self, branch: str) -> str:
        self.git(self.clone, "add", "--all")
        self.git(self.clone, "commit", "--quiet", "--message", "change")
        self.git(self.clone, "push", "--quiet", "origin", f"HEAD:{branch}")
        return self.tip()

    def tip(self) -> str:
        return self.git(self.clone, "rev-parse", "HEAD")

    def run(self, workflow: str, directory: str, **values: str):
        known = {**self.values, **{name.replace("__", "."): value for name, value in values.items()}}
        return run(workflow, self.path / directory, known, self.environment)

    def reconcile(self, directory: str = "job"):
        return self.run(
            "reconcile.yml",
            directory,
            secrets__GITHUB_TOKEN=TOKEN,
            **{f"secrets__{name}": value for name, value in secrets_of(self.lab).items()},
        )


@pytest.fixture
def forge(tmp_path):
    with Lab() as lab:
        yield Forge(tmp_path, lab)


def test_without_secrets_the_schedule_says_so_in_one_line_and_stops_green(forge):
    result = forge.run("reconcile.yml", "job")
    assert result.exit_code == 0
    (line,) = [line for line in result.log.splitlines() if not line.startswith("#")]
    assert line.startswith("no secret of any source is set, so nothing is read (Settings > Actions")
    assert len(result.skipped) == 3
    assert forge.git(forge.remote, "branch", "--list", "drift-*") == ""


def test_the_schedule_records_on_the_remote_and_works_from_the_tip_of_the_default_branch(forge):
    first = forge.reconcile()
    assert first.exit_code == 0, first.log
    branches = forge.git(forge.remote, "for-each-ref", "--format=%(refname:short)").split()
    assert sorted(branches) == ["drift-pulse", "drift-state", "main"]

    forge.write("desired-state/pve/pool.yaml", b"nowhere: {}\n")
    tip = forge.push("main")
    second = forge.reconcile()
    assert second.exit_code == 2, second.log
    assert "pve/pool/nowhere" in second.log
    trailers = forge.git(
        forge.remote, "log", "-1", "--format=%(trailers:key=Desired-Commit,valueonly)", "drift-state"
    )
    assert trailers == tip
    assert forge.lab.token_secret not in first.log + second.log

    third = forge.reconcile("another-machine")
    assert third.exit_code == 2
    assert forge.git(forge.remote, "rev-list", "--count", "drift-state") == "2"


def test_the_default_branch_is_the_one_that_the_remote_names(forge):
    forge.git(forge.remote, "branch", "--move", "main", "trunk")
    forge.git(forge.remote, "symbolic-ref", "HEAD", "refs/heads/trunk")
    result = forge.reconcile()
    assert result.exit_code == 0, result.log
    assert forge.git(forge.path / "job", "symbolic-ref", "--short", "HEAD") == "trunk"


def test_the_record_grows_from_a_clone_of_depth_one_and_its_history_stays_whole(forge):
    for number, memory in enumerate(("2048", "4096", "8192")):
        forge.lab.state.edit_guest(113, memory=memory)
        result = forge.reconcile(f"machine-{number}")
        assert result.exit_code == 2, result.log
        assert forge.git(forge.path / f"machine-{number}", "rev-parse", "--is-shallow-repository") == "true"
    assert forge.git(forge.remote, "rev-list", "--count", "drift-state") == "3"
    assert forge.git(forge.remote, "rev-list", "--count", "drift-pulse") == "1"
    forge.git(forge.remote, "fsck", "--strict", "--no-dangling")


@pytest.mark.parametrize("workflow", ["reconcile.yml", "review.yml"])
def test_without_the_tool_or_its_source_the_job_says_what_to_install(forge, workflow):
    forge.environment["PATH"] = "/usr/bin:/bin"
    result = forge.reconcile() if workflow == "reconcile.yml" else _review(forge, forge.tip())
    assert result.exit_code == 1
    assert "reconciler is not installed on this runner" in result.steps[-1][2]
    assert "pip install" in result.log


def test_a_token_that_expired_is_an_error_and_not_drift(forge):
    forge.lab.state.edit_guest(113, memory="2048")
    result = forge.run(
        "reconcile.yml", "job", secrets__PVE_TOKEN_SECRET=f"{uuid4()}", secrets__GITHUB_TOKEN=TOKEN
    )
    assert result.exit_code == 1, result.log
    assert "token" in result.log


GIT = """#!/bin/sh
echo "$*" >>{calls}
case " $* " in *" fetch "* | *" push "* | *" ls-remote "*)
  {git} config --get http.{server}/.extraHeader >>{headers} ;;
esac
exec {git} "$@"
"""


@pytest.mark.parametrize("workflow", ["reconcile.yml", "review.yml", "test.yml"])
def test_the_job_logs_in_as_gitea_expects_and_leaves_its_token_nowhere(forge, workflow):
    calls, headers, wrapper = forge.path / "calls", forge.path / "headers", forge.path / "bin" / "git"
    server, real = forge.values["github.server_url"], shutil.which("git")
    wrapper.write_text(GIT.format(calls=calls, headers=headers, git=real, server=server))
    wrapper.chmod(0o755)
    if workflow == "reconcile.yml":
        result = forge.reconcile("job/site")
    elif workflow == "review.yml":
        result = _review(forge, forge.tip(), "job/site")
    else:
        forge.write(".ci/run", b"exit 0")
        commit = forge.push("main")
        result = forge.run(workflow, "job/site", github__sha=commit, secrets__GITHUB_TOKEN=TOKEN)
    assert result.exit_code == 0, result.log
    (header,) = set(headers.read_text().splitlines())
    scheme, _, login = header.removeprefix("Authorization: ").partition(" ")
    assert (scheme, b64decode(login).decode()) == ("Basic", f"x-access-token:{TOKEN}")
    files = [path for path in (forge.path / "job").rglob("*") if path.is_file()]
    for secret in (TOKEN, login):
        assert secret not in result.log
        assert secret not in calls.read_text()
        assert not [path for path in files if secret.encode() in path.read_bytes()]


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.yml")), ids=lambda path: path.name)
def test_nothing_of_an_event_is_code_and_no_pull_request_sees_a_secret(path):
    document = yaml.safe_load(path.read_text())
    (job,) = document["jobs"].values()
    assert document["permissions"] == {"contents": "write" if path.name == "reconcile.yml" else "read"}
    assert job["timeout-minutes"] <= 60
    for step in job["steps"]:
        assert "uses" not in step
        assert "${{" not in step["run"], "expressions belong in env:, never in run:"
    environments = [job.get("env", {}), *(step.get("env", {}) for step in job["steps"])]
    secrets = {name for each in environments for name in re.findall(r"secrets\.(\w+)", str(each))}
    if path.name != "reconcile.yml":
        assert secrets == {"GITHUB_TOKEN"}
    assert "pull_request_target" not in path.read_text()


def _review(forge, head: str, directory: str = "review"):
    forge.git(forge.remote, "update-ref", "refs/pull/7/head", head)
    return forge.run(
        "review.yml",
        directory,
        secrets__GITHUB_TOKEN=TOKEN,
        github__event__pull_request__base__ref="main",
        github__event__pull_request__head__sha=head,
        github__event__pull_request__number="7",
    )


def test_a_pull_request_sees_its_effect_without_secrets_or_access(forge):
    forge.reconcile()
    asked = forge.lab.requests.total()
    forge.write("desired-state/pve/pool.yaml", b"nowhere: {}\n")
    result = _review(forge, forge.push("topic"))
    assert result.exit_code == 0, result.log
    assert "nowhere" in result.log
    assert "missing" in result.log
    assert forge.lab.requests.total() == asked
    assert forge.git(forge.remote, "rev-list", "--count", "drift-state") == "1"


def test_a_pull_request_is_compared_with_what_is_recorded_on_the_branch_it_goes_to(forge):
    config = forge._config().replace(b"history: {push: origin}", b"history: {push: origin, branch: null}")
    assert b"branch: null" in config
    forge.write("config/reconciler.yaml", config)
    forge.push("main")
    assert forge.reconcile().exit_code == 0
    forge.write("desired-state/pve/pool.yaml", b"nowhere: {}\n")
    result = _review(forge, forge.push("topic"))
    assert result.exit_code == 0, result.log
    assert "missing" in result.log
    assert "nothing is recorded" not in result.log


def test_a_tag_that_is_called_like_the_branch_is_not_the_branch(forge):
    forge.write("reconciler.txt", b"not reviewed")
    forge.git(forge.remote, "tag", "main", forge.push("topic"))
    result = _review(forge, forge.tip())
    assert result.exit_code == 0, result.log
    assert not (forge.path / "review" / "reconciler.txt").exists()
    assert (forge.path / "review" / "head" / "reconciler.txt").exists()


def test_a_pull_request_cannot_lead_out_of_the_repository(forge):
    (forge.clone / "config" / "reconciler.yaml").unlink()
    (forge.clone / "config" / "reconciler.yaml").symlink_to("/etc/passwd")
    result = _review(forge, forge.push("topic"))
    assert result.exit_code == 1
    assert "config/reconciler.yaml: reconciler.yaml is a symbolic link" in result.log
    assert "root" not in result.log.replace(str(forge.path), "")


def test_a_pull_request_with_a_typo_fails_with_the_place(forge):
    forge.write("desired-state/pve/guest.yaml", b"101:\n  memroy: 4096\n")
    result = _review(forge, forge.push("topic"))
    assert result.exit_code == 1
    assert "desired-state/pve/guest.yaml:2:3" in result.log
    assert "did you mean memory" in result.log


def test_a_pull_request_before_the_first_run_is_told_that_nothing_is_verified(forge):
    result = _review(forge, forge.tip())
    assert result.exit_code == 0, result.log
    assert "nothing is recorded yet" in result.log
