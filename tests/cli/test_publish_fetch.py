"""A web host that only pulls: a clone of the history, and a key that may only read."""

import os
import pwd
import shlex
import subprocess
from pathlib import Path

import pytest

from reconciler.cli.main import run
from tests.processes import program
from tests.publish.units import ssh_command

READ_ONLY = """\
#!/bin/sh
echo "$SSH_ORIGINAL_COMMAND" >> {log}
case "$SSH_ORIGINAL_COMMAND" in
"git-upload-pack "*) exec git-shell -c "$SSH_ORIGINAL_COMMAND" ;;
esac
echo "this key may only read" >&2
exit 1
"""
SERVER = """\
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
"""


class GitServer:
    """A Git server that lets a deploy key read over SSH; each connection has a process of its own."""

    def __init__(self, folder: Path, remote: Path) -> None:
        self.folder, self.log = folder, folder / "requests"
        folder.mkdir()
        for name in ("host_key", "deploy_key", "other_key"):
            self._run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name))
        script = folder / "read-only"
        script.write_text(READ_ONLY.format(log=self.log))
        script.chmod(0o755)
        key = (folder / "deploy_key.pub").read_text()
        (folder / "authorized_keys").write_text(f'restrict,command="{script}" {key}')
        (folder / "sshd_config").write_text(SERVER.format(folder=folder))
        self.know("host_key")
        me = pwd.getpwuid(os.geteuid())
        self.url = f"ssh://{me.pw_name}@git.lan{remote}"
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # as the package does when the host starts

    def know(self, name: str) -> None:
        """Have the client expect this host key."""
        kind, key, *_ = (self.folder / f"{name}.pub").read_text().split()
        (self.folder / "known_hosts").write_text(f"git.lan {kind} {key}\n")

    @property
    def command(self) -> str:
        """The command of the shipped unit, with this server at the other end of its connection."""
        shipped = ssh_command("reconciler-publish.service").replace("/etc/reconciler", str(self.folder))
        sshd = f"{program('sshd')} -i -f {self.folder}/sshd_config"
        return f"{shipped} -o ProxyCommand={shlex.quote(sshd)}"

    def asked(self) -> list[str]:
        """What clients wanted, since it was asked last."""
        asked = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line.partition(" ")[0] for line in asked]

    @staticmethod
    def _run(*words: str) -> None:
        subprocess.run(words, check=True, capture_output=True)


@pytest.fixture
def server(tmp_path, monkeypatch) -> GitServer:
    program("sshd")
    server = GitServer(tmp_path / "server", tmp_path / "remote.git")
    monkeypatch.setenv("GIT_SSH_COMMAND", server.command if _may_log_in() else _without_login(server))
    return server


def _may_log_in() -> bool:
    return Path(pwd.getpwuid(os.geteuid()).pw_shell).name not in {"nologin", "false", ""}


def _without_login(server: GitServer) -> str:
    """A stand-in for ssh where this user may not log in: sshd would refuse to start anything for them."""
    script = server.folder / "ssh"
    script.write_text(
        f'#!/bin/sh\nfor last; do :; done\nSSH_ORIGINAL_COMMAND="$last" exec {server.folder}/read-only\n'
    )
    script.chmod(0o755)
    return str(script)


def _git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=directory, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def web(pushed_site, server, tmp_path) -> Path:
    """The clone of docs/deploy.md, and one recorded run."""
    assert pushed_site.run("run") == 0
    once = ("--quiet", "--depth=1", "--no-checkout", "--branch=drift-state")
    _git(tmp_path, "clone", *once, server.url, "web")
    return tmp_path / "web"


def _tree(directory: Path) -> dict[str, bytes]:
    root = directory / "current"
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_tree_of_the_run_is_published_and_nothing_is_pushed(
    lab, pushed_site, web, server, tmp_path, monkeypatch, capsys
):
    remote = tmp_path / "remote.git"

    def publish() -> None:
        before = _git(remote, "for-each-ref")
        monkeypatch.chdir(web)
        capsys.readouterr()
        assert run(["publish", "--fetch", "--directory", str(tmp_path / "public")]) == 0
        assert capsys.readouterr().err == ""
        assert _git(remote, "for-each-ref") == before
        assert set(server.asked()) == {"git-upload-pack"}
        monkeypatch.chdir(pushed_site.root)

    publish()
    assert _tree(tmp_path / "public") == _tree(pushed_site.root / "public")
    lab.state.edit_guest(113, memory="16384")
    assert pushed_site.run("run") == 2
    publish()
    assert _tree(tmp_path / "public") == _tree(pushed_site.root / "public")
    publish()
    assert len(list((tmp_path / "public/releases").glob("2*"))) == 2, "the same run is no new release"
    assert _git(web, "rev-parse", "--is-shallow-repository") == "true"


def test_the_key_may_not_push(web, server, tmp_path):
    with pytest.raises(subprocess.CalledProcessError) as caught:
        _git(web, "push", "origin", "HEAD:refs/heads/evil")
    assert "this key may only read" in caught.value.stderr
    assert server.asked()[-1] == "git-receive-pack"
    assert "evil" not in _git(tmp_path / "remote.git", "for-each-ref")


def test_a_server_that_is_not_known_is_not_read_and_the_last_release_stays(
    web, server, tmp_path, monkeypatch, capsys
):
    if not _may_log_in():
        (tmp_path / "remote.git").rename(tmp_path / "away.git")
    monkeypatch.chdir(web)
    public = str(tmp_path / "public")
    assert run(["publish", "--directory", public]) == 0
    before = _tree(tmp_path / "public")
    server.know("other_key")
    capsys.readouterr()
    assert run(["publish", "--fetch", "--directory", public]) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: origin")
    assert len(told.splitlines()) == 1
    assert _tree(tmp_path / "public") == before


def test_without_a_remote_there_is_nothing_to_fetch(site, quiet_lab, capsys):
    site.configure(site.source(quiet_lab))
    site.commit()
    assert site.run("run") == 0
    capsys.readouterr()
    assert site.run("publish", "--fetch") == 1
    assert capsys.readouterr().err == (
        "error: history.push: is not set, so there is no remote to fetch from; set it to origin,"
        " or leave out --fetch\n"
    )
    assert site.run("publish") == 0
