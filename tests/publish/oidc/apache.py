"""Apache with the modules of a Debian host and config/web/apache-oidc.conf, over a new publish folder."""

import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.collectors.http.certificates import Authority, leaf
from tests.processes import PATIENCE, cannot_be_tried, program, running, wait_until
from tests.publish import site
from tests.publish.oidc.provider import MACHINE, SECRET
from tests.publish.test_publish import put
from tests.publish.web_servers import WebServer, changed_config

AVAILABLE = Path("/etc/apache2/mods-available")
DEFAULT = (
    "access_compat alias auth_basic authn_core authn_file authz_core authz_host authz_user autoindex deflate "
    "dir env filter mime mpm_event negotiation reqtimeout setenvif status"
).split()
"""The modules that Debian loads of its own accord, each with its configuration."""
NEEDED = "auth_openidc headers rewrite socache_shmcb ssl".split()
MAIN = """\
ServerRoot {scratch}
PidFile {scratch}/pid
ErrorLog {scratch}/error.log
Mutex file:{scratch}
Define APACHE_RUN_DIR {scratch}
Define APACHE_LOG_DIR {scratch}
{modules}
Listen 127.0.0.1:{port}
Include {site}
"""


class ProtectedServer(WebServer):
    """A running Apache that asks for a login; clients trust it with `context`."""

    def __init__(self, port: int, directory: Path, context: ssl.SSLContext) -> None:
        super().__init__("apache", port, directory)
        self.url, self.context = f"https://127.0.0.1:{port}", context


@contextmanager
def protected(
    scratch: Path, port: int, authority: Authority, issuer: str, *more: tuple[str, str]
) -> Iterator[ProtectedServer]:
    """Run it with a provider, its configuration with `more` changes."""
    directory = scratch / "public"
    site.put_placeholders(put(directory).release)
    config = configure(scratch, port, authority, issuer, *more)
    command = [*_unprivileged(), program("apache2"), "-X", "-f", config]
    with (
        (scratch / "log").open("wb") as log,
        running(command, cwd=scratch, stdout=log, stderr=log) as process,
    ):
        wait_until(lambda: process.poll() is not None or _listens(port), "an answer")
        assert process.poll() is None, _logged(scratch)
        context = ssl.create_default_context(cadata=authority.pem.decode())
        yield ProtectedServer(port, directory, context)
        process.terminate()
        process.wait(PATIENCE)


def configure(scratch: Path, port: int, authority: Authority, issuer: str, *more: tuple[str, str]) -> Path:
    """Write all that Apache needs into a folder, and return its main configuration."""
    server = leaf(authority, "127.0.0.1")
    (scratch / "cert.pem").write_bytes(server.pem)
    (scratch / "key.pem").write_bytes(server.private)
    (scratch / "ca.pem").write_bytes(authority.pem)
    defined = {
        "HOST": f"127.0.0.1:{port}",
        "ROOT": str(scratch / "public" / "current"),
        "CERT": str(scratch / "cert.pem"),
        "KEY": str(scratch / "key.pem"),
        "CA": str(scratch / "ca.pem"),
        "ISSUER": issuer,
        "METADATA": f"{issuer}/.well-known/openid-configuration",
        "JWKS": f"{issuer}/.well-known/jwks.json",
        "SECRETS": str(_secrets(scratch)),
    }
    changes = [
        ("<VirtualHost *:443>", f"<VirtualHost 127.0.0.1:{port}>"),
        ("header=10 body=10", "header=10 body=2"),
        ('# Require claim "sub:portal-backend"', f'Require claim "sub:{MACHINE}"'),
    ]
    site_config, main = scratch / "site.conf", scratch / "apache.conf"
    site_config.write_text(redefine(changed_config("apache-oidc.conf", *changes, *more), defined))
    main.write_text(MAIN.format(scratch=scratch, modules=_modules(), port=port, site=site_config))
    return main


def redefine(text: str, defined: Mapping[str, str]) -> str:
    """A configuration with other values of its `Define`s, each of which it must have once."""
    lines, left = text.splitlines(), set(defined)
    for number, line in enumerate(lines):
        words = line.split(maxsplit=2)
        if words[:1] == ["Define"] and words[1].removeprefix("DRIFT_") in left:
            name = words[1].removeprefix("DRIFT_")
            left.remove(name)
            lines[number] = f"Define {words[1]} {defined[name]}"
    assert not left, f"not defined: {left}"
    return "\n".join(lines) + "\n"


def _modules() -> str:
    files = [AVAILABLE / f"{name}.load" for name in (*DEFAULT, *NEEDED)]
    if any(not file.exists() for file in files):
        cannot_be_tried("mod_auth_openidc is not installed: apt-get install libapache2-mod-auth-openidc")
    files += [file.with_suffix(".conf") for file in files if file.with_suffix(".conf").exists()]
    return "\n".join(f"Include {file}" for file in files)


def _secrets(scratch: Path) -> Path:
    file = scratch / "secrets"
    file.touch(mode=0o640)
    file.write_text(f'OIDCClientSecret "{SECRET}"\nOIDCCryptoPassphrase "{"x" * 40}"\n')
    return file


def _unprivileged() -> list[str]:
    """Apache refuses to serve as root: as another user, and still able to read folders of root."""
    if os.geteuid() != 0:
        return []
    capability = "+dac_override"
    return [
        *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
        *(f"--inh-caps={capability}", f"--ambient-caps={capability}"),
    ]


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def _logged(scratch: Path) -> str:
    error_log = scratch / "error.log"
    return (scratch / "log").read_text() + (error_log.read_text() if error_log.exists() else "")
