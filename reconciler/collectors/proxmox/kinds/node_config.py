"""Node options, by node: ACME, Wake-on-LAN, startup delay, DNS servers, time zone, hosts file.

Read from `/nodes/NODE/config`, `/nodes/NODE/dns`, `/nodes/NODE/time` and `/nodes/NODE/hosts` of each online
node. By hand: `pvenode config get`, `pvesh get /nodes/NODE/dns`.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import read_notes
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.accounts import option
from reconciler.collectors.proxmox.cluster_state import ClusterState, node_offline, node_unread
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path
from reconciler.collectors.proxmox.context import ProxmoxContext, context_of
from reconciler.collectors.proxmox.property_string import (
    Properties,
    at_default,
    items,
    items_of,
    take_unknown,
)
from reconciler.collectors.proxmox.rights import grant_command
from reconciler.collectors.proxmox.rows import key_names, read_fields
from reconciler.collectors.proxmox.settable import RowCommand, change_row, identity
from reconciler.errors import Problem
from reconciler.model.fields.hosts import HostAddresses
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Notes, Text, TextLines
from reconciler.model.fix import Fix, KindFixes, WantedFields, joined_fixes
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.relations import on_node_of_id, with_node_of_id
from reconciler.model.resource import Resource
from reconciler.model.unread import mark_unread

_PARTS = ("config", "dns", "time", "hosts")
READS = tuple(f"nodes/{{node}}/{part}" for part in _PARTS)
_DOMAIN = items("domain alias plugin", "domain")
_NO_OBJECT = Problem("", "its options are not an object", cause="bad-answer")


class NodeConfig(Resource):
    """Options of a node, and the system settings that Proxmox VE shows."""

    startall_onboot_delay: Annotated[
        Count, Field(description="Delay in seconds before guests with start at boot are started")
    ] = 0
    ballooning_target: Annotated[
        Count, Field(description="RAM usage target for ballooning, in percent of total memory")
    ] = 80
    wakeonlan: Annotated[
        Properties,
        items("mac bind-interface broadcast-address", "mac"),
        at_default(broadcast_address="255.255.255.255"),
        Field(default_factory=dict, description="Wake-on-LAN settings"),
    ]
    acme: Annotated[
        Properties,
        items("account domains"),
        at_default(account="default"),
        Field(default_factory=dict, description="ACME account and domains of the node's certificate"),
    ]
    acme_domains: Annotated[
        dict[str, Text], Field(default_factory=dict, description="acmedomain0 … → domain, alias and plugin")
    ]
    location: Annotated[
        Properties,
        items("name latitude longitude"),
        Field(
            default_factory=dict,
            description="Location: name, latitude and longitude; Proxmox VE 9.2 and later",
        ),
    ]
    nameservers: Annotated[HostAddresses, Field(description="DNS servers, in order")] = ()
    search_domain: Annotated[Text | None, Field(description="DNS search domain")] = None
    timezone: Annotated[Text | None, Field(description="Time zone")] = None
    hosts: Annotated[TextLines, Field(description="Lines of /etc/hosts, without comments")] = ()
    has_description: Annotated[Flag, Field(description="true if there are notes")] = False
    description: Annotated[Notes | None, Field(description="Notes; stored only with store_descriptions")] = (
        None
    )


_NAMES = key_names(
    ["startall_onboot_delay", "ballooning_target", "wakeonlan", "acme", "location", "timezone"]
) | {"search": "search_domain"}
_NEEDED: Mapping[str, AbstractSet[str]] = {"dns": frozenset(), "time": {"timezone"}, "hosts": {"data"}}
"""Part → the keys that each answer of it has."""
_OF_PART = {
    "dns": ("nameservers", "search_domain"),
    "time": ("timezone",),
    "hosts": ("hosts",),
}


@dataclass(frozen=True, slots=True)
class RawNodeConfig:
    """The answers of a node about itself, by the last part of their path."""

    config: ApiRow
    dns: ApiRow | None = None
    time: ApiRow | None = None
    hosts: ApiRow | None = None


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing[RawNodeConfig, ProxmoxContext]:
    """Read the options of every node that is online; what else a node does not show is unread."""
    unread = {node: node_offline(node) for node, online in state.nodes.items() if not online}
    asked = {path("nodes", node, part): (node, part) for node in state.online() for part in _PARTS}
    answers: dict[str, dict[str, Any]] = {node: {} for node in state.online()}
    for at, data in api.get_many(asked):
        node, part = asked[at]
        answers[node][part] = data
    found: dict[str, RawNodeConfig] = {}
    for node, parts in answers.items():
        config = parts.get("config")
        if isinstance(config, dict):
            others = {part: _whole(parts.get(part), needed) for part, needed in _NEEDED.items()}
            found[node] = RawNodeConfig(config, **others)
        elif isinstance(config, ProxmoxRequestFailed):
            remedy = grant_command("/", state.rights.token_id) if config.status == 403 else ""
            unread[node] = node_unread(node, config, remedy)
        else:
            unread[node] = _NO_OBJECT
    return Listing(found, context_of(api, state), state.listing_problem("/nodes", "Sys.Audit"), unread)


def _whole(data: Any, needed: AbstractSet[str]) -> ApiRow | None:
    """Return an object that has what each answer of its path has; None for anything else."""
    return data if isinstance(data, dict) and data.keys() >= needed else None


def normalise(_node: str, raw: RawNodeConfig, context: ProxmoxContext) -> NodeConfig:
    """Make the options of a node of its answers; raises `ValueError` when they cannot be parsed."""
    parts = {"dns": raw.dns, "time": raw.time, "hosts": raw.hosts}
    row: dict[str, Any] = dict(raw.config)
    for each in parts.values():
        row |= {key: value for key, value in (each or {}).items() if key != "digest"}
    names = _NAMES | {key: "acme_domains" for key in raw.config if _is_domain(key)}
    found = read_fields(row, names, ignored_fields("proxmox", "node-config"), context, items_of(NodeConfig))
    found["acme_domains"], unknown = _domains(raw.config)
    found["unmodelled"] |= ignored_fields("proxmox", "node-config").items(unknown, context.fingerprints)
    found["nameservers"] = _nameservers(raw.dns or {})
    found["hosts"] = _hosts(row.get("data"))
    read_notes(found, raw.config, field="description", stored=context.store_descriptions)
    for part, answer in parts.items():
        if answer is None:
            mark_unread(found, *_OF_PART[part])
    return NodeConfig.of_row(found)


def _is_domain(key: str) -> bool:
    return key.startswith("acmedomain") and key.removeprefix("acmedomain").isdecimal()


def _domains(config: ApiRow) -> tuple[dict[str, object], dict[str, Any]]:
    """Return the settings of each domain in one form, and the items that are not known, by JSON pointer."""
    found: dict[str, object] = {}
    unknown: dict[str, Any] = {}
    for key in filter(_is_domain, config):
        value, others = take_unknown(key, config[key], _DOMAIN)
        unknown |= others
        found[key] = _domain(value) if isinstance(value, Mapping) else value
    return found, unknown


def _domain(parts: Mapping[str, object]) -> str:
    """Return the domain, then its other items, without the plugin that is the default."""
    others = (f"{name}={parts[name]}" for name in ("alias", "plugin") if name in parts)
    return ",".join([str(parts.get("domain", "")), *(each for each in others if each != "plugin=standalone")])


def _nameservers(dns: Mapping[str, Any]) -> list[Any]:
    return [dns[key] for key in ("dns1", "dns2", "dns3") if dns.get(key)]


def _hosts(text: object) -> object:
    """Return the lines of a hosts file, with one blank between words, and without comments."""
    if not isinstance(text, str):
        return text or ()
    lines = (" ".join(line.partition("#")[0].split()) for line in text.splitlines())
    return tuple(filter(None, lines))


_OPTIONS_COMMAND = RowCommand(
    kind="node-config",
    words=lambda _wanted: ("pvenode", "config", "set"),
    keys={"startall_onboot_delay": "startall-onboot-delay", "ballooning_target": "ballooning-target"},
    guarded=False,
)
_TIME = RowCommand(
    kind="node-config",
    words=lambda wanted: ("pvesh", "set", f"/nodes/{identity(wanted)}/time"),
    on=lambda wanted: f"/nodes/{wanted.id}",
    text=option,
    guarded=False,
)


def _change(wanted: WantedFields) -> Fix:
    """Return the commands for options, which run on the node itself, and for the time zone."""
    zone = {path: value for path, value in wanted.changes.items() if path == "/timezone"}
    others = {path: value for path, value in wanted.changes.items() if path not in zone}
    fixes = [change_row(_TIME, replace(wanted, changes=zone))] if zone else []
    if others:
        own = change_row(_OPTIONS_COMMAND, replace(wanted, changes=others))
        fixes.append(own.model_copy(update={"where": wanted.id}) if own.commands else own)
    return joined_fixes(fixes)


KIND = Kind(
    name="node-config",
    plural="node-configs",
    model=NodeConfig,
    fetch=fetch,
    normalise=normalise,
    notes="description",
    not_adopted=frozenset({"has_description"}),
    host=on_node_of_id,
    fix=KindFixes(_change),
    within=lambda identity, _row: [("node", identity)],
    comes_with=with_node_of_id,
)
