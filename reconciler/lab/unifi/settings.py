"""Rows of `get/setting`: a section each, with the keys that a new site has in it."""

from collections.abc import Callable, Mapping
from typing import Any

_NEW: dict[str, dict[str, Any]] = {
    "auto_speedtest": {"enabled": False, "cron_expr": "0 3 * * *"},
    "connectivity": {"enabled": True, "uplink_type": "gateway", "enable_isolated_wlan": False},
    "country": {"code": 840},
    "dashboard": {"layout_preference": "auto", "widgets": []},
    "doh": {"state": "off", "server_names": [], "custom_servers": []},
    "dpi": {"enabled": True, "fingerprintingEnabled": True},
    "global_ap": {"ap_exclusions": [], "na_channel_size": 80, "ng_channel_size": 20},
    "global_nat": {"mode": "auto", "excluded_network_ids": []},
    "global_switch": {
        "stp_version": "rstp", "dhcp_snoop": True, "dot1x_portctrl_enabled": False,
        "jumboframe_enabled": False, "flowctrl_enabled": False, "acl_device_isolation": [],
        "acl_l3_isolation": [],
        "dot1x_fallback_networkconf_id": "", "radiusprofile_id": "", "switch_exclusions": [],
        "flood_known_protocols": True, "forward_unknown_mcast_router_ports": True,
    },
    "guest_access": {
        "portal_enabled": False, "auth": "hotspot", "expire": "480", "expire_number": 8, "expire_unit": 60,
        "redirect_enabled": False, "allowed_subnet_1": "", "restricted_subnet_1": "192.168.0.0/16",
        "restricted_subnet_2": "172.16.0.0/12", "portal_customized_bg_color": "#cccccc", "x_password": "",
    },
    "ips": {
        "ips_mode": "disabled", "enabled_categories": [], "enabled_networks": [], "honeypot": [],
        "honeypot_enabled": False, "restrict_torrents": False, "memory_optimized": False,
        "suppression": {"alerts": [], "whitelist": []}, "advanced_filtering_preference": "disabled",
    },
    "lcm": {"enabled": True, "brightness": 80, "idle_timeout": 300, "sync": True, "touch_event": True},
    "locale": {"timezone": "Etc/UTC"},
    "magic_site_to_site_vpn": {"enabled": False},
    "mdns": {"mode": "auto", "predefined_services": [], "custom_services": []},
    "mgmt": {
        "x_ssh_enabled": True, "x_ssh_auth_password_enabled": True, "x_ssh_bind_wildcard": False,
        "x_ssh_keys": [], "auto_upgrade": False, "led_enabled": True, "alert_enabled": True,
        "advanced_feature_enabled": False, "boot_sound": False, "debug_tools_enabled": False,
        "direct_connect_enabled": False, "outdoor_mode_enabled": False, "unifi_idp_enabled": True,
        "wifiman_enabled": True,
    },
    "netflow": {"enabled": False, "port": 2055, "version": 10, "network_ids": [], "sampling_mode": "off"},
    "network_optimization": {"enabled": False},
    "ntp": {
        "setting_preference": "auto", "ntp_server_1": "0.ubnt.pool.ntp.org", "ntp_server_2": "",
        "ntp_server_3": "", "ntp_server_4": "",
    },
    "radio_ai": {"enabled": False, "cron_expr": "0 4 * * *", "channels_na": [36, 40, 44, 48], "useXY": True},
    "radius": {"enabled": False, "auth_port": 1812, "acct_port": 1813, "accounting_enabled": False},
    "roaming_assistant": {"enabled": False, "rssi": -75},
    "rsyslogd": {
        "enabled": False, "contents": [], "debug": False, "netconsole_enabled": False, "port": 514,
        "this_controller": True, "this_controller_encrypted_only": True, "log_all_contents": False,
    },
    "snmp": {"enabled": False, "enabledV3": False, "username": "", "x_password": ""},
    "ssl_inspection": {"state": "off"},
    "teleport": {"enabled": False, "subnet_cidr": ""},
    "traffic_flow": {"enabled_allowed_traffic": True, "gateway_dns_enabled": False},
    "usg": {
        "upnp_enabled": False, "upnp_nat_pmp_enabled": True, "upnp_secure_mode": True, "mdns_enabled": False,
        "geo_ip_filtering_enabled": False, "geo_ip_filtering_block": "block",
        "geo_ip_filtering_countries": "", "geo_ip_filtering_traffic_direction": "both",
        "broadcast_ping": False, "syn_cookies": True, "send_redirects": True, "receive_redirects": False,
        "dhcp_relay_server_1": "", "dns_verification": {"setting_preference": "auto"}, "mss_clamp": "auto",
        "ftp_module": True, "sip_module": False, "tcp_established_timeout": 7440, "udp_stream_timeout": 180,
    },
    "usw": {"dhcp_snoop": True},
}  # fmt: skip


def all_sections(
    given: Mapping[str, Mapping[str, Any]], network: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Return the row of each section; `network` returns the id of a network by its name."""
    found = []
    for name, new in _NEW.items():
        row = {"_id": f"set{name}", "site_id": network("site"), "key": name, **new, **given.get(name, {})}
        if name == "ips":
            row["enabled_networks"] = [network(each) for each in row["enabled_networks"]]
        found.append(row)
    return found
