"""The places of Nginx Proxy Manager and of NPMplus."""

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from reconciler.collectors.http.redaction import without_secrets
from reconciler.collectors.npm.connection.api import LISTS, NpmFacts
from reconciler.collectors.npm.connection.client import SECRETS
from reconciler.collectors.npm.connection.settings import NpmSettings
from reconciler.model.system import SourceContext
from tests.blind_spots.place import Place, Raw
from tests.contracts import facts

_SOURCE = NpmSettings.model_validate(
    {
        "name": "npm",
        "type": "npm",
        "url": "https://npm.test",
        "username": "reader@lan.example",
        "password": "${NPM_PASSWORD}",
    }
)
_FACTS = NpmFacts("2.15.1", "all", {}, admin=True)
_AROUND: Mapping[str, list[Raw]] = {
    "certificates": [
        {"id": number, "provider": "letsencrypt", "domain_names": [f"{number}.example.org"]}
        for number in (1, 2, 3)
    ],
    "access-lists": [{"id": number, "name": f"list {number}"} for number in (1, 2, 3)],
}
"""The lists behind the numbers in rows."""


class _Api:
    """An API that answers with one row."""

    def __init__(self, name: str, row: Raw, context: SourceContext) -> None:
        self.settings = SimpleNamespace(name="npm", store_descriptions=True)
        self.expected = context.expected
        self.empty: frozenset[str] = frozenset()
        self.first: dict[str, tuple[str, ...]] = {}
        self.facts = _FACTS
        mine = without_secrets(row, context.fingerprinter, SECRETS.__contains__)
        self._rows: dict[str, Any] = {**{each: [] for each in LISTS}, **_AROUND, name: [mine]}

    def rows(self, name: str) -> Any:
        return self._rows[name]

    def doubt(self, name: str) -> None:
        """None: every list is whole."""


_GIVEN: dict[str, list[Any]] = {
    "certificate_id": [1, 2, 0],
    "access_list_id": [1, 2, 0],
    "npmplus_access_list_ids": [[1], [1, 2], []],
    "npmplus_mtls_certificate_id": [1, 2, 0],
    "domain_names": [["web.example.org"], ["web.example.org", "www.example.org"]],
    "forwarding_host": ["192.0.2.1", "192.0.2.2"],
    "forwarding_port": [80, 81],
    "forward_domain_name": ["a.example.org", "b.example.org"],
    "locations": [
        [{"path": "/a", "forward_scheme": "http", "forward_host": "192.0.2.1", "forward_port": 80}],
        [],
    ],
    "incoming_port": [2222, 2223],
    "clients": [
        [{"directive": "allow", "address": "192.0.2.1"}, {"directive": "deny", "address": "all"}],
        [{"directive": "deny", "address": "all"}, {"directive": "allow", "address": "192.0.2.1"}],
        [],
    ],
    "items": [[{"username": "one", "hint": "a**"}], [{"username": "two", "hint": "a**"}], []],
    "clients[].address": ["192.0.2.1", "192.0.2.0/24", "2001:db8::1", "all"],
    "clients[].directive": ["allow", "deny"],
    "name": ["Office", "Home"],
    "created_on": ["2025-01-01 00:00:00", "2025-01-02 00:00:00"],
    "expires_on": ["2030-01-01 00:00:00", "2031-01-01 00:00:00"],
}
_PLUS: dict[str, list[Any]] = {
    **_GIVEN,
    "forwarding_port": ["80", "81"],
    "locations[].npmplus_access_list_ids": [[1], [1, 2], []],
    "incoming_port": ["2222", "2223"],
    **{
        name: [True, False]
        for name in (
            "enabled hsts_enabled hsts_subdomains ssl_forced npmplus_crowdsec_appsec npmplus_fancyindex"
            " npmplus_http3_support npmplus_mtls_verify_client_optional npmplus_noindex"
            " npmplus_proxy_request_buffering npmplus_proxy_response_buffering npmplus_upstream_compression"
        ).split()
    },
}
_LOCATION = {"path": "/", "forward_scheme": "http", "forward_host": "192.0.2.1", "forward_port": 80}
_HOST: Raw = {
    "id": 7,
    "domain_names": ["web.example.org"],
    "certificate_id": 1,
    "ssl_forced": True,
    "hsts_enabled": True,
}
_PARENTS: Raw = {
    "locations": [_LOCATION],
    "clients": [{"directive": "allow", "address": "192.0.2.1"}],
    "items": [{"username": "one", "password": ""}],
}
_REQUIRED = frozenset({"clients", "clients[].address", "items"})
"""Without these an access list is not what was asked for."""
_DOWN: Raw = {"npmplus_nginx_online": False, "meta": {"nginx_online": False}}
"""nginx does not serve it, so that the reason counts."""
_STREAM: Raw = {"id": 7, "incoming_port": 2222, "tcp_forwarding": True}
_ROWS: dict[str, Raw] = {
    "proxy-hosts": {**_HOST, "forward_host": "192.0.2.1", "forward_port": 80},
    "redirection-hosts": {**_HOST, "forward_domain_name": "a.example.org"},
    "dead-hosts": _HOST,
    "streams": _STREAM,
    "access-lists": {"id": 7, "name": "Office", "items": [], "clients": []},
    "certificates": {"id": 7, "provider": "letsencrypt", "domain_names": ["web.example.org"]},
}


def places() -> Iterator[Place]:
    """Yield the places of both."""
    for name, given in ((facts.NPM, _GIVEN), (facts.NPMPLUS, _PLUS)):
        contract = facts.load(name)
        for endpoint in contract.endpoints:
            at = endpoint.rpartition("/")[2]

            def api(row: Raw, context: SourceContext, at: str = at) -> _Api:
                return _Api(at, row, context)

            yield Place(
                endpoint=endpoint,
                source=_SOURCE,
                kind=at.removesuffix("s"),
                fact=contract.row(endpoint),
                row={**_ROWS[at], **(_DOWN if at not in {"certificates", "access-lists"} else {})},
                api=api,
                version=name,
                given=given,
                parents=_PARENTS,
                required=_REQUIRED if at == "access-lists" else frozenset(),
            )
