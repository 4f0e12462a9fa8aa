"""Nginx Proxy Manager or NPMplus: tokens and cookies, visibility, and its lists.

By hand: `curl --cacert CA -H "Authorization: Bearer $TOKEN" https://127.0.0.1:PORT/api/nginx/proxy-hosts`.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.lab.shuffle import shuffled
from reconciler.lab.state import State
from reconciler.lab.wire import Answer, Call, as_json, fields, page

Rows = list[dict[str, Any]]
_COOKIE = "__Host-Http-token"
_SECTIONS = {
    "proxy-hosts": "proxy_hosts", "redirection-hosts": "redirection_hosts", "streams": "streams",
    "certificates": "certificates", "access-lists": "access_lists", "dead-hosts": "dead_hosts",
}  # fmt: skip
_SETS = frozenset({"locations", "items"})
_EXPANSIONS = frozenset({"items", "clients"})
"""Parts of rows that are left out unless they are asked for."""
_NUMBERS = frozenset({
    "enabled", "ssl_forced", "hsts_enabled", "hsts_subdomains", "http2_support", "block_exploits",
    "caching_enabled", "allow_websocket_upgrade", "trust_forwarded_proto", "preserve_path", "tcp_forwarding",
    "udp_forwarding",
})  # fmt: skip
_CREATED = "2026-01-30T09:36:08.000Z"


class Npm:
    """The API. Its flavour and its answers may be changed while it runs."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.lists: dict[str, Rows] = all_lists(state.npm)
        """List below `/api/nginx/` → rows."""
        self.plus = False
        """NPMplus: the token is in a cookie, and rows have other fields."""
        self.password_login = True
        """Whether accounts may log in with a password."""
        self.lasts: int | None = None
        """Number of requests after which a login ends; None: it does not end."""
        self.form = ""
        """Name of another surface form of the same rows."""
        self._tokens: dict[str, tuple[str, int]] = {}
        self._failed = 0

    def __call__(self, call: Call) -> Answer:
        """Answer a request."""
        with self._state.lock:
            return self._answer(call)

    def _answer(self, call: Call) -> Answer:
        path = call.path.rstrip("/")
        if path == "/api":
            return as_json({"status": "OK", "setup": True, "version": self._state.npm["version"]})
        if path == "/api/tokens" and call.method == "POST":
            return self._log_in(call)
        if not path.startswith("/api/"):
            return page()
        user = self._user(call)
        if user is None:
            return _error(401, "Token has expired" if self._tokens else "Permission Denied")
        if call.method != "GET":
            return _error(403, "Permission Denied")
        if path == "/api/users/me":
            return as_json(_me(user))
        name = path.removeprefix("/api/nginx/")
        if name not in _SECTIONS:
            return _error(404, "Not Found")
        return self._list(name, user, call)

    def _log_in(self, call: Call) -> Answer:
        if not self.password_login:
            return _error(403, "Password login is disabled (OIDC_DISABLE_PASSWORD)")
        if self.plus and self._failed >= 5:
            return _error(429, "Too many failed logins")
        sent = fields(call)
        name = str(sent.get("identity"))
        user = self._state.npm["users"].get(name)
        if user is None or user["password"] != sent.get("secret") or user.get("disabled"):
            self._failed += 1
            return _error(401, "Invalid email or password")
        if user.get("factor"):
            return as_json({"requires_2fa": True, "challenge_token": "challenge"})
        token = secrets.token_hex(16)
        self._tokens[token] = (name, 0)
        expires = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        if self.plus:
            cookie = f"{_COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict"
            return as_json({"expires": expires}, 200, ("Set-Cookie", cookie))
        return as_json({"token": token, "expires": expires})

    def _user(self, call: Call) -> dict[str, Any] | None:
        token = call.cookies.get(_COOKIE, "") if self.plus else ""
        token = token or call.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self._tokens:
            return None
        name, used = self._tokens[token]
        if self.lasts is not None and used >= self.lasts:
            del self._tokens[token]
            return None
        self._tokens[token] = (name, used + 1)
        return {"email": name, **self._state.npm["users"][name]}

    def _list(self, name: str, user: Mapping[str, Any], call: Call) -> Answer:
        if _SECTIONS[name] in user.get("hidden", ()):
            return _error(403, "Permission Denied")
        rows = self.lists.get(name, [])
        if user["visibility"] != "all":
            rows = [row for row in rows if row["owner_user_id"] != 1]
        if self.plus:
            rows = [_plus(name, row) for row in rows]
        expanded = call.query.get("expand", "").split(",")
        rows = [
            {key: value for key, value in row.items() if key not in _EXPANSIONS or key in expanded}
            for row in rows
        ]
        return as_json(shuffled(rows, f"{self.form} {name}" if self.form else "", _SETS, _NUMBERS))


def _error(status: int, message: str) -> Answer:
    return as_json({"error": {"code": status, "message": message}}, status)


def _me(user: Mapping[str, Any]) -> dict[str, Any]:
    hidden = user.get("hidden", ())
    sections = {section: "hidden" if section in hidden else "view" for section in _SECTIONS.values()}
    return {
        "id": 2, "created_on": _CREATED, "modified_on": _CREATED, "is_disabled": False,
        "email": user["email"],
        "name": "Reader", "nickname": "reader", "avatar": "", "roles": user.get("roles", []),
        "permissions": {"visibility": user["visibility"], **sections},
    }  # fmt: skip


def all_lists(site: Mapping[str, Any]) -> dict[str, Rows]:
    """Return list → rows, with every key that Nginx Proxy Manager 2.15 gives them."""
    common = {"created_on": _CREATED, "modified_on": _CREATED, "owner_user_id": 1}
    host = {
        "enabled": True, "certificate_id": 0, "ssl_forced": False, "hsts_enabled": False,
        "hsts_subdomains": False, "http2_support": False, "block_exploits": False, "advanced_config": "",
        "meta": {"nginx_online": True, "nginx_err": None},
    }  # fmt: skip
    proxy = {
        "forward_scheme": "http", "access_list_id": 0, "caching_enabled": False, "locations": [],
        "allow_websocket_upgrade": False, "trust_forwarded_proto": False,
    }  # fmt: skip
    stream = {
        "tcp_forwarding": False,
        "udp_forwarding": False,
        "enabled": True,
        "certificate_id": 0,
        "meta": {},
    }
    proxies = [{**common, **host, **proxy, **row} for row in site["proxy_hosts"]]
    dead = {key: value for key, value in host.items() if key != "block_exploits"}
    return {
        "proxy-hosts": proxies,
        "redirection-hosts": [{**common, **host, **row} for row in site["redirection_hosts"]],
        "streams": [{**common, **stream, **row} for row in site["streams"]],
        "certificates": [_certificate({**common, "nice_name": "", **row}) for row in site["certificates"]],
        "access-lists": [
            _access_list({**common, "satisfy_any": False, "pass_auth": False, "meta": {}, **row}, proxies)
            for row in site["access_lists"]
        ],
        "dead-hosts": [{**common, **dead, **row} for row in site["dead_hosts"]],
    }


def _access_list(row: dict[str, Any], proxies: Rows) -> dict[str, Any]:
    """Return an access list as it is with its items and clients: of a password only a hint."""
    inner = {"access_list_id": row["id"], "created_on": _CREATED, "modified_on": _CREATED, "meta": {}}
    users = [
        {"id": number, **inner, "username": item["username"], "password": "", "hint": _hint(item["password"])}
        for number, item in enumerate(row["items"], 1)
    ]
    clients = [{"id": number, **inner, **client} for number, client in enumerate(row["clients"], 1)]
    count = sum(host["access_list_id"] == row["id"] for host in proxies)
    return row | {"items": users, "clients": clients, "proxy_host_count": count}


def _hint(password: str) -> str:
    return password[0] + "*" * (len(password) - 1)


def _certificate(row: dict[str, Any]) -> dict[str, Any]:
    ends = datetime.now(UTC) + timedelta(days=row.pop("days"))
    return row | {"expires_on": ends.strftime("%Y-%m-%dT%H:%M:%S.000Z")}


def _plus(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as NPMplus has it."""
    gone = {"access_list_id", "caching_enabled", "block_exploits", "meta", "allow_websocket_upgrade"}
    gone |= {"http2_support", "trust_forwarded_proto"}
    found = {key: value for key, value in row.items() if key not in gone}
    if name == "streams":
        ports = {key: str(row[key]) for key in ("incoming_port", "forwarding_port")}
        more = {"npmplus_proxy_protocol_forwarding": 0, "npmplus_proxy_tls": False, "npmplus_description": ""}
        return found | ports | more | {"npmplus_nginx_online": True, "npmplus_nginx_err": ""}
    if name != "proxy-hosts":
        return row
    lists = [row["access_list_id"]] if row["access_list_id"] else []
    return found | {
        "npmplus_access_list_ids": lists, "npmplus_access_list_type": "custom" if lists else "public",
        "npmplus_location_config": "", "npmplus_nginx_online": True, "npmplus_nginx_err": "",
        "npmplus_directory": "", "npmplus_mtls_certificate_id": 0,
        "npmplus_mtls_verify_client_optional": False,
        "npmplus_http3_support": True, "npmplus_noindex": False, "npmplus_crowdsec_appsec": False,
        "npmplus_proxy_request_buffering": True, "npmplus_proxy_response_buffering": True,
        "npmplus_upstream_compression": False, "npmplus_fancyindex": False,
        "npmplus_x_frame_options": "SAMEORIGIN", "npmplus_auth_request": "none",
        "npmplus_auth_request_upstream": "",
    }  # fmt: skip
