"""Which system a server is of, from answers without a login, as each flavour of each system gives them."""

from collections.abc import Mapping

import pytest

from reconciler.collectors.http.client import HttpClient
from reconciler.kinds import SYSTEMS
from tests.collectors.http.clients import of_stub
from tests.collectors.http.stub import Reply, serve

LOGIN = b'{"meta":{"rc":"error","msg":"api.err.LoginRequired"},"data":[]}'
PAGE = Reply(b"<!doctype html><title>Sign in</title>")
REALMS = Reply(b'{"data":[{"realm":"pam","type":"pam"},{"realm":"pve","type":"pve"}]}')
HEALTH = b'{"status":"OK","setup":true,"version":{"major":2,"minor":15,"revision":1}}'

SERVERS: Mapping[str, tuple[str | None, Mapping[str, Reply], Reply]] = {
    "Proxmox VE": (
        "proxmox",
        {},
        Reply(b'{"data":null}', 401, "No ticket", {"Server": "pve-api-daemon/3.0"}),
    ),
    "Proxmox VE behind a reverse proxy": (
        "proxmox",
        {
            "/api2/json/version": Reply(b"", 401, headers={"Server": "nginx"}),
            "/api2/json/access/domains": REALMS,
        },
        PAGE,
    ),
    "a UniFi OS console": (
        "unifi",
        {"/proxy/network/api/self/sites": Reply(b'{"error":{"code":401,"message":"Unauthorized"}}', 401)},
        PAGE,
    ),
    "a UniFi OS console with answers of text": (
        "unifi",
        {"/proxy/network/api/self/sites": Reply(b"Unauthorized", 401)},
        PAGE,
    ),
    "a controller of its own": ("unifi", {"/api/self/sites": Reply(LOGIN, 401)}, Reply(b"", 404)),
    "a controller of its own, of an older release": ("unifi", {"/api/self/sites": Reply(LOGIN, 200)}, PAGE),
    "Nginx Proxy Manager": ("npm", {"/api/": Reply(HEALTH)}, PAGE),
    "NPMplus": ("npm", {"/api/": Reply(HEALTH[:-1] + b',"password":true}')}, Reply(b"", 404)),
    "a web server": (None, {}, PAGE),
    "a server that asks for a login everywhere": (None, {}, Reply(b'{"error":"no"}', 401)),
    "a server that has nothing": (None, {}, Reply(b"", 404)),
    "a server of JSON": (None, {}, Reply(b'{"status":"OK"}')),
    "a server of lists": (None, {}, Reply(b"[]")),
    "Proxmox Backup Server by its own name": (
        None,
        {"/api2/json/version": Reply(b"", 401, headers={"Server": "proxmox"})},
        Reply(b"", 404),
    ),
}


@pytest.mark.parametrize("name", SERVERS)
def test_each_server_is_of_one_system_or_none(name, folder):
    system, paths, other = SERVERS[name]
    with serve(lambda path: paths.get(path, other), folder) as stub, of_stub(stub) as client:
        found = [each for each, known in SYSTEMS.items() if _recognises(known.recognise, client)]
    assert found == ([system] if system else [])
    assert {method for method, *_ in stub.seen} == {"GET"}
    assert not any("Authorization" in headers for *_, headers in stub.seen)


def _recognises(recognise, client: HttpClient) -> bool:
    return bool(recognise(client))


@pytest.fixture
def folder(tmp_path):
    """Where the server keeps its certificate."""
    path = tmp_path / "tls"
    path.mkdir()
    return path
