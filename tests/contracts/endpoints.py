"""The endpoints of which facts are kept: those the collectors read and the lab serves."""

import re

_GUEST = (
    "config",
    "firewall/aliases",
    "firewall/ipset",
    "firewall/options",
    "firewall/rules",
    "pending",
    "snapshot",
    "status/current",
)

PROXMOX = (
    "/access/acl",
    "/access/domains",
    "/access/domains/{realm}",
    "/access/groups",
    "/access/permissions",
    "/access/roles",
    "/access/tfa",
    "/access/users",
    "/cluster/backup",
    "/cluster/backup/{id}",
    "/cluster/firewall/aliases",
    "/cluster/firewall/groups",
    "/cluster/firewall/groups/{group}",
    "/cluster/firewall/ipset",
    "/cluster/firewall/ipset/{name}",
    "/cluster/firewall/options",
    "/cluster/firewall/rules",
    "/cluster/ha/groups",
    "/cluster/ha/groups/{group}",
    "/cluster/ha/resources",
    "/cluster/ha/resources/{sid}",
    "/cluster/ha/rules",
    "/cluster/ha/rules/{rule}",
    "/cluster/ha/status/current",
    "/cluster/jobs/realm-sync",
    "/cluster/mapping/dir",
    "/cluster/mapping/pci",
    "/cluster/mapping/usb",
    "/cluster/metrics/server",
    "/cluster/metrics/server/{id}",
    *(f"/cluster/notifications/endpoints/{name}" for name in ("gotify", "sendmail", "smtp", "webhook")),
    "/cluster/notifications/matchers",
    "/cluster/notifications/targets",
    "/cluster/options",
    "/cluster/replication",
    "/cluster/replication/{id}",
    "/cluster/resources",
    "/cluster/sdn/controllers",
    "/cluster/sdn/fabrics/all",
    "/cluster/sdn/vnets",
    "/cluster/sdn/vnets/{vnet}",
    "/cluster/sdn/vnets/{vnet}/firewall/options",
    "/cluster/sdn/vnets/{vnet}/firewall/rules",
    "/cluster/sdn/vnets/{vnet}/subnets",
    "/cluster/sdn/zones",
    "/cluster/sdn/zones/{zone}",
    "/cluster/status",
    "/nodes",
    "/nodes/{node}/config",
    "/nodes/{node}/disks/list",
    "/nodes/{node}/dns",
    "/nodes/{node}/firewall/options",
    "/nodes/{node}/firewall/rules",
    "/nodes/{node}/hosts",
    "/nodes/{node}/lxc",
    *(f"/nodes/{{node}}/lxc/{{vmid}}/{name}" for name in (*_GUEST, "interfaces")),
    "/nodes/{node}/network",
    "/nodes/{node}/network/{iface}",
    "/nodes/{node}/qemu",
    *(f"/nodes/{{node}}/qemu/{{vmid}}/{name}" for name in (*_GUEST, "agent/network-get-interfaces")),
    "/nodes/{node}/replication",
    "/nodes/{node}/status",
    "/nodes/{node}/storage",
    "/nodes/{node}/storage/{storage}/content",
    "/nodes/{node}/storage/{storage}/status",
    "/nodes/{node}/subscription",
    "/nodes/{node}/time",
    "/pools",
    "/storage",
    "/storage/{storage}",
    "/version",
)

SETTINGS = (
    "AutoSpeedtest Baresip Broadcast Connectivity Country Dashboard Doh Dpi ElementAdopt"
    " EtherLighting EvaluationScore GlobalAp GlobalNat GlobalSwitch GuestAccess Ips Lcm Locale"
    " MagicSiteToSiteVpn Mdns Mgmt Netflow NetworkOptimization Ntp Porta RadioAi Radius"
    " RoamingAssistant Rsyslogd Snmp SslInspection Teleport TrafficFlow Usg Usw"
).split()
"""Sections of the settings of a site, as the schema names them."""


def section(name: str) -> str:
    """Return the key of a section."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


CLASSIC = {
    "apgroups": "APGroup",
    "firewall-policies": "FirewallPolicy",
    "firewall/zone": "FirewallZone",
    "nat": "Nat",
    "rest/account": "Account",
    "rest/dhcpoption": "DHCPOption",
    "rest/dpiapp": "DpiApp",
    "rest/dpigroup": "DpiGroup",
    "rest/dynamicdns": "DynamicDNS",
    "rest/firewallgroup": "FirewallGroup",
    "rest/firewallrule": "FirewallRule",
    "rest/hotspotop": "HotspotOp",
    "rest/networkconf": "Network",
    "rest/portconf": "PortProfile",
    "rest/portforward": "PortForward",
    "rest/radiusprofile": "RADIUSProfile",
    "rest/routing": "Routing",
    "rest/scheduletask": "ScheduleTask",
    "rest/tag": "Tag",
    "rest/user": "Client",
    "rest/usergroup": "ClientGroup",
    "rest/wlanconf": "WLAN",
    "stat/device": "Device",
    "static-dns": "DNSRecord",
    "trafficroutes": "TrafficRoute",
    **{f"get/setting/{section(name)}": f"Setting{name}" for name in SETTINGS},
}
"""Lists of the classic and the v2 API → the definition of a row."""

_SITE = "/v1/sites/{siteId}"
INTEGRATION = (
    "/v1/info",
    "/v1/sites",
    f"{_SITE}/clients",
    f"{_SITE}/devices",
    f"{_SITE}/devices/{{deviceId}}",
    f"{_SITE}/dns/policies",
    f"{_SITE}/acl-rules",
    f"{_SITE}/acl-rules/ordering",
    f"{_SITE}/firewall/policies",
    f"{_SITE}/firewall/policies/ordering",
    f"{_SITE}/firewall/zones",
    f"{_SITE}/networks",
    f"{_SITE}/networks/{{networkId}}",
    f"{_SITE}/switching/lags",
    f"{_SITE}/switching/mc-lag-domains",
    f"{_SITE}/switching/switch-stacks",
    f"{_SITE}/traffic-matching-lists",
    f"{_SITE}/vpn/servers",
    f"{_SITE}/vpn/site-to-site-tunnels",
    f"{_SITE}/wans",
    f"{_SITE}/wifi/broadcasts",
    f"{_SITE}/wifi/broadcasts/{{wifiBroadcastId}}",
)

NPM = {
    f"/api/nginx/{name}": f"paths/nginx/{name}/get.json"
    for name in ("access-lists", "certificates", "dead-hosts", "proxy-hosts", "redirection-hosts", "streams")
}
"""Lists → the file that describes their answer."""
