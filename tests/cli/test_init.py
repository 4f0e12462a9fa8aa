"""`reconciler init` in every folder, with servers of every kind, and what it refuses."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.demo import secrets_of
from reconciler.cli.main import run
from reconciler.config.file import load_config
from reconciler.jobs import init as job
from reconciler.jobs import new_files
from reconciler.jobs.contact import FoundServer
from reconciler.kinds import settings
from reconciler.model.certificate import SeenCertificate
from tests.collectors.http.certificates import Authority, leaf
from tests.collectors.http.stub import Reply, read_request, serve, talk
from tests.privileges import modes_of_files_count
from tests.terminal import on_a_terminal

ROOT = Path(__file__).parents[2]
FILES = sorted(
    [
        ".gitignore",
        "config/reconciler.yaml",
        ".gitea/workflows/reconcile.yml",
        ".gitea/workflows/review.yml",
        *(
            path.relative_to(ROOT).as_posix()
            for folder in ("config/systemd", "config/web")
            for path in (ROOT / folder).iterdir()
        ),
    ]
)
DEFAULT = "GITEA_TOKEN"
"""Read where it is set, and not asked for: only comments and statuses in Gitea need it."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder, for people without any configuration of git."""
    path = tmp_path / "lan-main"
    path.mkdir()
    monkeypatch.chdir(path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    for name in ("PVE_TOKEN_SECRET", "UNIFI_API_KEY", "NPM_USER", "NPM_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return path


def files_in(folder: Path) -> list[str]:
    """Every file but those of git."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
    return sorted(name for name in found if not name.startswith(".git/"))


def loaded(folder: Path) -> Any:
    """The configuration that was written."""
    return load_config(folder / "config/reconciler.yaml", settings())


def everything(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def all_systems(lab) -> list[str]:
    return [
        *("--proxmox", lab.hosts[0], "--proxmox", lab.hosts[1]),
        *("--unifi", lab.served("unifi").url, "--npm", lab.served("npm").url),
    ]


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_an_empty_folder(quiet_lab, folder, capsys):
    assert run(["init", *all_systems(quiet_lab), "--accept-fingerprint", quiet_lab.fingerprint]) == 0
    out = capsys.readouterr().out
    assert files_in(folder) == FILES
    assert git(folder, "symbolic-ref", "--short", "HEAD") == "main"
    config = loaded(folder)
    assert config.settings.site == "lan-main"
    assert config.settings.history.push is None
    assert [(source.name, source.type) for source in config.sources] == [
        ("pve", "proxmox"), ("unifi", "unifi"), ("npm", "npm")
    ]  # fmt: skip
    assert {source.fingerprint for source in config.sources} == {(quiet_lab.fingerprint,)}
    assert config.sources[0].hosts == tuple(quiet_lab.hosts[:2])
    for name in config.secret_variables - {DEFAULT}:
        assert f"  export {name}=" in out
    assert "reconciler adopt --write" in out
    assert f"SHA-256 {quiet_lab.fingerprint}" in out
    assert quiet_lab.requests.keys() <= {"GET /api2/json/version"} | {
        name for name in quiet_lab.requests if name.startswith("GET ")
    }


def test_the_new_site_can_be_read(quiet_lab, folder, monkeypatch, capsys):
    assert run(["init", *all_systems(quiet_lab), "--yes"]) == 0
    for name, value in {**secrets_of(quiet_lab), "NPM_USER": "reader@lan.example"}.items():
        monkeypatch.setenv(name, value)
    capsys.readouterr()
    assert run(["doctor", "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_files_that_exist_are_kept_and_named_all_at_once(quiet_lab, folder, capsys):
    (folder / ".git").mkdir()
    (folder / ".git").rmdir()
    git(folder, "init", "--quiet")
    (folder / ".gitignore").write_text("*.swp\n")
    (folder / "config/web").mkdir(parents=True)
    (folder / "config/web/nginx.conf").write_text("mine")
    (folder / "config/web/Caddyfile").symlink_to("elsewhere")
    (folder / "README.md").write_text("mine")
    before = everything(folder)
    assert run(["init", "--npm", quiet_lab.served("npm").url, "--yes"]) == 0
    out = capsys.readouterr().out
    assert "kept  .gitignore: it exists; add the line /public/ to it\n" in out
    assert "kept  config/web/nginx.conf: it exists\n" in out
    assert "kept  config/web/Caddyfile: it exists\n" in out
    after = everything(folder)
    assert {path: after[path] for path in before} == before
    assert (folder / "config/reconciler.yaml").exists()


def test_again_with_a_configuration(quiet_lab, folder, capsys):
    assert run(["init", "--npm", quiet_lab.served("npm").url, "--yes"]) == 0
    (folder / ".gitea/workflows/review.yml").unlink()
    before = everything(folder)
    capsys.readouterr()
    assert run(["init", "--unifi", quiet_lab.served("unifi").url, "--yes"]) == 0
    out = capsys.readouterr().out
    assert "kept  config/reconciler.yaml: it exists\n" in out
    assert "add under `sources:` of config/reconciler.yaml:\n  - name: unifi\n    type: unifi\n" in out
    assert "wrote .gitea/workflows/review.yml\n" in out
    after = everything(folder)
    assert {path: after[path] for path in before} == before
    assert run(["init"]) == 0, "nothing is missing, so nothing is asked"
    assert everything(folder) == after


def test_a_clone_with_a_remote_and_another_default_branch(quiet_lab, folder):
    git(folder, "init", "--quiet", "--initial-branch=trunk")
    git(folder, "remote", "add", "origin", "https://git.lan/site.git")
    assert run(["init", "--npm", quiet_lab.served("npm").url, "--yes", "--site", "no"]) == 0
    config = loaded(folder)
    assert (config.settings.history.push, config.settings.site) == ("origin", "no")
    assert git(folder, "symbolic-ref", "--short", "HEAD") == "trunk"


def test_the_default_branch_of_git(quiet_lab, folder, monkeypatch, tmp_path):
    (tmp_path / "config").write_text("[init]\n\tdefaultBranch = trunk\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    assert run(["init", "--npm", quiet_lab.served("npm").url, "--yes"]) == 0
    assert git(folder, "symbolic-ref", "--short", "HEAD") == "trunk"


def refused(capsys, folder, *arguments, code=1) -> list[str]:
    """The lines of an `init` that fails, and writes nothing."""
    before = everything(folder)
    assert run(["init", *arguments]) == code
    assert everything(folder) == before
    lines = capsys.readouterr().err.splitlines()
    return [line for line in lines if not line.startswith("contacting ")]


def test_no_certificate_is_trusted_silently(quiet_lab, folder, capsys, monkeypatch):
    monkeypatch.setenv("CI", "true")
    (line,) = refused(capsys, folder, "--npm", quiet_lab.served("npm").url)
    assert line == (
        f"error: {quiet_lab.served('npm').url}: the certificate is not confirmed, so nothing was written;"
        f" compare it on the server, then add --accept-fingerprint {quiet_lab.fingerprint}"
    )
    other = "AB" * 32
    (line,) = refused(capsys, folder, "--npm", quiet_lab.served("npm").url, "--accept-fingerprint", other)
    assert "the certificate is not confirmed" in line


@pytest.mark.parametrize(
    "form",
    ["{}", "sha256:{plain}", "{lower}", "{plain}", "SHA256 Fingerprint={}", "sha256 Fingerprint={}", " {} "],
)
def test_a_fingerprint_in_any_form(quiet_lab, folder, form):
    known = quiet_lab.fingerprint
    given = form.format(known, lower=known.lower(), plain=known.replace(":", "").lower())
    assert run(["init", "--npm", quiet_lab.served("npm").url, "--accept-fingerprint", given]) == 0


@pytest.mark.parametrize("form", ["", "AB", "sha1:" + "AB" * 20, "XY" * 32, "AB" * 33])
def test_what_is_no_fingerprint(folder, capsys, form):
    refused(capsys, folder, "--npm", "https://127.0.0.1:1", "--accept-fingerprint", form, code=64)


def test_everything_that_is_wrong_with_the_servers(quiet_lab, folder, capsys):
    unifi, npm = quiet_lab.served("unifi").url, quiet_lab.served("npm").url
    found = refused(capsys, folder, "--proxmox", "127.0.0.1:1", "--unifi", npm, "--npm", unifi, "--yes")
    down, of_unifi, of_npm = found
    assert down == (
        "error: --proxmox: https://127.0.0.1:1 cannot be reached (connection refused);"
        " check the address and the port, and that this machine may connect to it"
    )
    what = "is an Nginx Proxy Manager, not a UniFi Network controller; name it with --npm"
    assert of_unifi == f"error: --unifi: {npm} {what}"
    what = "is a UniFi Network controller, not an Nginx Proxy Manager; name it with --unifi"
    assert of_npm == f"error: --npm: {unifi} {what}"


@pytest.mark.parametrize(
    ("option", "server"),
    [("--unifi", "proxmox"), ("--npm", "proxmox"), ("--proxmox", "unifi"), ("--proxmox", "npm")],
)
def test_each_system_is_told_apart(quiet_lab, folder, capsys, option, server):
    url = f"https://{quiet_lab.hosts[0]}" if server == "proxmox" else quiet_lab.served(server).url
    value = url.removeprefix("https://") if option == "--proxmox" else url
    (line,) = refused(capsys, folder, option, value, "--yes")
    assert line.endswith(f"; name it with --{server}")


@pytest.mark.parametrize("console", [True, False])
def test_both_kinds_of_controllers(lab, folder, console):
    lab.unifi.console = console
    assert run(["init", "--unifi", lab.served("unifi").url, "--yes"]) == 0


@pytest.mark.parametrize("option", ["--proxmox", "--unifi", "--npm"])
@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"<html></html>"),
        Reply(b"[]"),
        Reply(b"null"),
        Reply(b'{"status":"OK"}'),
        Reply(b"no", status=404),
        Reply(b"no", status=401),
        Reply(b"\xff", status=500),
        Reply(b"", status=302, headers={"Location": "https://elsewhere.lan/"}),
    ],
    ids=["page", "list", "null", "half", "404", "401", "500", "redirect"],
)
def test_another_server(folder, capsys, tmp_path, option, reply):
    place = tmp_path / "tls"
    place.mkdir()
    with serve(lambda _: reply, place) as stub:
        value = stub.host if option == "--proxmox" else f"https://{stub.host}"
        (line,) = refused(capsys, folder, option, value, "--yes")
    assert f" https://{stub.host} does not answer as a" in line


def test_plain_http(folder, capsys):
    def speak(connection: socket.socket) -> None:
        while True:
            read_request(connection)
            body = b'{"status":"OK","version":{"major":2}}'
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with talk(speak) as host:
        assert run(["init", "--npm", f"http://{host}"]) == 0
    assert "it has no TLS, so the login is sent unencrypted" in capsys.readouterr().out
    assert loaded(folder).sources[0].url == f"http://{host}"


def test_https_where_there_is_no_tls(folder, capsys):
    with talk(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as host:
        (line,) = refused(capsys, folder, "--npm", f"https://{host}", "--yes")
    assert "the server on this port does not speak TLS" in line
    assert line.endswith(f"; if it has no TLS, write http://{host}")


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--proxmox", "https://pve:8006"], "is not a host; write host, host:port or [IPv6]:port"),
        (["--proxmox", "pve:0"], "is not a host"),
        (["--proxmox", "pve:99999"], "is not a host"),
        (["--unifi", "192.168.11.1"], "is not the URL of a server"),
        (["--unifi", "https://192.168.11.1/network/default"], "is not the URL of a server"),
        (["--npm", "ftp://x"], "is not the URL of a server"),
        (["--npm", "https://[::1"], "is not the URL of a server"),
        (["--npm", "https://x:port"], "is not the URL of a server"),
        (["--npm", "https://x\x1b[31m"], "is not the URL of a server"),
        (["--proxmox", "pve", "--token-id", "root"], "is not a token id"),
    ],
)
def test_values_that_cannot_be(folder, capsys, arguments, what):
    (line,) = refused(capsys, folder, *arguments, code=64)
    assert what in line
    assert line.isprintable()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--npm", "https://ann:5ecret@192.168.11.167:81"],
        ["--unifi", "https://ann:5ecret@192.168.11.1"],
        ["--proxmox", "ann:5ecret@pve"],
        ["--proxmox", "pve", "--token-id", "root@pam!x=5ecret"],
        ["--token-secret", "5ecret", "--proxmox", "pve"],
        ["--password=5ecret", "--npm", "https://x"],
        ["--api-key=5ecret"],
    ],
)
def test_secrets_on_the_command_line_are_not_repeated(folder, capsys, arguments):
    lines = refused(capsys, folder, *arguments, code=64)
    assert "5ecret" not in "".join(lines)
    assert "shell's history has it now" in lines[0] or "ann" in arguments[1]


def test_all_values_that_are_wrong_at_once(folder, capsys):
    lines = refused(capsys, folder, "--proxmox", "a b/c", "--unifi", "x", "--npm", "y", code=64)
    assert [line.split()[1] for line in lines] == ["--proxmox:", "--unifi:", "--npm:"]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 101, "a\x1b[2Jb"])
def test_names_that_no_site_has(folder, capsys, name):
    refused(capsys, folder, "--npm", "https://127.0.0.1:1", "--site", name, code=64)


@pytest.mark.parametrize("host", ["::1", "[::1]:1"])
def test_ipv6_literals(folder, capsys, host):
    (line,) = refused(capsys, folder, "--proxmox", host)
    assert " https://[" in line
    assert "cannot be reached (" in line


def test_brackets_and_a_port_that_are_not_written():
    (source,) = job.asked_sources(
        ["fd00::1", "fe80::1%eth0", "[fd00::2]:8007", "pve"], "a@pve!drift", None, None
    )
    assert source.urls == (
        "https://[fd00::1]:8006",
        "https://[fe80::1%eth0]:8006",
        "https://[fd00::2]:8007",
        "https://pve:8006",
    )


@pytest.mark.parametrize("name", [b"a\x1b[2J", b"a\nb", b"a\xff", "a\u202eb".encode()])
def test_a_folder_with_a_hostile_name(tmp_path, monkeypatch, capsys, name):
    odd = tmp_path / os.fsdecode(name)
    odd.mkdir()
    monkeypatch.chdir(odd)
    (line,) = refused(capsys, odd, "--npm", "https://127.0.0.1:1")
    assert line.isprintable()
    assert line.endswith("has characters in its path that cannot be printed; use another folder")


@pytest.mark.parametrize("name", ["lan: main", "#1", "ünï", "a'b", "null"])
def test_a_folder_with_an_odd_name(quiet_lab, tmp_path, monkeypatch, name):
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / name)
    assert run(["init", "--npm", quiet_lab.served("npm").url, "--yes"]) == 0
    assert loaded(tmp_path / name).settings.site == name


def test_standard_input_that_is_closed(folder):
    command = [sys.executable, "-m", "reconciler", "init"]
    done = subprocess.run(["bash", "-c", '"$@" <&-', "bash", *command], capture_output=True, check=False)
    assert (done.returncode, b"no source is named" in done.stderr) == (64, True)


def test_nothing_named_and_nobody_to_ask(folder, capsys):
    (line,) = refused(capsys, folder, code=64)
    assert line == "error: init: no source is named; name at least one with --proxmox, --unifi, --npm"


QUESTIONS = ("Proxmox VE hosts", "UniFi controller", "Nginx Proxy Manager")


def test_asked_on_a_terminal(quiet_lab, folder):
    answers = {
        "several with spaces; empty: none):": f"{quiet_lab.hosts[0]} {quiet_lab.hosts[1]}",
        "https://192.168.11.1; empty: none):": quiet_lab.served("unifi").url,
        ":81; empty: none):": "",
        "[y/N]:": "y",
        "[Y/n]:": "",
    }
    code, shown = on_a_terminal("reconciler init", folder, answers)
    assert code == 0, shown
    assert all(shown.count(question) == 1 for question in QUESTIONS), shown
    sources = loaded(folder).sources
    assert [source.name for source in sources] == ["pve", "unifi"]
    assert sources[0].hosts == tuple(quiet_lab.hosts[:2])


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"[y/N]:": "n"}, 1),
        ({"[y/N]:": ""}, 1),
        ({"[y/N]:": "y", "[Y/n]:": "n"}, 1),
        ({"[y/N]:": "\x03"}, 130),
    ],
    ids=["no", "nothing", "no repository", "Ctrl-C"],
)
def test_a_person_who_says_no(quiet_lab, folder, answers, code):
    found, shown = on_a_terminal(f"reconciler init --npm {quiet_lab.served('npm').url}", folder, answers)
    assert found == code, shown
    assert "nothing was written" in shown
    assert list(folder.iterdir()) == []


def test_no_question_in_ci(quiet_lab, folder):
    command = f"reconciler init --npm {quiet_lab.served('npm').url}"
    code, shown = on_a_terminal(command, folder, {}, environment={"CI": "true"})
    assert code == 1
    assert "the certificate is not confirmed" in shown


def test_another_configuration(folder):
    assert run(["--config", "x.yaml", "init", "--npm", "https://127.0.0.1:1"]) == 64


def test_a_folder_with_other_things(quiet_lab, folder, capsys):
    (folder / "thesis.doc").write_text("")
    (line,) = refused(capsys, folder, "--npm", quiet_lab.served("npm").url, "--yes")
    what = "is neither empty nor a git repository; use an empty folder, or `git init` here first"
    assert line == f"error: {folder}: {what}"


def test_below_the_top_of_a_repository(quiet_lab, folder, capsys, monkeypatch):
    git(folder, "init", "--quiet")
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    (line,) = refused(capsys, folder, "--npm", quiet_lab.served("npm").url, "--yes")
    assert f"lies in the repository {folder}, and a site is at the top of one" in line


@pytest.mark.parametrize("path", ["config", "config/web", ".gitea", ".gitea/workflows"])
@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_stands_in_the_way(quiet_lab, folder, capsys, tmp_path, path, kind):
    git(folder, "init", "--quiet")
    (folder / path).parent.mkdir(exist_ok=True)
    (tmp_path / "elsewhere").mkdir()
    if kind == "file":
        (folder / path).write_text("")
    else:
        (folder / path).symlink_to(tmp_path / "elsewhere")
    (line,) = refused(capsys, folder, "--npm", quiet_lab.served("npm").url, "--yes")
    assert line.startswith(f"error: {path}: is ")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_that_may_not_be_written_to(quiet_lab, folder, capsys):
    folder.chmod(0o555)
    try:
        with modes_of_files_count():
            (line,) = refused(capsys, folder, "--npm", quiet_lab.served("npm").url, "--yes")
    finally:
        folder.chmod(0o755)
    assert ": cannot be written" in line


def test_a_write_that_fails_takes_the_others_back(quiet_lab, folder, capsys):
    git(folder, "init", "--quiet")
    (folder / "config/web").mkdir(parents=True)
    (folder / "config/web").chmod(0o555)
    try:
        with modes_of_files_count():
            (line,) = refused(capsys, folder, "--npm", quiet_lab.served("npm").url, "--yes")
    finally:
        (folder / "config/web").chmod(0o755)
    assert line == (
        "error: config/web/Caddyfile: cannot be written: Permission denied; nothing was written;"
        " fix that, then run again"
    )


def test_git_that_fails_takes_the_files_back(quiet_lab, folder, capsys, monkeypatch, tmp_path):
    (tmp_path / "config").write_text("[init]\n\tdefaultBranch = a..b\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    (line,) = refused(capsys, folder, "--npm", quiet_lab.served("npm").url, "--yes")
    assert "a..b" in line


def test_git_is_missing(quiet_lab, folder, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    (line,) = refused(capsys, folder, "--npm", quiet_lab.served("npm").url, "--yes")
    assert line.endswith("; apt-get install git")


def test_a_ca_instead_of_fingerprints(quiet_lab, folder, capsys):
    arguments = [*all_systems(quiet_lab), "--ca-file", str(quiet_lab.ca_file)]
    assert run(["init", *arguments]) == 0, "nothing is left to confirm"
    assert (folder / "config/pve-root-ca.pem").read_bytes() == quiet_lab.ca_file.read_bytes()
    config = loaded(folder)
    assert {source.ca_file for source in config.sources} == {"config/pve-root-ca.pem"}
    assert {source.fingerprint for source in config.sources} == {()}


def test_a_ca_file_that_is_in_the_repository(quiet_lab, folder):
    git(folder, "init", "--quiet")
    (folder / "ca").mkdir()
    (folder / "ca/x.pem").write_bytes(quiet_lab.ca_file.read_bytes())
    assert run(["init", "--npm", quiet_lab.served("npm").url, "--ca-file", "ca/x.pem"]) == 0
    config = loaded(folder)
    assert config.sources[0].ca_file == "ca/x.pem"
    assert "config/x.pem" not in files_in(folder)


@pytest.mark.parametrize(
    "content", [None, b"", b"x", leaf(None).private, leaf(None).private + leaf(None).pem]
)
def test_ca_files_that_cannot_be_used(quiet_lab, folder, capsys, tmp_path, content):
    file = tmp_path / "x.pem"
    if content is not None:
        file.write_bytes(content)
    (line,) = refused(capsys, folder, "--npm", quiet_lab.served("npm").url, "--ca-file", str(file), "--yes")
    assert str(file) in line


def test_another_ca_vouches_for_nothing(quiet_lab, folder, capsys, tmp_path):
    (tmp_path / "x.pem").write_bytes(Authority().pem)
    arguments = ["--npm", quiet_lab.served("npm").url, "--ca-file", str(tmp_path / "x.pem")]
    refused(capsys, folder, *arguments)
    assert run(["init", *arguments, "--yes"]) == 0
    config = loaded(folder)
    assert config.sources[0].fingerprint == (quiet_lab.fingerprint,)


def test_a_ca_of_the_system_needs_nothing(quiet_lab, folder, capsys, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(quiet_lab.ca_file))
    assert run(["init", *all_systems(quiet_lab)]) == 0
    assert "with a certificate that a CA of this machine vouches for" in capsys.readouterr().out
    config = loaded(folder)
    assert {(source.ca_file, source.fingerprint) for source in config.sources} == {(None, ())}


def test_hosts_with_certificates_of_their_own(folder, tmp_path):
    def refuse(connection: socket.socket) -> None:
        while True:
            read_request(connection)
            connection.sendall(
                b"HTTP/1.1 401 No ticket\r\nServer: pve-api-daemon/3.0\r\nContent-Length: 0\r\n\r\n"
            )

    one, two = leaf(None), leaf(None)
    with talk(refuse, one.context(tmp_path)) as first, talk(refuse, two.context(tmp_path)) as second:
        assert run(["init", "--proxmox", f"{first} {second}", "--yes"]) == 0
    (source,) = loaded(folder).sources
    assert source.hosts == (first, second)
    assert source.fingerprint == (one.fingerprint, two.fingerprint)


NAMES = [
    "no",
    "Null",
    "12:30",
    "a: b",
    "- x",
    "# x",
    "ünï",
    '"q"',
    "{a}",
    "x" * 100,
    "1e3",
    "0x1f",
    "~",
    "a'b",
    "é",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "vouched", [(None, None), ("system", "system"), ("ca_file", "system"), ("system", None)]
)
def test_what_is_written_is_what_was_meant(tmp_path, name, vouched):
    """Whatever the names and the certificates are, the file has no mistake, and means them."""
    token = "o'brien#1@pve!drift"
    sources = job.asked_sources(["[fd00::1]", "a.lan:8007"], token, "https://u.lan", "http://n.lan:81")
    prints = [":".join([pair] * 32) for pair in ("AB", "CD")]
    servers = [
        FoundServer("proxmox", url, SeenCertificate(fingerprint=each), by, "")
        for url, each, by in zip(sources[0].urls, prints, vouched, strict=True)
    ]
    servers.append(FoundServer("unifi", "https://u.lan", SeenCertificate(fingerprint=prints[0]), None, ""))
    servers.append(FoundServer("npm", "http://n.lan:81", None, None, ""))
    text, _ = job.configuration(name, "origin", sources, servers, "config/a b.pem")
    file = tmp_path / "config/reconciler.yaml"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    config = loaded(tmp_path)
    assert config.settings.site == name
    pve, unifi, npm = config.sources
    assert (pve.hosts, pve.token_id) == (("[fd00::1]:8006", "a.lan:8007"), token)
    by_system, by_file = set(vouched) == {"system"}, "ca_file" in vouched
    assert pve.ca_file == ("config/a b.pem" if by_file else None)
    assert pve.fingerprint == (() if by_system or by_file else tuple(prints))
    assert unifi.fingerprint == (prints[0],)
    assert npm.url == "http://n.lan:81"
    assert {*job.variables(text), DEFAULT} == config.secret_variables


def test_the_files_of_a_site_are_those_of_this_repository():
    found = new_files.packaged_files()
    assert sorted(found) == sorted(set(FILES) - {".gitignore", "config/reconciler.yaml"})
    for name, content in found.items():
        assert content == (ROOT / name).read_bytes()


def test_the_wheel_has_everything_that_init_writes(quiet_lab, tmp_path):
    """A wheel of this tree, in an environment without the tree, makes the same site."""
    source = tmp_path / "source"
    listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    for name in filter(None, listed):
        if (
            (ROOT / name).is_file() and name.startswith(("reconciler/", "config/", ".gitea/"))
        ) or "/" not in name:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    python = [sys.executable, "-m"]
    offline = ["--no-deps", "--no-index", "--disable-pip-version-check", "--quiet"]
    wheel = [
        *python,
        "pip",
        "wheel",
        *offline,
        "--no-build-isolation",
        "--wheel-dir",
        str(tmp_path),
        str(source),
    ]
    subprocess.run(wheel, check=True, capture_output=True, cwd=tmp_path)
    (built,) = tmp_path.glob("*.whl")
    subprocess.run([*python, "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    (packages,) = (tmp_path / "venv/lib").glob("*/site-packages")
    subprocess.run([*python, "pip", "install", *offline, "--target", str(packages), str(built)], check=True)
    (libraries,) = {Path(path) for path in sys.path if path.endswith("site-packages")}
    (packages / "libraries.pth").write_text(f"{libraries}\n")
    folder = tmp_path / "lan-main"
    folder.mkdir()
    command = [
        str(tmp_path / "venv/bin/python"),
        "-m",
        "reconciler",
        "init",
        *all_systems(quiet_lab),
        "--yes",
    ]
    environment = {name: os.environ[name] for name in ("PATH", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM")}
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert files_in(folder) == FILES
    for name in set(FILES) - {".gitignore", "config/reconciler.yaml"}:
        assert (folder / name).read_bytes() == (ROOT / name).read_bytes()
    loaded(folder)
