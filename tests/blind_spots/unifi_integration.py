"""The places of the integration API of UniFi Network, for a key that opens nothing else."""

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from reconciler.collectors.http.redaction import without_secrets
from reconciler.collectors.unifi.connection.api import Read, UnifiFacts, UnifiRequestFailed
from reconciler.model.system import SourceContext
from tests.blind_spots.place import Place, Raw
from tests.blind_spots.unifi import _SOURCE
from tests.contracts import facts

_CLOSED = UnifiRequestFailed("unifi.test", "rest/networkconf", 401, "the key does not open it")
_FACTS = UnifiFacts(
    console=True,
    version="10.5.66",
    role="readonly",
    classic=_CLOSED,
    integration="site",
    zone_based=None,
    engine="",
)
_AROUND: Mapping[str, list[Raw]] = {
    "networks": [
        {"id": f"n{number}", "name": f"net {number}", "management": "GATEWAY", "vlanId": number}
        for number in (2, 3)
    ],
    "firewall/zones": [{"id": f"z{number}", "name": f"zone {number}", "networkIds": []} for number in (1, 2)],
    "devices": [
        {"id": f"d{number}", "macAddress": f"74:AC:B9:00:00:0{number}", "name": f"sw{number}"}
        for number in (3, 4)
    ],
    "traffic-matching-lists": [{"id": f"g{number}", "name": f"group {number}"} for number in (1, 2)],
}
"""The lists behind the ids in rows."""
_SHARED = {
    "network": "networks",
    "firewall-group": "traffic-matching-lists",
    "firewall-zone": "firewall/zones",
    "device": "devices",
}
"""Kind → the list of others of it that are always there."""
_DETAILED = {"networks", "wifi/broadcasts"}


class _Api:
    """An API that answers with one row."""

    def __init__(self, path: str, row: Raw, context: SourceContext) -> None:
        self.settings = SimpleNamespace(
            name="unifi", host="unifi.test", store_descriptions=True, site="default", api_key="key"
        )
        self.expected = context.expected
        self.empty: frozenset[str] = frozenset()
        self.first: dict[str, tuple[str, ...]] = {}
        self.facts = _FACTS
        mine = without_secrets(row, context.fingerprinter)
        lists = {**_AROUND, path: [*_AROUND.get(path, []), mine]}
        self._rows: dict[str, Any] = dict(lists)
        for each in _DETAILED:
            self._rows |= {f"{each}/{one.get('id')}": [one] for one in lists.get(each, [])}

    def begin(self, reads: Any) -> None:
        """Nothing: answers are there at once."""

    def rows(self, read: Read) -> Any:
        if read.path == "firewall/policies/ordering":
            return [{"orderedFirewallPolicyIds": {"beforeSystemDefined": ["x"]}}]
        return self._rows.get(read.path, [])

    def doubt(self, _read: Read) -> None:
        """None: every list is whole."""


_LAN: Raw = {
    "id": "x", "name": "Servers", "management": "GATEWAY", "vlanId": 9, "enabled": True, "zoneId": "z1",
    "internetAccessEnabled": True, "isolationEnabled": False, "mdnsForwardingEnabled": False,
}  # fmt: skip
_ADDRESS: Raw = {"hostIpAddress": "192.0.2.1", "prefixLength": 24}
_SERVER: Raw = {"mode": "SERVER", "ipAddressRange": {"start": "192.0.2.10", "stop": "192.0.2.20"}}
_NETWORKS: Mapping[str, Raw] = {
    "server": {**_LAN, "ipv4Configuration": {**_ADDRESS, "dhcpConfiguration": _SERVER}},
    "relay": {**_LAN, "ipv4Configuration": {**_ADDRESS, "dhcpConfiguration": {"mode": "RELAY"}}},
    "switch": {**_LAN, "management": "SWITCH", "ipv4Configuration": {**_ADDRESS}},
}
_WLAN: Raw = {
    "id": "x", "name": "Home", "enabled": True, "type": "STANDARD", "network": {"type": "NATIVE"},
    "hideName": False, "securityConfiguration": {"type": "WPA2_PERSONAL", "passphrase": "word"},
}  # fmt: skip
_POLICY: Raw = {
    "id": "x", "name": "one", "enabled": True, "index": 10001, "loggingEnabled": False,
    "action": {"type": "ALLOW"}, "metadata": {"origin": "USER_DEFINED"},
}  # fmt: skip
_SPANS: Raw = {
    "ipAddressFilter": {"type": "IP_ADDRESSES", "items": [{"start": "192.0.2.1", "stop": "192.0.2.9"}]},
    "portFilter": {"type": "PORTS", "items": [{"start": 80, "stop": 90}]},
}
_IPS: Raw = {"type": "IP_ADDRESSES", "items": [{"type": "IP_ADDRESS", "value": "192.0.2.1"}]}
_PORTS: Raw = {"type": "PORTS", "items": [{"type": "PORT_NUMBER", "value": 443}]}
_FILTERS: Mapping[str, Raw] = {
    "IP_ADDRESS": {"ipAddressFilter": _IPS, "portFilter": _PORTS},
    "IP_ADDRESS ranges": _SPANS,
    "NETWORK": {"networkFilter": {"networkIds": ["n2"]}},
    "MAC_ADDRESS": {"macAddressFilter": "BC:24:11:00:00:01"},
    "PORT": {"portFilter": _PORTS},
    "DOMAIN": {"domainFilter": {"type": "DOMAINS", "domains": ["example.org"]}},
    "REGION": {"regionFilter": {"regions": ["DE"]}},
    "APPLICATION": {"applicationFilter": {"applicationIds": [1]}},
    "APPLICATION_CATEGORY": {"applicationCategoryFilter": {"applicationCategoryIds": [1]}},
    "IPV6_IID": {"ipv6IidFilter": {"ipv6Iid": "::1", "matchOpposite": False}},
    "VPN_SERVER": {"vpnServerFilter": {"vpnServerIds": ["v1"]}},
    "SITE_TO_SITE_VPN_TUNNEL": {"siteToSiteVpnTunnelFilter": {"siteToSiteVpnTunnelId": "v1"}},
}


def _policy(kind: str) -> Raw:
    end = {"zoneId": "z1", "trafficFilter": {"type": kind.partition(" ")[0], **_FILTERS[kind]}}
    weekly = {"mode": "EVERY_WEEK", "repeatOnDays": ["MONDAY"], "timeFilter": {"startTime": "08:00"}}
    scope = {"ipVersion": "IPV4", "protocolFilter": {"type": "NAMED_PROTOCOL", "protocol": {"name": "TCP"}}}
    return {**_POLICY, "source": end, "destination": end, "schedule": weekly, "ipProtocolScope": scope}


_DNS: Mapping[str, Raw] = {
    "A": {"ipv4Address": "192.0.2.9"},
    "AAAA": {"ipv6Address": "2001:db8::9"},
    "CNAME": {"targetDomain": "a.example.org"},
    "MX": {"mailServerDomain": "a.example.org", "priority": 10},
    "TXT": {"text": "word"},
    "SRV": {"serverDomain": "a.example.org", "service": "_sip", "protocol": "_tcp", "port": 5060},
    "FORWARD_DOMAIN": {"ipAddress": "192.0.2.9"},
}
_LISTS: Mapping[str, Raw] = {
    "addresses": {"type": "IPV4_ADDRESSES", "items": [{"type": "IP_ADDRESS", "value": "192.0.2.1"}]},
    "ranges": {"type": "IPV4_ADDRESSES", "items": [{"start": "192.0.2.1", "stop": "192.0.2.9"}]},
}
_STACK: Raw = {"id": "x", "name": "stack"}


def _lists() -> Iterator[tuple[str, str, str, Raw, dict[str, Any]]]:
    """Yield the list, the form, the kind, a row, and what else the place has."""
    for form, row in _NETWORKS.items():
        yield "networks", form, "network", row, {"only_the_rest": form != "server"}
    yield "wans", "", "network", {"id": "x", "name": "WAN"}, {}
    for path, types in (
        ("vpn/servers", ["WIREGUARD", "OPENVPN"]),
        ("vpn/site-to-site-tunnels", ["IPSEC", "OPENVPN"]),
    ):
        row = {"id": "x", "name": "VPN", "type": types[0], "enabled": True}
        yield path, "", "network", row, {"given": {**_GIVEN, "type": types}}
    yield "wifi/broadcasts", "", "wlan", _WLAN, {}
    more: dict[str, Any]
    for form in _FILTERS:
        more = {"only_the_rest": form != "IP_ADDRESS"}
        yield "firewall/policies", form, "firewall-policy", _policy(form), more
    yield from _other_policies()
    for form, each in _LISTS.items():
        more = {"only_the_rest": form != "addresses"}
        yield "traffic-matching-lists", form, "firewall-group", {"id": "x", "name": "Office", **each}, more
    yield "firewall/zones", "", "firewall-zone", {"id": "x", "name": "Lab", "networkIds": ["n2"]}, {}
    device: Raw = {"id": "x", "macAddress": "74:AC:B9:00:00:02", "name": "sw", "state": "ONLINE"}
    yield "devices", "", "device", device, {"status": True}
    for record, values in _DNS.items():
        kind = record if record == "FORWARD_DOMAIN" else f"{record}_RECORD"
        record_row: Raw = {"id": "x", "type": kind, "domain": "web.example.org", "enabled": True, **values}
        more = {"only_the_rest": record != "A", "required": frozenset({"type"})}
        yield "dns/policies", record, "static-dns", record_row, more
    rule = {"id": "x", "name": "one", "type": "IPV4", "enabled": True, "action": "BLOCK", "index": 1}
    yield "acl-rules", "", "acl-rule", rule, {}
    members = [{"deviceId": "d3", "portIdxs": [1, 2]}]
    yield "switching/lags", "", "lag", {"id": "x", "type": "LOCAL", "members": members}, {}
    yield "switching/switch-stacks", "", "switch-stack", {**_STACK, "members": [{"deviceId": "d3"}]}, {}
    yield "switching/mc-lag-domains", "", "switch-stack", {**_STACK, "peers": [{"deviceId": "d3"}]}, {}


def _other_policies() -> Iterator[tuple[str, str, str, Raw, dict[str, Any]]]:
    """Yield policies with another schedule or another form of the protocol."""
    policy = _policy("PORT")
    forms: Mapping[str, Raw] = {
        "one day": {"schedule": {"mode": "ONE_TIME_ONLY", "date": "2026-12-01"}},
        "some weeks": {"schedule": {"mode": "CUSTOM", "startDate": "2026-12-01"}},
        "preset": {"ipProtocolScope": {"protocolFilter": {"type": "PRESET"}}},
    }
    for version, name in (("IPV4", "icmp"), ("IPV6", "icmpv6")):
        chosen = {"type": "NAMED_PROTOCOL", "protocol": {"name": name, "typenameFilter": "ECHO_REQUEST"}}
        forms = {**forms, name: {"ipProtocolScope": {"ipVersion": version, "protocolFilter": chosen}}}
    for form, more in forms.items():
        given = {name: values for name, values in _GIVEN.items() if name != "schedule.mode"}
        mode = more.get("schedule", {}).get("mode")
        given |= {"schedule.mode": [mode]} if mode else {}
        rest: dict[str, Any] = {"only_the_rest": True, "given": given}
        yield "firewall/policies", form, "firewall-policy", {**policy, **more}, rest


_NETWORK_IDS = ["n2", "n3"]
_GIVEN: dict[str, list[Any]] = {
    "zoneId": ["z1", "z2"],
    ".zoneId": ["z1", "z2"],
    ".networkId": _NETWORK_IDS,
    "networkIdFilter": _NETWORK_IDS,
    "networkIds": [["n2"], ["n2", "n3"]],
    ".networkIds": [["n2"], ["n2", "n3"]],
    ".presharedKeyNetworkIds": [[{"type": "SPECIFIC", "networkId": "n2"}]],
    ".trafficMatchingListId": ["g1", "g2"],
    ".deviceIds": [["d3"], ["d3", "d4"]],
    "deviceId": ["d3", "d4"],
    ".deviceId": ["d3", "d4"],
    ".macAddressFilter": [["BC:24:11:00:00:01"], ["BC:24:11:00:00:01", "BC:24:11:00:00:02"]],
    ".sourceMacAddressFilter": [["BC:24:11:00:00:01"], ["BC:24:11:00:00:02"]],
    ".macAddresses": [["BC:24:11:00:00:01"], ["BC:24:11:00:00:01", "BC:24:11:00:00:02"]],
    "macAddress": ["BC:24:11:00:00:01", "BC:24:11:00:00:02"],
    ".hostIpAddress": ["192.0.2.1", "192.0.2.2"],
    ".prefixLength": [24, 25],
    ".trustedDhcpServerIpAddresses": [["192.0.2.1"], ["192.0.2.1", "192.0.2.2"]],
    ".dnsServerIpAddressesOverride": [["192.0.2.1"], ["192.0.2.1", "192.0.2.2"]],
    ".dhcpServerIpAddresses": [["192.0.2.1"], ["192.0.2.1", "192.0.2.2"]],
    ".ntpServerIpAddresses": [["192.0.2.1"], ["192.0.2.1", "192.0.2.2"]],
    ".winsServerIpAddresses": [["192.0.2.1"], ["192.0.2.1", "192.0.2.2"]],
    ".gatewayIpAddressOverride": ["192.0.2.1", "192.0.2.2"],
    ".start": ["192.0.2.10", "192.0.2.11"],
    ".stop": ["192.0.2.20", "192.0.2.21"],
    **{
        f"{side}.trafficFilter.portFilter.items[].{key}": [81, 82]
        for side in ("source", "destination")
        for key in ("value", "start", "stop")
    },
    ".items[].value": ["192.0.2.10", "192.0.2.11"],
    "management": ["GATEWAY", "SWITCH", "UNMANAGED"],
    "ipAddress": ["192.0.2.10", "192.0.2.11"],
    "ipv4Address": ["192.0.2.10", "192.0.2.11"],
    "ipv6Address": ["2001:db8::10", "2001:db8::11"],
    "metadata.origin": ["USER_DEFINED"],
    "index": [1, 2],
    "members": [
        [{"deviceId": "d3", "portIdxs": [1, 2]}],
        [{"deviceId": "d3", "portIdxs": [1, 2]}, {"deviceId": "d4", "portIdxs": [1]}],
    ],
    "ipv4Configuration.dhcpConfiguration.mode": ["SERVER", "RELAY"],
    "schedule.mode": ["EVERY_WEEK", "EVERY_DAY"],
    "securityConfiguration.type": ["WPA2_PERSONAL", "WPA2_ENTERPRISE", "OPEN", "WPA2_WPA3_PERSONAL"],
    "vlanId": [9, 10],
}


def places() -> Iterator[Place]:
    """Yield the places."""
    contract = facts.load(facts.UNIFI_INTEGRATION_10)
    above = "/v1/sites/{siteId}/"
    details = {"networks": "networks/{networkId}", "wifi/broadcasts": "wifi/broadcasts/{wifiBroadcastId}"}
    for path, form, kind, row, more in _lists():

        def api(found: Raw, context: SourceContext, path: str = path) -> _Api:
            return _Api(path, found, context)

        yield Place(
            endpoint=f"{path} ({form})" if form else path,
            source=_SOURCE,
            kind=kind,
            fact=contract.row(above + details.get(path, path)),
            row=row,
            api=api,
            version="integration",
            others=frozenset(
                str(each.get("macAddress") or each["name"]) for each in _AROUND.get(_SHARED.get(kind, ""), [])
            ),
            **{"given": _GIVEN, **more},
        )
