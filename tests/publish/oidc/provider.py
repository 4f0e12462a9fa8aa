"""An OpenID provider on loopback with TLS: nanoidp, with a client for people and one for a machine.

It is a program of its own, so that a test can stop it: `python -m tests.publish.oidc.provider FOLDER PORT`.
The test holds the key that it signs with, and so can make tokens that a sound provider would never sign.
"""

import json
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import yaml
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.collectors.http.certificates import Authority, leaf
from tests.processes import running, wait_until

ROOT = Path(__file__).parents[3]
AUDIENCE, CLIENT, SECRET = "drift", "drift-pages", "0f3a9c"
MACHINE, MACHINE_SECRET = "portal-backend", "another-secret"
PASSWORD = "correct horse"
READER, PORTAL_USER, STRANGER, NO_GROUPS = "ada", "pat", "eve", "nil"
GROUPS = {
    READER: ["staff", "infra-readers"],
    PORTAL_USER: ["portal"],
    STRANGER: ["infra-readers2", "INFRA-READERS", "portal,infra-readers", "groups:infra-readers", "*", ""],
    NO_GROUPS: [],
}
"""The people of the provider, by their groups."""


@dataclass(frozen=True)
class Provider:
    """A running provider, or the claims and the key of one."""

    issuer: str
    key: RSAPrivateKey
    context: ssl.SSLContext

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Claims of a good token of a reader, with changes; a claim that becomes None is left out."""
        now = int(time.time())
        good = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": READER,
            "groups": GROUPS[READER],
            "iat": now,
            "exp": now + 300,
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def token(self, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A token with these claims, signed with the provider's own key."""
        return jwt.encode(self.claims(**changes), self.key, "RS256", {"kid": "one", **(header or {})})

    def of(self, user: str) -> dict[str, Any]:
        """The tokens that the provider gives a person's own program."""
        return self._tokens(
            CLIENT, SECRET, grant_type="password", username=user, password=PASSWORD, scope="openid"
        )

    def of_machine(self) -> str:
        """The access token of a machine (client credentials)."""
        return str(self._tokens(MACHINE, MACHINE_SECRET, grant_type="client_credentials")["access_token"])

    def _tokens(self, client: str, secret: str, **form: str) -> dict[str, Any]:
        login = b64encode(f"{urllib.parse.quote(client)}:{urllib.parse.quote(secret)}".encode()).decode()
        data = urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(f"{self.issuer}/token", data, {"Authorization": f"Basic {login}"})
        with urllib.request.urlopen(request, timeout=20, context=self.context) as answer:
            found = json.load(answer)
        assert isinstance(found, dict)
        return found


def new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(key: RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@contextmanager
def providing(
    folder: Path, port: int, authority: Authority, callback: str
) -> Iterator[tuple[Provider, "subprocess.Popen[Any]"]]:
    """Run a provider whose people may return to `callback` after their login."""
    found = _set_up(folder, port, authority, callback)
    command = [sys.executable, "-m", "tests.publish.oidc.provider", folder, port]
    with (
        (folder / "log").open("wb") as log,
        running(command, cwd=ROOT, stdout=log, stderr=log) as process,
    ):
        wait_until(lambda: process.poll() is not None or _answers(found), "the provider")
        assert process.poll() is None, (folder / "log").read_text()
        yield found, process


def _set_up(folder: Path, port: int, authority: Authority, callback: str) -> Provider:
    key, server = new_key(), leaf(authority, "127.0.0.1")
    (folder / "sign.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "sign.pub").write_bytes(public_pem(key))
    (folder / "server.pem").write_bytes(server.private + server.pem)
    issuer = f"https://127.0.0.1:{port}"
    clients = [
        {"client_id": CLIENT, "client_secret": SECRET, "redirect_uris": [callback]},
        {"client_id": MACHINE, "client_secret": MACHINE_SECRET},
    ]
    keys = {"private_key": str(folder / "sign.pem"), "public_key": str(folder / "sign.pub"), "kid": "one"}
    settings = {
        "oauth": {"issuer": issuer, "audience": AUDIENCE, "require_pkce": True, "clients": clients},
        "jwt": {"external_keys": keys, "keys_dir": str(folder / "keys")},
    }
    users = {
        name: {"password": PASSWORD, "groups": groups, "roles": [], "tenant": "lan"}
        for name, groups in GROUPS.items()
    }
    (folder / "settings.yaml").write_text(yaml.safe_dump({"config_version": 1, **settings}))
    (folder / "users.yaml").write_text(yaml.safe_dump({"config_version": 1, "users": users}))
    context = ssl.create_default_context(cadata=authority.pem.decode())
    return Provider(issuer, key, context)


def _answers(provider: Provider) -> bool:
    try:
        with urllib.request.urlopen(
            f"{provider.issuer}/.well-known/jwks.json", timeout=5, context=provider.context
        ) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def main(folder: str, port: str) -> None:
    """Serve until the process ends."""
    from nanoidp.app import create_app

    pem = Path(folder) / "server.pem"
    create_app(folder).run("127.0.0.1", int(port), ssl_context=(pem, pem), threaded=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
