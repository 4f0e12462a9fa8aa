"""Devices with their ports, as `stat/device` of a UniFi Network controller shows them."""

from collections.abc import Mapping
from typing import Any

from reconciler.lab.unifi.ids import Rows, common, oid

_OF_DEVICE = (
    "mac", "type", "model", "version", "ip", "stp_priority", "snmp_location", "outlet_overrides",
    "ethernet_overrides", "nut_server",
)  # fmt: skip


def device(name: str, row: Mapping[str, Any], site: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of `stat/device`."""
    state = row.get("state", 1)
    static = row.get("static")
    config: dict[str, Any] = {"type": "dhcp", "ip": "192.168.1.20"}
    if static:
        config = {"type": "static", "ip": static, "netmask": "255.255.255.0", "gateway": "192.168.1.1"}
        config |= {"dns1": "192.168.11.102"}
    found: dict[str, Any] = {
        **common("device", name), "name": name, "adopted": True, "state": state, "config_network": config,
        "serial": row["mac"].replace(":", "").upper(), "led_override": "default",
        "led_override_color": "#0000ff",
        "x_authkey": oid("authkey", name) + oid("authkey2", name)[:8], "x_aes_gcm": True,
        "inform_ip": "192.168.1.1",
        "x_inform_authkey": oid("inform", name), "x_ssh_hostkey": "AAAAlab",
        "syslog_key": oid("syslog", name),
        "cfgversion": oid("cfg", name)[:16], "known_cfgversion": oid("cfg", name)[:16],
        "lldp_table": [], "downlink_table": [], "ethernet_table": [{"mac": row["mac"], "name": "eth0"}],
        **{key: row[key] for key in _OF_DEVICE if key in row},
    }  # fmt: skip
    if "radios" in row:
        found["radio_table"] = [{"radio": radio, **each} for radio, each in row["radios"].items()]
    if "uplink" in row:
        device, port = row["uplink"]
        found["uplink"] = {
            "uplink_mac": site["devices"][device]["mac"], "uplink_remote_port": port, "type": "wire",
            "speed": 1000, "port_idx": row.get("uplink_port"),
        }  # fmt: skip
    overrides = row.get("overrides", {})
    found["port_overrides"] = [_override(number, each) for number, each in overrides.items()]
    if "ports" in row and state:
        found["port_table"] = [
            _port(number, overrides.get(number, {}), row) for number in range(1, row["ports"] + 1)
        ]
        _aggregate(found["port_table"], overrides)
    return found


def _override(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"port_idx": number, "setting_preference": "manual"}
    for key, value in row.items():
        if key == "profile":
            found["portconf_id"] = oid("profile", value)
        elif key == "native":
            found["native_networkconf_id"] = oid("network", value)
        else:
            found[key] = value
    return found


def _port(number: int, override: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    poe = number <= row["poe"]
    name = override.get("name", row.get("names", {}).get(number, f"Port {number}"))
    found: dict[str, Any] = {
        "port_idx": number, "name": name, "media": "GE" if number < 25 else "SFP+", "port_poe": poe,
        "enable": override.get("forward") != "disabled", "up": False, "speed": 0, "full_duplex": False,
        "autoneg": True, "is_uplink": number == row.get("uplink_port"), "op_mode": "switch",
        "aggregated_by": False, "masked": False, "mac_table": [], "lldp_table": [], "stp_state": "forwarding",
    }  # fmt: skip
    if poe:
        found |= {"poe_enable": True, "poe_mode": override.get("poe_mode", "auto"), "poe_power": "0.00"}
    if "profile" in override:
        found["portconf_id"] = oid("profile", override["profile"])
    return found


def _aggregate(ports: Rows, overrides: Mapping[int, Mapping[str, Any]]) -> None:
    """Note the leading port of an aggregate in its other ports."""
    for first, override in overrides.items():
        for member in override.get("aggregate_members", ()):
            if member != first:
                ports[member - 1]["aggregated_by"] = first
