"""The site model and its rules: two clients for each guest, and what else they are joined with."""

from dataclasses import replace
from typing import Any

from reconciler.config.settings import CapacitySettings
from reconciler.model.key import Key
from reconciler.model.snapshot import Inventory, Scope
from reconciler.site.rules import evaluate_rules
from reconciler.site.site_model import SiteModel

SWITCH = "74:AC:B9:00:00:02"
PORTS = 48


def joined(site: Inventory) -> Inventory:
    """A site with clients, networks, ports, reservations and names beside its guests."""
    config: dict[Key, Any] = dict(site.config)
    observed: dict[Key, Any] = dict(site.observed)
    for number in range(256):
        config[Key("unifi", "network", f"n{number}")] = {
            "ip_subnet": f"10.{number}.0.1/16",
            "vlan": number + 1,
            "purpose": "corporate",
            "dhcpd_enabled": True,
            "dhcpd_start": f"10.{number}.200.1",
            "dhcpd_stop": f"10.{number}.200.254",
        }
    for number in range(PORTS):
        port = {"native_vlan": 1, "tagged_vlans": ["2-256"]}
        config[Key("unifi", "switch-port", f"{SWITCH}:{number}")] = {}
        observed[Key("unifi", "switch-port", f"{SWITCH}:{number}")] = port
    guests: list[tuple[Key, Any]] = [
        (key, row) for key, row in site.config.items() if key.kind == "guest" and row["nics"]
    ]
    nodes = {node: number % PORTS for number, node in enumerate(sorted({row["node"] for _, row in guests}))}
    for number, (key, row) in enumerate(guests):
        address = f"10.{number // 40000}.{number // 200 % 200}.{number % 200 + 2}"
        observed[key] = {**observed.get(key, {}), "addresses": {"eth0": {"addresses": [f"{address}/16"]}}}
        nics: dict[str, Any] = row["nics"]
        mac = next(iter(nics.values()))["mac"]
        observed[Key("unifi", "client", mac)] = _client(address, nodes[row["node"]])
        other = f"02:00:00:{number >> 16:02X}:{number >> 8 & 255:02X}:{number & 255:02X}"
        foreign = f"10.{100 + number // 40000}.{number // 200 % 200}.{number % 200 + 2}"
        observed[Key("unifi", "client", other)] = _client(foreign, number % PORTS)
        if number % 10 == 0:
            config[Key("unifi", "reservation", mac)] = {"fixed_ip": address}
        if number % 20 == 0:
            config[Key("npm", "proxy-host", f"n{number}.lan.example")] = {
                "domain_names": [f"n{number}.lan.example"],
                "forward_host": address,
                "forward_port": 80,
                "enabled": True,
            }
    kinds = ("network", "switch-port", "client", "reservation", "device", "port-forward", "static-dns")
    at = [("unifi", kind) for kind in kinds] + [
        ("npm", "proxy-host"),
        ("npm", "stream"),
        ("npm", "certificate"),
    ]
    scopes = (Scope(source=source, kind=kind, listed="complete", count=0) for source, kind in at)
    return replace(site, config=config, observed=observed, scopes=(*site.scopes, *scopes))


def _client(address: str, port: int) -> dict[str, Any]:
    return {"ip": address, "switch_port": f"{SWITCH}:{port}"}


def modelled(inventory: Inventory) -> SiteModel:
    """Return what a run makes of the whole site, with every rule evaluated."""
    model = SiteModel(inventory, CapacitySettings())
    assert model.paths
    assert model.capacity
    evaluate_rules(model)
    return model
