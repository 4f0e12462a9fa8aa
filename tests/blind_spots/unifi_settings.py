"""The places of the settings of a UniFi site: each section is a row of one list."""

from collections.abc import Iterator
from typing import Any

from tests.blind_spots.place import Raw
from tests.contracts.endpoints import SETTINGS, section

_ADDRESSES = ["192.0.2.10", "192.0.2.11"]
_NETWORKS = [["n2"], ["n2", "n3"]]
_MACS = [["BC:24:11:00:00:01"], ["BC:24:11:00:00:01", "BC:24:11:00:00:02"]]
_OPEN: dict[str, list[Raw]] = {
    "auto_speedtest": [{"enabled": True}],
    "doh": [{"state": "manual"}, {"state": "custom"}],
    "ips": [{"honeypot_enabled": True}],
    "mdns": [{"mode": "custom"}],
    "mgmt": [{"x_ssh_enabled": True, "auto_upgrade": True, "x_mgmt_key": "word", "x_ssh_password": "word"}],
    "ntp": [{"setting_preference": "manual"}],
    "rsyslogd": [{"netconsole_enabled": True}],
    "usg": [{"geo_ip_filtering_enabled": True, "upnp_enabled": True}],
}
"""Section → the flags that are on in a row of it, in each form."""
_GIVEN: dict[str, list[Any]] = {
    "ap_exclusions": _MACS,
    "switch_exclusions": _MACS,
    "exclude_devices": _MACS,
    "high_priority_devices": _MACS,
    "excluded_network_ids": _NETWORKS,
    "network_ids": _NETWORKS,
    "enabled_networks": _NETWORKS,
    "acl_device_isolation": _NETWORKS,
    ".destination_networks": _NETWORKS,
    ".source_network": ["n2", "n3"],
    ".network_id": ["n2", "n3"],
    "dot1x_fallback_networkconf_id": ["n2", "n3"],
    "radiusprofile_id": ["r1", "r2"],
    "restricted_dns_servers": [["192.0.2.10"], ["192.0.2.10", "192.0.2.11"]],
    "geo_ip_filtering_countries": ["CH", "CH,LI"],
    "rssi": [-70, -75],
    "sampling_rate": [2, 3],
    "interim_update_interval": [60, 90],
    "dhcp_relay_max_size": [64, 90],
    "mss_clamp_mss": [1400, 1452],
    **{f"ntp_server_{number}": _ADDRESSES for number in range(1, 5)},
    **{f"dhcp_relay_server_{number}": _ADDRESSES for number in range(1, 6)},
    "custom_ip": _ADDRESSES,
    "x_ssh_keys": [[{"key": "AAAA"}], [{"key": "AAAB"}]],
}


def sections() -> Iterator[tuple[str, str, Raw, dict[str, list[Any]]]]:
    """Yield the endpoint of each section, its form, a row, and values of its keys."""
    for name in map(section, SETTINGS):
        for number, row in enumerate(_OPEN.get(name, [{}])):
            yield f"get/setting/{name}", str(number or ""), {"key": name, **row}, {**_GIVEN, "key": [name]}
