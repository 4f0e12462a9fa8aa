"""The environment of git: what it needs, and no secret."""

import os
import re
import shutil
from pathlib import Path

import pytest

from reconciler import record
from reconciler.errors import RecordError
from reconciler.record import command
from reconciler.record.environment import for_git
from tests.record.parts import LOCAL, MARKDOWN, git, recorded

NEEDED = (
    *("PATH", "HOME", "LANG", "LC_TIME", "TZ", "TMPDIR", "USER", "LOGNAME", "XDG_CONFIG_HOME"),
    *("SSH_AUTH_SOCK", "SSH_ASKPASS", "GIT_ASKPASS", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_SSL_CAINFO"),
    *(
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_KEY_0",
        "GIT_CONFIG_VALUE_0",
        "GIT_AUTHOR_NAME",
        "GIT_CEILING_DIRECTORIES",
    ),
    *("http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "all_proxy", "GNUPGHOME", "SSL_CERT_FILE"),
)
NOT_NEEDED = (
    *("PVE_TOKEN_SECRET", "RECONCILER_FINGERPRINT_KEY", "GITEA_TOKEN", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"),
    *("PATHX", "XPATH", "SSH_PRIVATE_KEY", "SSHPASS", "BASH_ENV", "ENV", "PYTHONPATH", "http_proxy_password"),
    *(
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_WORK_TREE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_CONFIG_PARAMETERS",
        "GIT_PREFIX",
    ),
    *("GIT_QUARANTINE_PATH", "GIT_ICASE_PATHSPECS"),
)


def write(repo, run):
    return record.write(repo, LOCAL, run, record.read(repo, LOCAL), MARKDOWN)


@pytest.mark.parametrize("name", NEEDED)
def test_git_gets_what_it_needs(name):
    assert for_git({name: "x"})[name] == "x"
    assert name not in for_git({name: "x"}, {name}), "a name that the configuration calls a secret"


@pytest.mark.parametrize("name", NOT_NEEDED)
def test_git_gets_nothing_else(name):
    assert name not in for_git({name: "x"})


@pytest.mark.parametrize(
    "name", ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"]
)
@pytest.mark.parametrize("value", ["", " ", "...", "<>", ",;"])
def test_an_empty_name_of_a_person_is_none(repo, root, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    write(repo, recorded())
    role = "a" if "AUTHOR" in name else "c"
    shown = git(root, "log", "-1", f"--format=%{role}n", "drift-state")
    assert shown in {"Op", "reconciler"}


@pytest.mark.parametrize("value", ["", "...", "<>", '";'])
def test_a_configured_name_that_git_refuses_is_ours(repo, root, value):
    git(root, "config", "user.name", value)
    write(repo, recorded())
    assert git(root, "log", "-1", "--format=%an <%ae>", "drift-state") == "reconciler <reconciler@localhost>"


def test_a_part_of_a_person_that_can_be_used_is(repo, root, monkeypatch):
    git(root, "config", "user.name", "...")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ann")
    write(repo, recorded())
    assert git(root, "log", "-1", "--format=%an, %cn", "drift-state") == "Ann, reconciler"


def test_an_empty_date_is_the_present(repo, root, monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_DATE", " ")
    write(repo, recorded())
    assert git(root, "log", "-1", "--format=%cn", "drift-state") == "Op"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[user\n", r"bad config line 1 in file .*\.gitconfig"),
        ("[user]\nname\n= x\n", r"bad config line 3 in file .*\.gitconfig"),
        (None, r"unable to access '.*\.gitconfig'"),
    ],
    ids=["section", "key", "a folder"],
)
def test_a_broken_configuration_of_the_user_is_named(root, tmp_path, monkeypatch, text, message):
    file = tmp_path / "home/.gitconfig"
    file.parent.mkdir()
    file.mkdir() if text is None else file.write_text(text)
    monkeypatch.setenv("HOME", str(file.parent))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    with pytest.raises(RecordError, match=message):
        record.open_repository(root)


def test_a_command_that_takes_too_long_is_ended_with_its_children(repo, tmp_path, monkeypatch):
    """Also where a child holds the output open, as an ssh that waits for a host does."""
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "git").write_text(f"#!/bin/sh\nsleep 60 & echo $! >{tmp_path}/child\nwait\n")
    (binaries / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{binaries}:{os.environ['PATH']}")
    with pytest.raises(RecordError, match=r"git fetch: did not end within 0\.3 s"):
        command.run(repo, "fetch", timeout=0.3)
    child = Path(f"/proc/{(tmp_path / 'child').read_text().strip()}/stat")
    assert not child.exists() or " Z " in child.read_text()


def test_every_process_of_git_lacks_the_secrets(root, tmp_path, monkeypatch):
    real, folder = shutil.which("git"), tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(f'#!/bin/sh\nenv >>{tmp_path}/seen\nexec {real} "$@"\n')
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    for name in ("NPM_PASSWORD", "GIT_PASSWORD", "USER"):
        monkeypatch.setenv(name, "m4rk3r")
    repo = record.open_repository(root, secrets=frozenset({"GIT_PASSWORD", "USER"}))
    write(repo, recorded())
    assert record.read(repo, LOCAL) is not None
    seen = (tmp_path / "seen").read_text()
    assert len(re.findall("^GIT_TERMINAL_PROMPT=0$", seen, re.MULTILINE)) > 5
    assert "m4rk3r" not in seen
