"""A UniFi Network controller, standalone or on a UniFi OS console: keys, logins, and its three APIs.

By hand: `curl --cacert CA -H "X-API-KEY: $KEY" https://127.0.0.1:PORT/proxy/network/api/s/default/stat/device`.
"""

import secrets
from typing import Any

from reconciler.lab.shuffle import shuffled
from reconciler.lab.state import State
from reconciler.lab.unifi import integration, live
from reconciler.lab.unifi.ids import Rows, oid, uuid
from reconciler.lab.unifi.rows import all_lists
from reconciler.lab.wire import Answer, Call, as_json, fields, page

_V2 = frozenset({
    "firewall/zone", "firewall-policies", "static-dns", "apgroups", "trafficroutes", "trafficrules", "nat",
    "wireguard/users",
})  # fmt: skip
_SETS = frozenset({
    "network_ids", "excluded_networkconf_ids", "mac_filter_list", "wlan_bands", "ap_group_ids", "ips",
    "port_overrides", "port_table", "mac_table", "group_members", "connection_states", "enabled_networks",
    "enabled_categories", "contents", "target_devices", "ip_addresses", "ports",
    "firewall_group_ids", "device_macs", "member_table", "upgrade_targets",
    "dpiapp_ids", "apps", "cats",
})  # fmt: skip
_NUMBERS = frozenset({"vlan", "dhcpd_leasetime", "index", "rule_index", "sw_port", "code", "port"})
_SECRETS = (
    "x_passphrase",
    "x_wireguard_private_key",
    "x_mgmt_key",
    "x_ssh_password",
    "x_ssh_username",
    "community",
)
"""Keys that a read-only account cannot see."""


class Unifi:
    """The controller's API. Its flavour and its answers may be changed while it runs."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.lists: dict[str, Rows] = all_lists(state.unifi)
        """Path below the site → configured rows of the classic and v2 APIs."""
        self.events: Rows = []
        """Rows of `stat/event`, which newer releases do not have."""
        self.console = True
        """Whether it runs on a UniFi OS console; otherwise it is standalone."""
        self.zone_based = True
        """Whether the site has migrated to the zone-based firewall."""
        self.key_opens = "everything"
        """The APIs that a key opens: `everything`, or only `integration`."""
        self.logins = 0
        """Number of logins and attempts."""
        self.login_limit = 50
        """Number of logins after which every further one is refused."""
        self.lasts: int | None = None
        """Number of requests after which a session ends; None: it does not end."""
        self.shifting = False
        """Whether pages shift while a list is read, because a row of the first page is gone."""
        self.form = ""
        """Name of another surface form of the same rows."""
        self.turn = 0
        self._sessions: dict[str, tuple[str, int]] = {}

    def __call__(self, call: Call) -> Answer:
        """Answer a request."""
        with self._state.lock:
            self.turn += 1
            return self._answer(call)

    def _answer(self, call: Call) -> Answer:
        path = call.path
        if path == "/":
            return page(200) if self.console else page(302, ("Location", "/manage"))
        if path in ({"/api/auth/login"} if self.console else {"/api/login"}) and call.method == "POST":
            return self._log_in(call)
        if path in {"/api/auth/logout", "/api/logout"} and call.method == "POST":
            self._sessions.pop(call.cookies.get(self._cookie, ""), None)
            return as_json({"meta": {"rc": "ok"}, "data": []})
        prefix = "/proxy/network" if self.console else ""
        if not path.startswith(f"{prefix}/"):
            return page()
        if call.method != "GET":
            return as_json({"meta": {"rc": "error", "msg": "api.err.NoPermission"}, "data": []}, 403)
        return self._get(call, path.removeprefix(prefix))

    @property
    def _cookie(self) -> str:
        return "TOKEN" if self.console else "unifises"

    def _log_in(self, call: Call) -> Answer:
        self.logins += 1
        sent = fields(call)
        if self.logins > self.login_limit:
            text = "You've reached the login attempt limit"
            code = "AUTHENTICATION_FAILED_LIMIT_REACHED"
            return as_json({"code": code, "message": text, "level": "debug"}, 429)
        user = self._state.unifi["users"].get(sent.get("username"))
        if user is None or user["password"] != sent.get("password") or user.get("disabled"):
            if not self.console:
                return as_json({"meta": {"rc": "error", "msg": "api.err.Invalid"}, "data": []}, 400)
            return as_json(
                {
                    "code": "AUTHENTICATION_FAILED_INVALID_CREDENTIALS",
                    "message": "Invalid username or password",
                },
                403,
            )
        if user.get("factor"):
            if not self.console:
                return as_json(
                    {"meta": {"rc": "error", "msg": "api.err.Ubic2faTokenRequired"}, "data": []}, 400
                )
            return as_json({"code": "MFA_AUTH_REQUIRED", "message": "MFA required"}, 499)
        token = secrets.token_hex(16)
        self._sessions[token] = (sent["username"], 0)
        cookie = f"{self._cookie}={token}; Path=/; Secure; HttpOnly"
        return as_json(
            {"meta": {"rc": "ok"}, "data": []}, 200, ("Set-Cookie", cookie), ("X-CSRF-Token", token[:8])
        )

    def _user(self, call: Call) -> dict[str, Any] | None:
        key = call.headers.get("X-API-KEY")
        if key is not None and key in self._state.unifi["keys"]:
            return {"role": self._state.unifi["keys"][key], "key": True}
        token = call.cookies.get(self._cookie, "")
        if token not in self._sessions:
            return None
        name, used = self._sessions[token]
        if self.lasts is not None and used >= self.lasts:
            del self._sessions[token]
            return None
        self._sessions[token] = (name, used + 1)
        found: dict[str, Any] = self._state.unifi["users"][name]
        return found

    def _get(self, call: Call, path: str) -> Answer:
        user = self._user(call)
        if path.startswith("/integration/v1/") and self.console:
            if user is None or "key" not in user:
                return as_json({"error": "unauthorized", "message": "Invalid API key"}, 401)
            return self._integration(call, path.removeprefix("/integration/v1/"))
        v2 = path.startswith("/v2/")
        if user is None or ("key" in user and self.key_opens == "integration"):
            if v2:
                return as_json({"code": "api.err.LoginRequired", "message": "Login required"}, 401)
            return as_json({"meta": {"rc": "error", "msg": "api.err.LoginRequired"}, "data": []}, 401)
        if v2:
            return self._v2(path.removeprefix("/v2/api/site/"), user)
        return self._classic(path, user)

    def _classic(self, path: str, user: dict[str, Any]) -> Answer:
        sites = self._state.unifi["sites"]
        if path == "/api/self/sites":
            rows = [
                {"_id": oid("site", name), "name": name, "desc": title, "role": user["role"]}
                for name, title in sites.items()
            ]
            return as_json({"meta": {"rc": "ok"}, "data": rows})
        site, _, what = path.removeprefix("/api/s/").partition("/")
        if site not in sites:
            return as_json({"meta": {"rc": "error", "msg": "api.err.NoSiteContext"}, "data": []})
        if what in user.get("hidden", ()):
            return as_json({"meta": {"rc": "error", "msg": "api.err.NoPermission"}, "data": []}, 403)
        if what == "stat/sysinfo":
            rows = [{"version": self._state.unifi["version"], "build": "atag_10.5", "hostname": "Gateway"}]
            return as_json({"meta": {"rc": "ok"}, "data": rows})
        found = self._rows(what)
        if found is None:
            return as_json({"meta": {"rc": "error", "msg": "api.err.NotFound"}, "data": []}, 404)
        return as_json({"meta": {"rc": "ok"}, "data": self._shown(found, user, what)})

    def _v2(self, path: str, user: dict[str, Any]) -> Answer:
        site, _, what = path.partition("/")
        if site not in self._state.unifi["sites"]:
            return as_json({"code": "api.err.NoSiteContext", "message": "No such site"}, 404)
        if what == "site-feature-migration":
            done = [
                {"_id": oid("feature", "zbf"), "feature": "ZONE_BASED_FIREWALL", "timestamp": 1744317485150}
            ]
            return as_json(done if self.zone_based else [])
        if what not in _V2:
            return as_json({"code": "api.err.NotFound", "message": "Not Found", "errorCode": 404}, 404)
        if what in {"firewall/zone", "firewall-policies"} and not self.zone_based:
            return as_json([])
        return as_json(self._shown(self.lists[what], user, what))

    def _rows(self, what: str) -> Rows | None:
        if what == "stat/event":
            return self.events
        if what == "stat/sta":
            return live.stations(self._state, self.lists, self.turn)
        if what == "stat/device":
            return live.devices(self._state, self.lists, self.turn)
        if what == "rest/firewallrule" and self.zone_based:
            return []
        return None if what in _V2 else self.lists.get(what)

    def _shown(self, rows: Rows, user: dict[str, Any], what: str) -> Any:
        if user["role"] == "readonly":
            rows = [{key: value for key, value in row.items() if key not in _SECRETS} for row in rows]
        return shuffled(rows, f"{self.form} {what}" if self.form else "", _SETS, _NUMBERS)

    def _integration(self, call: Call, path: str) -> Answer:
        site = self._state.unifi
        if path == "info":
            return as_json({"applicationVersion": site["version"]})
        rows: Rows | None
        if path == "sites":
            rows = integration.sites(site["sites"])
        else:
            name, _, what = path.removeprefix("sites/").partition("/")
            rows = None
            if name == uuid("site", "default"):
                stations = live.stations(self._state, self.lists, self.turn)
                rows = integration.find(what, site, self.lists, stations)
                single = integration.one(what, call.query, site, self.lists) if rows is None else None
                if single is not None:
                    return as_json(single)
        if rows is None:
            body = {"statusCode": 404, "statusName": "NOT_FOUND", "message": "Not found", "requestPath": path}
            return as_json(body, 404)
        offset, limit = int(call.query.get("offset", 0)), min(int(call.query.get("limit", 25)), 200)
        if self.shifting and offset:
            rows = rows[1:]
        part = rows[offset : offset + limit]
        body = {"offset": offset, "limit": limit, "count": len(part), "totalCount": len(rows), "data": part}
        return as_json(body)
