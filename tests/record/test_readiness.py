"""Whether a run could record and push, found out without changing anything: each state of a repository."""

import subprocess
from pathlib import Path

import pytest

from reconciler.config.settings import HistorySettings
from reconciler.record import readiness
from reconciler.record.readiness import git_checks

PUSHED = HistorySettings(push="origin")


class Place:
    """A clone and its bare remote."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clone, self.remote = folder, folder / "site", folder / "origin.git"
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.remote), at=folder)
        self.git("init", "--quiet", "--initial-branch=main", str(self.clone), at=folder)
        self.git("remote", "add", "origin", str(self.remote))
        for name, value in (("user.name", "ann"), ("user.email", "ann@example.org")):
            self.git("config", name, value)
        (self.clone / "desired-state").mkdir()
        (self.clone / "desired-state/x.yaml").write_text("{}\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "x")

    def git(self, *arguments: str, at: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=at or self.clone, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def record(self) -> None:
        """Have both branches on the remote, and fetched."""
        self.git("push", "--quiet", "origin", "HEAD:drift-state", "HEAD:drift-pulse")
        self.git("fetch", "--quiet", "origin")

    def hook(self, name: str, script: str) -> None:
        path = self.remote / "hooks" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def everything(self) -> dict[str, bytes]:
        """All refs, and every file of the clone."""
        files = {str(path): path.read_bytes() for path in self.clone.rglob("*") if path.is_file()}
        return {**files, "refs": self.git("for-each-ref", at=self.remote).encode()}


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def found(place, settings=PUSHED):
    return {
        check.name: (check.state, check.what, check.remedy)
        for check in git_checks(place.clone, settings, "desired-state")
    }


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("more", ["", "receive.advertiseAtomic=false", "receive.denyDeletes=true"])
def test_a_remote_that_takes_pushes_and_stays_as_it_is(place, recorded, more):
    if recorded:
        place.record()
    if more:
        place.git("config", *more.split("="), at=place.remote)
    before = place.everything()
    checks = found(place)
    assert checks["push"][:2] == (
        "ok",
        "origin takes a push to drift-state and drift-pulse (tried: it was made so that nothing can change)",
    )
    assert {state for state, *_ in checks.values()} == {"ok"}
    assert checks["identity"][1] == "runs are recorded as ann <ann@example.org>"
    assert place.everything() == before


@pytest.mark.parametrize("recorded", [False, True])
def test_hooks_see_the_branches_of_a_run_and_decide(place, recorded):
    if recorded:
        place.record()
    place.hook("pre-receive", 'cat >"$GIT_DIR/seen"; echo "branch is protected: ask ann" >&2; exit 1')
    state, what, remedy = found(place)["push"]
    assert (state, remedy) == ("bad", "allow the job's user to push to that branch")
    assert "refuses the push to drift-" in what
    assert "branch is protected: ask ann" in what
    seen = (place.remote / "seen").read_text()
    assert "refs/heads/drift-state\n" in seen
    assert "refs/heads/drift-pulse\n" in seen


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize(
    ("branch", "state"), [("drift-state", "bad"), ("drift-pulse", "bad"), ("drift-state/doctor", "ok")]
)
def test_a_hook_that_refuses_one_branch(place, branch, state, recorded):
    if recorded:
        place.record()
    place.hook("update", f'[ "$1" != refs/heads/{branch} ]')
    check = found(place)["push"]
    assert check[0] == state
    assert state == "ok" or f"refuses the push to {branch}: " in check[1]


def test_a_remote_that_only_goes_forward(place):
    place.record()
    place.git("config", "receive.denyNonFastForwards", "true", at=place.remote)
    state, what, remedy = found(place)["push"]
    assert (state, what) == ("bad", "origin: refuses to replace drift-pulse (receive.denyNonFastForwards)")
    assert remedy == "allow it for that branch, or set history.pulse: null"
    assert found(place, HistorySettings(push="origin", pulse=None))["push"][0] == "ok"


def test_the_checked_out_branch_as_the_history(place):
    place.git("push", "--quiet", "origin", "main")
    assert found(place, HistorySettings(push="origin", branch=None))["push"][0] == "ok"


def test_a_tip_that_was_never_fetched(place):
    other = place.folder / "other"
    place.git("clone", "--quiet", str(place.remote), str(other), at=place.folder)
    commit = place.git("commit-tree", "-m", "x", "HEAD^{tree}")
    place.git("push", "--quiet", "origin", f"{commit}:refs/heads/drift-state")
    place.git("update-ref", "-d", "refs/remotes/origin/drift-state")
    assert found(place)["push"][0] == "ok"


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("remote", "set-url", "origin", "/nowhere/x.git"), "origin: cannot be reached: '/nowhere/x.git'"),
        (("remote", "remove", "origin"), "history.push: this repository has no remote named origin"),
        (("checkout", "--quiet", "--detach"), None),
    ],
)
def test_a_repository_that_cannot_push(place, arguments, what):
    place.git(*arguments)
    states = [check for check in found(place).values() if check[0] == "bad"]
    assert len(states) == (0 if what is None else 1)
    assert what is None or states[0][1].startswith(what)


def test_credentials_in_a_url_are_not_shown(place):
    place.git("remote", "set-url", "origin", "https://ann:5ecret@127.0.0.1:1/x.git")
    checks = found(place)
    assert checks["push"][0] == "bad"
    assert "5ecret" not in str(checks)


def test_no_repository_a_damaged_one_and_a_bare_one(place, tmp_path):
    (tmp_path / "empty").mkdir()
    for clone, what in [
        (tmp_path / "empty", "is not a git repository, so nothing can be recorded"),
        (place.remote, "is a bare repository"),
    ]:
        checks = list(git_checks(clone, PUSHED, "desired-state"))
        assert [(check.name, check.state) for check in checks] == [("version", "ok"), ("repository", "bad")]
        assert what in checks[1].what
        assert checks[1].remedy
    (place.clone / ".git/HEAD").write_text("")
    assert "is damaged" in found(place)["repository"][1]


def test_git_is_missing(place, monkeypatch):
    monkeypatch.setenv("PATH", str(place.folder))
    (state, what, remedy) = found(place)["repository"]
    assert (state, remedy) == ("bad", "apt-get install git")
    assert "was not found in" in what


def test_another_user_owns_it(place, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    (state, what, remedy) = found(place)["repository"]
    assert state == "bad"
    assert "belongs to another user, so git does not trust it" in what
    assert remedy == f"git config --global --add safe.directory {place.clone}"


@pytest.mark.parametrize(
    ("output", "state"),
    [
        (b"git version 2.28.1\n", "bad"),
        (b"git version 2.29.0\n", "note"),
        (b"git version 2.35.9 (Apple Git-1)\n", "note"),
        (b"git version 2.36.0.windows.1\n", "ok"),
        (b"git version 3.0.0\n", "ok"),
        (b"hello\n", "bad"),
    ],
)
def test_versions_of_git(output, state):
    (check,) = readiness._version(output)
    assert check.state == state
    assert bool(check.remedy) is (state != "ok")


def test_no_identity_and_no_commit(place, monkeypatch):
    monkeypatch.setenv("HOME", str(place.folder))
    place.git("config", "--unset", "user.name")
    place.git("update-ref", "-d", "HEAD")
    checks = found(place)
    assert checks["identity"][:2] == (
        "ok",
        "git has no user.name and user.email here: runs are recorded as reconciler",
    )
    assert checks["desired state"][:2] == (
        "note",
        "desired-state/ has uncommitted changes, so reports cannot name its commit",
    )
    assert checks["push"][0] == "ok"


def test_desired_state_that_git_ignores(place):
    place.git("rm", "--quiet", "-r", "desired-state")
    (place.clone / "desired-state").mkdir()
    (place.clone / "desired-state/x.yaml").write_text("{}\n")
    (place.clone / ".gitignore").write_text("/desired-state/\n")
    state, what, _ = found(place)["desired state"]
    assert state == "bad"
    assert "is ignored by git" in what


@pytest.mark.parametrize(
    ("line", "folder"),
    [
        ("reports/** filter=lfs diff=lfs merge=lfs -text", "reports"),
        ("*.json filter=lfs", "reports"),
        ("*.yaml filter=secret", "desired-state"),
    ],
)
def test_filters_on_what_is_recorded_or_declared(place, line, folder):
    (place.clone / ".gitattributes").write_text(f"{line}\n")
    state, what, remedy = found(place)["filters"]
    assert state == "warning"
    assert f" on {folder}/: " in what
    assert f"`{folder}/** -filter -text`" in remedy
    (place.clone / ".gitattributes").write_text(f"{line}\n{folder}/** -filter -text\n")
    assert "filters" not in found(place)


def test_signing_that_runs_do_not_do(place):
    place.git("config", "commit.gpgSign", "yes")
    assert found(place)["signing"][0] == "note"
    place.git("config", "commit.gpgSign", "no")
    assert "signing" not in found(place)


def test_signing_that_runs_do(place, tmp_path):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    assert found(place, HistorySettings(push="origin", sign=str(key)))["signing"][:2] == (
        "ok",
        f"runs sign their commits with {key}",
    )
    missing = found(place, HistorySettings(push="origin", sign="nowhere"))["repository"]
    assert missing[0] == "bad"
    assert "history.sign" in missing[1]
    key.write_text("no key\n")
    assert found(place, HistorySettings(push="origin", sign=str(key)))["signing"][0] == "bad"


def test_a_remote_that_cannot_store_what_it_gets(place):
    place.record()
    place.git("config", "receive.maxInputSize", "1", at=place.remote)
    state, what, _ = found(place)["push"]
    assert state == "bad"
    assert "refuses the push to drift-" in what
    assert "unpack" in what
