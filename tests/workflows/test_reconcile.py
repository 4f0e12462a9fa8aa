"""reconcile.yml as a runner runs it: from the event to the record, the release and the colour of the job.

What only the workflow decides is tried with a stand-in for the tool, which notes what it was given.
"""

import fcntl
from base64 import b64decode
from threading import Timer

import pytest

from reconciler.cli.demo import secrets_of
from reconciler.lab import Lab
from reconciler.lab.tls import make_tls
from tests.workflows.forge import OF_A_FORK, TOKEN, forge_at

TIP, SECRETS = "Check out the tip of the default branch", "Check that secrets are configured"
INSTALL, RUN = "Install reconciler unless the runner has it", "Collect, compare, record, publish"
STAND_IN = """\
#!/bin/sh
{{ echo "$*"; git rev-parse HEAD; git symbolic-ref --short HEAD; env; }} >{calls}
exit {code}
"""


def stand_in(forge, code=0):
    """Put a program in the place of the tool that notes its arguments, the checkout and its variables."""
    forge.script("reconciler", STAND_IN.format(calls=forge.calls, code=code))


def given(forge):
    """The arguments, commit and branch that the stand-in was called with."""
    return forge.calls.read_text().splitlines()[:3]


def served(forge):
    return (forge.published / "current").readlink().name


def test_a_schedule_leads_to_a_record_a_pulse_and_a_release(forge):
    """Then drift, which is green and committed once; nothing of the token or a secret is left anywhere."""
    forge.kept.mkdir()
    first = forge.reconcile()
    assert first.green, first.log
    assert first.steps == [TIP, SECRETS, INSTALL, RUN]
    assert sorted(forge.branches()) == ["drift-pulse", "drift-state", "main"]
    release = served(forge)

    forge.write("desired-state/pve/pool.yaml", b"nowhere: {}\n")
    tip = forge.push("main")
    second = forge.reconcile("push")
    assert second.green, second.log
    assert "pve/pool/nowhere" in second.log
    assert "exit code 2, drift: this job stays green; the commit status and alarms report it" in second.output
    trailer = "--format=%(trailers:key=Desired-Commit,valueonly)"
    assert forge.git(forge.remote, "log", "-1", trailer, "drift-state") == tip
    assert served(forge) != release

    third = forge.reconcile("workflow_dispatch")
    assert third.green
    statuses = [(each["context"], each["status"]) for each in forge.server.state.statuses]
    assert statuses == [("reconciler/drift", state) for state in ("success", "warning", "warning")]
    assert forge.server.state.statuses[-1]["sha"] == tip
    assert forge.recorded() == 2
    assert forge.git(forge.remote, "rev-list", "--count", "drift-pulse") == "1"
    forge.git(forge.remote, "fsck", "--strict", "--no-dangling")
    _left_nowhere(forge, "".join(job.log for job in (first, second, third)))


def _left_nowhere(forge, log):
    schemes = [login.partition(" ") for login in set(forge.server.logins)]
    basic = [value for scheme, _, value in schemes if scheme == "Basic"]
    assert [b64decode(value).decode() for value in basic] == [f"x-access-token:{TOKEN}"]
    files = [path for path in forge.kept.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 100
    for secret in (TOKEN, *basic, *secrets_of(forge.lab).values()):
        assert secret not in log
        assert secret not in forge.calls.read_text()
        assert [path for path in files if secret.encode() in path.read_bytes()] == []


def test_before_secrets_are_set_one_line_names_what_to_do_and_the_job_is_green(forge):
    job = forge.reconcile(secrets={})
    assert job.green
    assert job.steps == [TIP, SECRETS]
    (line,) = job.output
    assert line == (
        "secrets: no secret of any source is set yet, so nothing is read; "
        "add them under Settings > Actions > Secrets (PVE_TOKEN_SECRET, …)"
    )
    assert forge.branches() == ["main"]


@pytest.mark.parametrize("place", ["a branch of its own", "the default branch"])
def test_secrets_that_are_lost_make_the_job_red(forge, place):
    if place == "a branch of its own":
        forge.git(forge.clone, "push", "--quiet", "origin", "HEAD:refs/heads/drift-state")
    else:
        forge.write("reports/latest/run.json", b"{}\n")
        forge.push("main")
    job = forge.reconcile(secrets={})
    assert not job.green
    (line,) = job.output
    assert line == (
        "secrets: runs were recorded, and now no secret of any source is set; "
        "set them again under Settings > Actions > Secrets"
    )


def test_an_event_with_an_outdated_commit_works_from_the_tip(forge):
    stand_in(forge)
    old, tip = forge.tip(), forge.push("main")
    forge.git(forge.clone, "checkout", "--quiet", "--detach", old)
    job = forge.reconcile()
    assert job.green, job.log
    assert f"the event names commit {old}; the tip of main is {tip}" in job.output
    assert given(forge)[1:] == [tip, "main"]


def test_the_default_branch_is_the_one_that_the_remote_names(forge):
    stand_in(forge)
    forge.git(forge.remote, "branch", "--move", "main", "trunk")
    forge.git(forge.remote, "symbolic-ref", "HEAD", "refs/heads/trunk")
    assert forge.reconcile().green
    assert given(forge)[1:] == [forge.tip(), "trunk"]


@pytest.mark.parametrize(
    ("code", "green"), [(0, True), (2, True), (1, False), (3, False), (64, False), (130, False), (143, False)]
)
def test_only_drift_is_a_green_job_beside_success(forge, code, green):
    stand_in(forge, code)
    job = forge.reconcile()
    assert job.green is green
    assert green or f"exit status {code}" in job.log


def test_a_source_that_fails_makes_the_job_red_and_the_rest_is_recorded(forge):
    job = forge.reconcile(secrets={**secrets_of(forge.lab), "NPM_PASSWORD": "wrong"})
    assert not job.green
    assert "drift-state" in forge.branches()
    assert served(forge)
    assert [each["status"] for each in forge.server.state.statuses] == ["failure"]


def test_a_token_that_may_not_push_makes_the_job_red(forge):
    job = forge.reconcile(secrets={**secrets_of(forge.lab), "GITHUB_TOKEN": OF_A_FORK})
    assert not job.green
    assert "403" in job.log
    assert forge.branches() == ["main"]


def _lock(forge):
    return (forge.home / ".reconciler-ops_site.lock").open("ab")


def test_a_schedule_gives_way_to_a_run_that_is_still_going_on(forge):
    stand_in(forge)
    with _lock(forge) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        job = forge.reconcile()
    assert job.green
    assert "lock: another run of this repository is still going on; the next one is near" in job.output
    assert not forge.calls.exists()


def test_a_push_waits_for_it_and_then_takes_the_newest_commit(forge):
    stand_in(forge)
    with _lock(forge) as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        def move_on():
            forge.push("main")
            fcntl.flock(held, fcntl.LOCK_UN)

        timer = Timer(1.5, move_on)
        timer.start()
        job = forge.reconcile("push")
        timer.join()
    assert job.green, job.log
    assert given(forge)[1] == forge.tip()
    assert not [line for line in job.output if line.startswith("lock:")]


def test_a_run_that_takes_too_long_is_stopped_and_red(forge):
    forge.script("reconciler", "#!/bin/sh\nexec sleep 60\n")
    forge.script("timeout", '#!/bin/sh\nshift 3\nexec /usr/bin/timeout -k 1 0.5 "$@"\n')
    job = forge.reconcile()
    assert not job.green
    assert "time limit: the run was stopped after 25 minutes; see which source is slow" in job.output


def test_a_summary_is_written_only_where_the_server_has_one(forge):
    stand_in(forge)
    assert forge.reconcile().green
    assert given(forge)[0].startswith("run --commit-status --output markdown:/")
    older = forge.path / "older-server"
    older.write_text("unset GITHUB_STEP_SUMMARY\n")
    assert forge.reconcile(BASH_ENV=str(older)).green
    assert given(forge)[0] == "run --commit-status"


def test_the_tool_gets_the_token_of_the_job_and_git_its_login_only(forge):
    stand_in(forge)
    assert forge.reconcile().green
    got = dict(line.split("=", 1) for line in forge.calls.read_text().splitlines() if "=" in line)
    assert got["GITEA_TOKEN"] == TOKEN
    assert got["GITHUB_SERVER_URL"] == forge.server.url
    assert [name for name, value in got.items() if TOKEN in value] == ["GITEA_TOKEN"]
    assert got["GIT_CONFIG_KEY_0"] == f"http.{forge.server.url}/.extraHeader"
    assert {*secrets_of(forge.lab).items()} <= {*got.items()}


def test_the_tool_may_be_in_the_repository(forge):
    """It is installed from there, at the versions of its constraints."""
    forge.environment["PATH"] = f"{forge.path}/bin:/usr/bin:/bin"
    (forge.path / "bin" / "reconciler").unlink()
    pip = f"""\
#!/bin/sh
echo "$*" >{forge.path}/installed
{{ echo '#!/bin/sh'; echo 'echo "$0 $*" >{forge.calls}'; }} >.venv/bin/reconciler
chmod 755 .venv/bin/reconciler
"""
    (forge.path / "pip").write_text(pip)
    (forge.path / "pip").chmod(0o755)
    forge.script("python3", f'#!/bin/sh\nmkdir -p "$3/bin"\ncp {forge.path}/pip "$3/bin/pip"\n')
    forge.write("reconciler/__init__.py", b"")
    forge.push("main")
    job = forge.reconcile()
    assert job.green, job.log
    assert (forge.path / "installed").read_text() == "install --quiet --constraint constraints.txt .\n"
    assert "/.venv/bin/reconciler run --commit-status" in forge.calls.read_text()


def test_without_the_tool_or_its_source_the_job_says_what_to_install(forge):
    forge.environment["PATH"] = "/usr/bin:/bin"
    job = forge.reconcile()
    assert not job.green
    assert job.output[-1].startswith("reconciler: is not on the PATH of this runner, and not in this repo")


def test_a_code_host_with_a_private_ca(tmp_path):
    folder = tmp_path / "tls"
    folder.mkdir()
    tls = make_tls(folder)
    with Lab() as lab, forge_at(tmp_path, lab, tls=tls.context) as forge:
        refused = forge.reconcile()
        assert not refused.green
        assert "certificate" in refused.log
        stand_in(forge)
        assert forge.reconcile(GIT_SSL_CAINFO=str(tls.ca_file)).green
        assert given(forge)[1] == forge.tip()
