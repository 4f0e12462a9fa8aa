"""Programs read `/v1` with a bearer token: which tokens are good, and that no other one is."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable

import jwt
import pytest

from reconciler.publish.serve.answers import PROBLEM
from tests.publish import site
from tests.publish.oidc.browser import ask
from tests.publish.oidc.provider import (
    CLIENT,
    PORTAL_USER,
    READER,
    SECRET,
    Provider,
    new_key,
    public_pem,
)
from tests.publish.web_servers import check_headers

SUMMARY = site.documents()["v1/summary.json"]
FOREIGN = new_key()
GOOD: dict[str, Callable[[Provider], str]] = {
    "a reader's, from the provider": lambda provider: str(provider.of(READER)["access_token"]),
    "a portal user's, from the provider": lambda provider: str(provider.of(PORTAL_USER)["access_token"]),
    "a machine's, from the provider": lambda provider: provider.of_machine(),
    "for several services": lambda provider: provider.token(aud=["account", "drift"]),
    "one group as text": lambda provider: provider.token(groups="infra-readers"),
    "without an end, which is the provider's decision": lambda provider: provider.token(exp=None),
    "a typ of its own": lambda provider: provider.token(header={"typ": "at+jwt"}),
    "with many claims": lambda provider: provider.token(more=[f"group-{number}" for number in range(300)]),
}


@pytest.mark.parametrize("make", GOOD.values(), ids=GOOD.keys())
def test_a_good_token_reads(apache, provider, make):
    seen = ask(apache, "/v1/summary", token=make(provider))
    assert (seen.status, seen.body) == (200, SUMMARY)
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["Cache-Control"] == "private, no-cache"
    assert "Set-Cookie" not in seen.headers
    check_headers(seen)


def part(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def with_secret(provider: Provider, secret: bytes, algorithm: str = "HS256") -> str:
    """A token whose signature is made with a secret that the forger knows or guesses."""
    head = f"{part({'alg': algorithm, 'kid': 'one', 'typ': 'JWT'})}.{part(provider.claims())}"
    digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}[algorithm]
    return f"{head}.{part(hmac.new(secret, head.encode(), digest).digest())}"


def unsigned(provider: Provider, algorithm: object, signature: str = "") -> str:
    return f"{part({'alg': algorithm, 'kid': 'one'})}.{part(provider.claims())}.{signature}"


def foreign(provider: Provider, **header: object) -> str:
    """A token with all the right claims, signed by somebody else."""
    named = {name: value for name, value in {"kid": "one", **header}.items() if value is not None}
    return jwt.encode(provider.claims(), FOREIGN, "RS256", named)


def signed(provider: Provider, **changes: object) -> str:
    """A token that the provider signed, whatever its claims are."""
    claims = json.dumps(provider.claims(**changes)).encode()
    return jwt.api_jws.encode(claims, provider.key, "RS256", {"kid": "one"})


def spliced(provider: Provider) -> str:
    """The claims of one token with the signature of another."""
    head, _, signature = provider.token(groups=["portal"]).split(".")
    return f"{head}.{part(provider.claims())}.{signature}"


def modulus(provider: Provider) -> bytes:
    number = provider.key.public_key().public_numbers().n
    return number.to_bytes((number.bit_length() + 7) // 8)


FOREIGN_JWK = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(FOREIGN.public_key()))
BAD: dict[str, Callable[[Provider], str]] = {
    "expired": lambda provider: provider.token(exp=int(time.time()) - 30),
    "expired long ago": lambda provider: provider.token(exp=1),
    "for another service": lambda provider: provider.token(aud="account"),
    "for other services": lambda provider: provider.token(aud=["account", "drift2", "DRIFT"]),
    "for the login client (an ID token)": lambda provider: provider.token(aud=CLIENT),
    "for nobody": lambda provider: provider.token(aud=None),
    "for a service whose name contains ours": lambda provider: provider.token(aud="not drift"),
    "aud as an object": lambda provider: provider.token(aud={"drift": True}),
    "of another issuer": lambda provider: provider.token(iss="https://evil.example"),
    "of an issuer that begins like ours": lambda provider: provider.token(iss=f"{provider.issuer}/"),
    "of several issuers": lambda provider: signed(provider, iss=["https://evil.example"]),
    "of no issuer": lambda provider: provider.token(iss=None),
    "without a subject": lambda provider: provider.token(sub=None),
    "the provider's own ID token": lambda provider: str(provider.of(READER)["id_token"]),
    "unsigned": lambda provider: unsigned(provider, "none"),
    "unsigned, with a signature": lambda provider: unsigned(provider, "none", "AAAA"),
    "unsigned, in other letters": lambda provider: unsigned(provider, "nOnE"),
    "no algorithm": lambda provider: unsigned(provider, ""),
    "algorithm null": lambda provider: unsigned(provider, None),
    "RS256 without a signature": lambda provider: unsigned(provider, "RS256"),
    "RS256 with a short signature": lambda provider: unsigned(provider, "RS256", "AAAA"),
    "HS256 with the public key": lambda provider: with_secret(provider, public_pem(provider.key)),
    "HS512 with the public key": lambda provider: with_secret(provider, public_pem(provider.key), "HS512"),
    "HS256 with the modulus": lambda provider: with_secret(provider, modulus(provider)),
    "HS256 with the client's secret": lambda provider: with_secret(provider, SECRET.encode()),
    "HS256 with nothing": lambda provider: with_secret(provider, b""),
    "of another provider": foreign,
    "of another provider, other kid": lambda provider: foreign(provider, kid="two"),
    "of another provider, no kid": lambda provider: foreign(provider, kid=None),
    "with a key of its own": lambda provider: foreign(provider, jwk=FOREIGN_JWK),
    "with the address of a key": lambda provider: foreign(provider, jku="https://127.0.0.1:1/keys"),
    "with the address of a certificate": lambda provider: foreign(provider, x5u="https://127.0.0.1:1/x"),
    "kid is a path": lambda provider: foreign(provider, kid="../../../../dev/null"),
    "other claims under a good signature": spliced,
    "without its last letter": lambda provider: provider.token()[:-1],
    "with a space": lambda provider: provider.token() + " x",
    "twice": lambda provider: f"{provider.token()}, Bearer {provider.token()}",
    "not claims": lambda provider: jwt.api_jws.encode(b"[]", provider.key, "RS256", {"kid": "one"}),
    "claims are text": lambda provider: jwt.api_jws.encode(b'"x"', provider.key, "RS256", {"kid": "one"}),
    "claims are not JSON": lambda provider: jwt.api_jws.encode(
        b"\xff{", provider.key, "RS256", {"kid": "one"}
    ),
    "deep": lambda provider: jwt.api_jws.encode(b"[" * 5000, provider.key, "RS256", {"kid": "one"}),
    "garbage": lambda _: "garbage",
    "three parts of garbage": lambda _: "x.y.z",
    "dots": lambda _: "....",
    "one dot": lambda _: ".",
    "five parts": lambda _: "a.b.c.d.e",
    "binary": lambda _: "\xff\xfe\x80",
    "markup": lambda _: "<script>alert(1)</script>",
    "a long one": lambda _: "x" * 7000,
    "a format": lambda _: "%s%n%x",
}


@pytest.mark.parametrize("make", BAD.values(), ids=BAD.keys())
def test_a_bad_token_reads_nothing(apache, provider, make):
    token = make(provider)
    for path in ("/v1/summary", "/v1/unknown", "/drift"):
        refused(ask(apache, path, token=token))


def refused(seen):
    assert seen.status == 401, seen
    assert seen.headers["Content-Type"] == PROBLEM
    assert seen.headers["Cache-Control"] == "no-store"
    assert all(value.startswith("Bearer ") for value in seen.headers.get_all("WWW-Authenticate"))
    assert json.loads(seen.body).keys() == {"type", "title", "status", "detail"}
    check_headers(seen)


@pytest.mark.parametrize(
    "header",
    ["Authorization:", "Authorization: Bearer", "Authorization: Bearer ", "Authorization: {token}"]
    + [
        f"Authorization: {scheme} {{token}}"
        for scheme in ("Basic", "Token", "JWT", "DPoP", "Bearer:", "x Bearer")
    ]
    + ["X-Authorization: Bearer {token}", "Proxy-Authorization: Bearer {token}", "X-API-Key: {token}"]
    + ["Cookie: access_token={token}", "Cookie: Authorization={token}", "X-Access-Token: {token}"],
)
def test_a_good_token_counts_only_in_its_header(apache, provider, header):
    refused(ask(apache, "/v1/summary", header.format(token=provider.token())))


@pytest.mark.parametrize(
    "path", ["/v1/summary?access_token={}", "/v1/summary?token={}", "/v1/summary?authorization=Bearer%20{}"]
)
def test_a_token_in_the_address_does_not_count(apache, provider, path):
    refused(ask(apache, path.format(provider.token())))


def test_a_refresh_token_reads_nothing(apache, provider):
    seen = ask(apache, "/v1/summary", token=provider.of(READER)["refresh_token"])
    assert seen.status in {401, 403}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(apache, provider, scheme):
    assert ask(apache, "/v1/summary", f"Authorization: {scheme} {provider.token()}").status == 200


def test_a_token_ends_when_it_ends(apache, provider):
    token = provider.token(exp=int(time.time()) + 3)
    assert ask(apache, "/v1/summary", token=token).status == 200
    time.sleep(4.5)
    refused(ask(apache, "/v1/summary", token=token))
