"""The endpoints of the lab, and the query parameters of each; like Proxmox, it refuses anything else."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote

from reconciler.lab.proxmox import access, cluster, guest, inside, lists, node, settings, targets
from reconciler.lab.proxmox.error import ApiError, invalid
from reconciler.lab.proxmox.request import Request

_T = TypeVar("_T")
SYSTEMS = ("qemu", "lxc")
_UNDEFINED = "property is not defined in schema and the schema does not allow additional properties"

_LISTS = (
    "cluster/backup",
    "cluster/jobs/realm-sync",
    "cluster/ha/resources",
    "cluster/ha/rules",
    "cluster/firewall/options",
    "cluster/firewall/rules",
    "cluster/firewall/ipset",
    "cluster/firewall/aliases",
)
SITE: Mapping[str, tuple[Callable[[Request], Any], set[str]]] = {
    "version": (cluster.version, set()),
    "access/acl": (access.rules, set()),
    "access/domains": (access.realms, set()),
    "access/groups": (access.groups, set()),
    "access/roles": (access.roles, set()),
    "access/tfa": (access.second_factors, set()),
    "access/users": (access.users, {"enabled", "full"}),
    "access/permissions": (cluster.permissions, {"path"}),
    "cluster/status": (cluster.status, set()),
    "cluster/resources": (cluster.resources, {"type"}),
    "cluster/options": (cluster.options, set()),
    "nodes": (node.listed, set()),
    "storage": (cluster.storages, {"type"}),
    "pools": (cluster.pools, {"poolid"}),
    "cluster/replication": (lists.replication, set()),
    "cluster/sdn/zones": (lists.zones, {"pending", "running", "type"}),
    "cluster/sdn/vnets": (lists.vnets, {"pending", "running"}),
    "cluster/sdn/controllers": (lists.controllers, {"pending", "running", "type"}),
    "cluster/sdn/fabrics/all": (lists.fabrics, {"pending", "running"}),
    "cluster/notifications/targets": (lists.of_mapping("cluster/notifications/targets"), set()),
    **{
        f"cluster/notifications/endpoints/{type_}": (targets.endpoints(type_), set())
        for type_ in ("gotify", "sendmail", "smtp", "webhook")
    },
    "cluster/notifications/matchers": (lists.of_mapping("cluster/notifications/matchers"), set()),
    "cluster/metrics/server": (targets.metric_servers, set()),
    "cluster/ha/groups": (lists.groups, set()),
    "cluster/ha/status/current": (lists.ha_status, set()),
    **{f"cluster/mapping/{name}": (lists.mappings(name), {"check-node"}) for name in ("pci", "usb", "dir")},
    "cluster/firewall/groups": (lists.security_groups, set()),
    **{name: (lists.of_site(name), set()) for name in _LISTS},
}
LOGS: Mapping[str, tuple[Callable[[Request], Any], set[str]]] = {
    "cluster/tasks": (lists.tasks, set()),
    "cluster/log": (lists.log, {"max"}),
    "cluster/ceph/status": (lists.ceph, set()),
}
"""Answers that the published schemas leave open."""
NODE: Mapping[str, tuple[Callable[[Request, str], Any], set[str]]] = {
    "status": (node.status, set()),
    "storage": (node.storages, {"enabled", "storage"}),
    "network": (node.network, {"type"}),
    "disks/list": (node.disks, {"skipsmart"}),
    "subscription": (node.subscription, set()),
    "config": (settings.config, {"property"}),
    "dns": (settings.dns, set()),
    "time": (settings.clock, set()),
    "hosts": (settings.hosts, set()),
    "qemu": (guest.machines, {"full"}),
    "lxc": (guest.containers, set()),
    "firewall/options": (lists.of_node("options"), set()),
    "firewall/rules": (lists.of_node("rules"), set()),
    "replication": (lists.synchronisations, {"guest"}),
}
ENTRY: Mapping[tuple[str, str], Callable[[Request, str, str], Any]] = {
    ("storage", "status"): node.storage_status,
    ("storage", "content"): node.storage_content,
    ("network", ""): node.interface,
}
"""One entry of a node's list: (list, aspect) → endpoint."""
MEMBERS: tuple[tuple[str, str, Callable[[Request, str], Any]], ...] = (
    ("access/domains/", "", access.realm),
    ("cluster/metrics/server/", "", targets.metric_server),
    ("cluster/sdn/vnets/", "/subnets", lists.subnets),
    ("cluster/sdn/vnets/", "/firewall/options", lists.of_vnet("options")),
    ("cluster/sdn/vnets/", "/firewall/rules", lists.of_vnet("rules")),
    ("cluster/sdn/vnets/", "", lists.vnet),
    ("cluster/firewall/ipset/", "", lists.ipset),
    ("cluster/firewall/groups/", "", lists.group),
    *((f"cluster/mapping/{name}/", "", lists.mapping(name)) for name in ("pci", "usb", "dir")),
)
"""One entry of a list of the cluster: start and end of the path around its name, and the endpoint."""
_GUEST: Mapping[str, tuple[Callable[[Request, str, str, str], Any], set[str]]] = {
    "config": (guest.config, {"current", "snapshot"}),
    "pending": (guest.pending, set()),
    "snapshot": (guest.snapshots, set()),
    "status/current": (guest.current, set()),
    "firewall/options": (lists.of_guest("options"), set()),
    "firewall/rules": (lists.of_guest("rules"), set()),
    "firewall/ipset": (lists.of_guest("ipset"), set()),
    "firewall/aliases": (lists.of_guest("aliases"), set()),
}
MACHINE: Mapping[str, tuple[Callable[[Request, str, str, str], Any], set[str]]] = {
    **_GUEST,
    "agent/network-get-interfaces": (inside.agent_interfaces, set()),
}
CONTAINER: Mapping[str, tuple[Callable[[Request, str, str, str], Any], set[str]]] = {
    **_GUEST,
    "interfaces": (inside.container_interfaces, set()),
}


def find(request: Request, path: str) -> Any:
    """Return the data of `path` (below `/api2/json/`); raises the error that Proxmox answers."""
    parts = path.rstrip("/").split("/")
    if len(parts) == 7 and parts[4:6] == ["firewall", "ipset"]:
        _check(request, set())
        return lists.ipset_of_guest(request, parts[1], parts[2], parts[3], unquote(parts[6]))
    if len(parts) > 4 and parts[0] == "nodes" and parts[2] in SYSTEMS:
        return _of_guest(request, path, parts)
    if len(parts) in {4, 5} and parts[0] == "nodes" and (parts[2], "".join(parts[4:])) in ENTRY:
        _check(request, {"content", "vmid"} if parts[4:] == ["content"] else set())
        return ENTRY[parts[2], "".join(parts[4:])](request, parts[1], unquote(parts[3]))
    for start, end, of_entry in MEMBERS:
        name = path.removeprefix(start).removesuffix(end)
        if name and "/" not in name and path == f"{start}{name}{end}":
            _check(request, {"pending", "running"} if end == "/subnets" else set())
            return of_entry(request, unquote(name))
    if len(parts) > 2 and parts[0] == "nodes":
        of_node, parameters = _known(NODE, path, "/".join(parts[2:]))
        _check(request, parameters)
        return of_node(request, parts[1])
    of_site, parameters = _known({**SITE, **LOGS}, path, "/".join(parts))
    _check(request, parameters)
    return of_site(request)


def _of_guest(request: Request, path: str, parts: list[str]) -> Any:
    _, name, system, number, *rest = parts
    answer, parameters = _known(MACHINE if system == "qemu" else CONTAINER, path, "/".join(rest))
    _check(request, parameters)
    return answer(request, name, system, number)


def _known(table: Mapping[str, _T], path: str, name: str) -> _T:
    if name not in table:
        raise ApiError(501, f"Method 'GET /{path}' not implemented")
    return table[name]


def _check(request: Request, parameters: set[str]) -> None:
    unknown = {name: _UNDEFINED for name in request.query if name not in parameters}
    if unknown:
        raise invalid(unknown)
