"""The live side of a UniFi site: wired and wireless clients, counters, links; made for every answer."""

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.lab.members import Guest
from reconciler.lab.state import State
from reconciler.lab.unifi.ids import Rows, oid

_MAC = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}", re.IGNORECASE)
_TAG = re.compile(r"\btag=(\d+)")


def stations(state: State, lists: Mapping[str, Rows], turn: int) -> Rows:
    """Return `stat/sta`: guests behind the ports of their nodes, and clients that roam at every `turn`."""
    rows = (*_guests(state, lists, turn), *_clients(state.unifi, turn))
    return list({row["mac"]: row for row in rows}.values())  # a controller knows a client by its MAC address


def devices(state: State, lists: Mapping[str, Rows], turn: int) -> Rows:
    """Return `stat/device`: devices as configured, with counters and the MAC addresses on each port."""
    found: Rows = []
    seen: dict[tuple[str, int], list[str]] = {}
    for row in stations(state, lists, turn):
        if row["is_wired"]:
            seen.setdefault((row["sw_mac"], row["sw_port"]), []).append(row["mac"])
    for row in lists["stat/device"]:
        live = {
            "uptime": 1000 + turn,
            "last_seen": int(time.time()),
            "bytes": 10**6 * turn,
            "satisfaction": 98,
        }
        device = row | (live if row["state"] else {"considered_lost_at": int(time.time()) + turn})
        if "port_table" in row:
            device["port_table"] = [
                _port(port, seen.get((row["mac"], port["port_idx"]), []), turn) for port in row["port_table"]
            ]
        found.append(device)
    return found


def _port(port: dict[str, Any], macs: list[str], turn: int) -> dict[str, Any]:
    if not macs and not port["is_uplink"]:
        return port
    return port | {
        "up": True, "speed": 1000, "full_duplex": True, "rx_bytes": 10**6 * turn, "tx_bytes": 10**5 * turn,
        "mac_table": [{"mac": mac, "age": turn % 300, "vlan": 11} for mac in macs],
    }  # fmt: skip


def _guests(state: State, lists: Mapping[str, Rows], turn: int) -> Iterator[dict[str, Any]]:
    places = {
        node: (state.unifi["devices"][device]["mac"], port)
        for node, (device, port) in state.unifi["hosts"].items()
    }
    vlans = {
        int(row["vlan"]): row
        for row in lists["rest/networkconf"]
        if str(row.get("vlan")).strip().isdecimal() and row.get("vlan_enabled")
    }
    for guest in state.guests.values():
        if guest.power != "running" or guest.node not in places:
            continue
        for slot, mac, tag in _nics(guest):
            network = vlans.get(tag)
            if network is None:
                continue
            device, port = places[guest.node]
            found = {
                "mac": mac.lower(), "is_wired": True, "hostname": guest.name, "sw_mac": device,
                "sw_port": port,
                "network": network["name"], "network_id": network["_id"], "vlan": tag, "sw_depth": 1,
                "is_guest": False, **_counters(turn),
            }  # fmt: skip
            addresses = guest.addresses.get(slot, ())
            yield found | ({"ip": addresses[0].partition("/")[0]} if addresses else {})


def _nics(guest: Guest) -> Iterator[tuple[str, str, int]]:
    for slot, text in guest.config.items():
        mac = _MAC.search(str(text)) if re.fullmatch(r"net\d+", slot) else None
        tag = _TAG.search(str(text))
        if mac is not None and tag is not None:
            yield slot, mac[0], int(tag[1])


def _clients(site: Mapping[str, Any], turn: int) -> Iterator[dict[str, Any]]:
    points = [row["mac"] for row in site["devices"].values() if row["type"] == "uap"]
    for number, row in enumerate(site["clients"]):
        if "mac" not in row or not {"wlan", "port"} & row.keys():
            continue
        found: dict[str, Any] = {
            "mac": row["mac"].lower(), "network": row["network"],
            "network_id": oid("network", row["network"]),
            "is_guest": False, "user_id": oid("user", row["mac"]), **_counters(turn),
        }  # fmt: skip
        found |= {key: row[key] for key in ("name", "hostname") if key in row}
        address = row.get("fixed", row.get("ip", row.get("was")))
        if address:
            found["ip"] = address
        if "port" in row:
            device, port = row["port"]
            found |= {"is_wired": True, "sw_mac": site["devices"][device]["mac"], "sw_port": port}
        else:
            found |= {
                "is_wired": False,
                "essid": row["wlan"],
                "ap_mac": points[(number + turn) % len(points)],
            }
            found |= {"signal": -60 - turn % 9, "channel": 36, "radio": "na", "roam_count": turn}
        yield found


def _counters(turn: int) -> dict[str, Any]:
    return {"uptime": turn, "last_seen": int(time.time()), "rx_bytes": 1000 * turn, "tx_bytes": 10 * turn}
