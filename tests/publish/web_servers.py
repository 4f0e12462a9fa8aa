"""nginx, Caddy and `serve` over a new publish folder, each set up as in config/web."""

import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reconciler.publish.serve.connections import Limits
from reconciler.publish.serve.server import ReleaseServer
from tests.processes import free_port, program, running, wait_until
from tests.publish import site
from tests.publish.test_publish import put

CONFIG = Path(__file__).parents[2] / "config" / "web"
ROOT = "/srv/drift/public/current"
NGINX = """\
daemon off; master_process off; {user}
pid {scratch}/pid; error_log stderr;
events {{}}
http {{
    access_log {scratch}/access.log;
    client_body_temp_path {scratch}/body; proxy_temp_path {scratch}/proxy; fastcgi_temp_path {scratch}/fcgi;
    uwsgi_temp_path {scratch}/uwsgi; scgi_temp_path {scratch}/scgi;
    include {site};
}}
"""


class WebServer:
    """A running server; `url` is what `ask` wants of it."""

    def __init__(self, name: str, port: int, directory: Path) -> None:
        self.name, self.directory = name, directory
        self.url = f"http://127.0.0.1:{port}"


def changed_config(name: str, *changes: tuple[str, str]) -> str:
    """A shipped configuration with what it says is to be changed."""
    text = (CONFIG / name).read_text()
    for old, new in changes:
        assert text.count(old) == 1, f"{name} has not once {old!r}"
        text = text.replace(old, new)
    return text


def _nginx(scratch: Path, root: Path, port: int, *more: tuple[str, str]) -> list[str]:
    config = scratch / "site.conf"
    config.write_text(
        changed_config(
            "nginx.conf",
            (f"root {ROOT};", f"root {root};"),
            ("listen 8080;", f"listen 127.0.0.1:{port};"),
            *more,
        )
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (scratch / "nginx.conf").write_text(NGINX.format(user=user, scratch=scratch, site=config))
    return ["-e", "stderr", "-p", str(scratch), "-c", str(scratch / "nginx.conf")]


def _caddy(scratch: Path, root: Path, port: int, *more: tuple[str, str]) -> list[str]:
    config = scratch / "Caddyfile"
    config.write_text(
        changed_config(
            "Caddyfile",
            (f"root * {ROOT}", f"root * {root}"),
            ("http://:8080 {", f"http://:{port} {{\n\tbind 127.0.0.1"),
            *more,
        )
    )
    return ["run", "--adapter", "caddyfile", "--config", str(config)]


CONFIGURED: dict[str, Callable[..., list[str]]] = {"nginx": _nginx, "caddy": _caddy}
SERVERS = (*CONFIGURED, "serve")
PORTAL = "https://portal.lan"


@contextmanager
def serving(name: str, scratch: Path, *more: tuple[str, str], hurry: bool = False) -> Iterator[WebServer]:
    """Run a server over a new publish folder, its configuration with `more` changes.

    With `hurry`, the head of a request may take a second.
    """
    directory = scratch / "public"
    site.put_placeholders(put(directory).release)
    if name == "serve":
        limits = Limits(head=1.0) if hurry else Limits()
        with ReleaseServer(directory, origins=[PORTAL], limits=limits) as server:
            yield WebServer(name, int(server.url.rsplit(":", 1)[1]), directory)
        return
    with serving_folder(name, scratch, directory, *more, hurry=hurry) as server:
        yield server


@contextmanager
def serving_folder(
    name: str, scratch: Path, directory: Path, *more: tuple[str, str], hurry: bool = False
) -> Iterator[WebServer]:
    """Run nginx or Caddy over a publish folder that exists."""
    executable = program(name)
    environment = {**os.environ, "HOME": str(scratch), "XDG_DATA_HOME": str(scratch)}
    with free_port() as port, (scratch / "log").open("wb") as log:
        command = [executable, *CONFIGURED[name](scratch, directory / "current", port, *more)]
        if hurry:
            _hurry(scratch)
        with running(command, cwd=scratch, env=environment, stdout=log, stderr=log) as process:
            wait_until(lambda: process.poll() is not None or _answers(port), "an answer")
            assert process.poll() is None, (scratch / "log").read_text()
            yield WebServer(name, port, directory)
            process.terminate()


def _hurry(scratch: Path) -> None:
    for file in (scratch / "site.conf", scratch / "Caddyfile"):
        if file.exists():
            text, count = re.subn(r"(client_header_timeout|read_header) 10s", r"\1 1s", file.read_text())
            assert count == 1
            file.write_text(text)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


TYPES = {
    "atom": "application/atom+xml",
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def check_headers(answer: Any, *, page: bool = False) -> None:
    """Check the headers that every answer has."""
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers.get_all("Content-Security-Policy") == [
        PAGE_POLICY if page else "default-src 'none'"
    ]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert not any(character.isdigit() for character in answer.headers.get("Server", ""))
