"""Zones, devices, clients and DNS records of the integration API."""

from collections.abc import Callable
from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.integration.substitute import Part, Substitute, Translated
from reconciler.collectors.unifi.integration.values import INTEGRATION, ODD

_STATES = {
    "ONLINE": 1,
    "OFFLINE": 0,
    "PENDING_ADOPTION": 2,
    "UPDATING": 4,
    "GETTING_READY": 5,
    "ADOPTING": 7,
    "CONNECTION_INTERRUPTED": 6,
    "ISOLATED": 10,
}


def zone(row: ApiRow) -> dict[str, Any]:
    """Return a firewall zone, with all that is read of one."""
    return {"_id": row.get("id"), "name": row.get("name"), "network_ids": row.get("networkIds")}


def device(row: ApiRow) -> dict[str, Any]:
    """Return a device, without its configuration."""
    return {
        "_id": row.get("id"),
        "mac": row.get("macAddress"),
        "name": row.get("name"),
        "model": row.get("model"),
        "ip": row.get("ipAddress"),
        "version": row.get("firmwareVersion"),
        "adopted": True,
        "state": _STATES.get(str(row.get("state")), row.get("state")),
    }


def client(row: ApiRow) -> dict[str, Any]:
    """Return a client that is connected, without its port or access point."""
    return {
        "mac": row.get("macAddress"),
        "ip": row.get("ipAddress"),
        "name": row.get("name"),
        "is_wired": row.get("type") == "WIRED",
    }


def dns(row: ApiRow) -> dict[str, Any]:
    """Return a DNS record or a domain that is forwarded, with all that is read of one."""
    kind = row.get("type", "")
    values = (
        "ipv4Address", "ipv6Address", "targetDomain", "mailServerDomain", "text", "serverDomain", "ipAddress",
    )  # fmt: skip
    return {
        "_id": row.get("id"),
        "record_type": kind.removesuffix("_RECORD") if isinstance(kind, str) else ODD,
        "key": _dns_name(row),
        "value": next((row[name] for name in values if row.get(name)), None),
        "enabled": row.get("enabled", True),
        "ttl": row.get("ttlSeconds"),
        "priority": row.get("priority"),
        "weight": row.get("weight"),
        "port": row.get("port"),
        INTEGRATION: row,
    }


def _dns_name(row: ApiRow) -> Any:
    """Return the name of a record; of SRV, with the service and protocol that this API keeps apart."""
    domain, service = row.get("domain"), f"{row.get('service')}.{row.get('protocol')}."
    if row.get("type") != "SRV_RECORD" or not row.get("service") or not isinstance(domain, str):
        return domain
    return domain if domain.lower().startswith(service.lower()) else f"{service}{domain}"


def _all_of(translate: Callable[[ApiRow], ApiRow], *has: str) -> Callable[[ApiRow], Translated]:
    return lambda row: Translated(translate(row), frozenset(has))


ZONES = Substitute((Part("firewall/zones", _all_of(zone, "name", "networks")),))
DEVICES = Substitute(
    (Part("devices", _all_of(device, "name", "model", "ip", "version", "adopted", "status", "expected")),)
)
CLIENTS = Substitute((Part("clients", _all_of(client)),))
DNS = Substitute((Part("dns/policies", _all_of(dns)),))
