"""Where high availability may put guests, by name: rules of Proxmox VE 9, groups of Proxmox VE 8.

Read from `/cluster/ha/rules` and `/cluster/ha/groups`. By hand: `pvesh get /cluster/ha/rules`, or
`/etc/pve/ha/rules.cfg` and `groups.cfg`. Groups that were made into rules answer 500 `ha groups have been
migrated to rules`; a release without rules answers 501.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.proxmox import cluster_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, named, rows
from reconciler.model.fields import Flag, Names, Notes
from reconciler.model.kind import Kind, Listing, Resource

READS = ("cluster/ha/rules",)

_MIGRATED = "migrated to rules"


def _priorities(nodes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(node.removesuffix(":0") for node in nodes)


Nodes = Annotated[
    Names, AfterValidator(_priorities), Field(description="node, or node:priority; the highest is preferred")
]


class HaRule(Resource):
    """A rule, or a group."""

    type: Annotated[str, Field(description="node-affinity, resource-affinity, or group")]
    resources: Annotated[Names, Field(description="sids; those of a group name it themselves")] = ()
    nodes: Nodes = ()
    strict: Annotated[Flag, Field(description="On no other nodes; `restricted` of a group")] = False
    affinity: Annotated[str | None, Field(description="positive (together) or negative (apart)")] = None
    disabled: Flag = False
    nofailback: Annotated[Flag, Field(description="Of a group: stays where it is")] = False
    has_comment: Flag = False
    comment: Annotated[Notes | None, Field(description="Only with store_descriptions")] = None


_OURS = {"strict", "disabled", "unmodelled", "unread", "health", "pending"}
_FIELDS = HaRule.model_fields.keys() - _OURS
_IGNORED = {
    "rule": "is the key",
    "group": "is the key",
    "digest": "changes with every edit",
    "order": "is that of the file",
    **dict.fromkeys(("strict", "restricted"), "is read as strict"),
    "disable": "is read as disabled",
}


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing:
    """Rules, and groups where there are any yet: whichever engine this cluster has."""
    rules = cluster_list.fetch_list(api, state, "ha-rule", READS[0], "rule")
    if rules.listed != "complete" and not rules.rows:
        return rules
    try:
        groups, nameless = named(rows(api.get("cluster/ha/groups"), api.settings.hosts[0], "groups"), "group")
    except ProxmoxRequestFailed as refusal:
        if _MIGRATED in refusal.reason or (refusal.status in {404, 501} and rules.rows):
            return rules
        other = cluster_list.refused(api, state, "ha-rule", refusal)
        return Listing(rules.rows, other.listed, other.problem) if other.listed != "complete" else rules
    found = {name: {"type": "group", **cluster_list.noted(row, api)} for name, row in groups.items()}
    whole = {**found, **rules.rows}
    if rules.listed != "complete" or nameless:
        return Listing(whole, "partial", rules.problem or nameless)
    return Listing(whole)


def normalise(identity: str, raw: Mapping[str, Any]) -> HaRule:
    """A rule or group of its row; raises `ValueError` when it makes no sense."""
    del identity
    kind = "group" if raw.get("group") else raw.get("type")
    strict = raw.get("strict") or raw.get("restricted") or False
    found = cluster_list.fields(raw, _FIELDS, _IGNORED)
    return HaRule.model_validate(
        {**found, "type": kind, "strict": strict, "disabled": raw.get("disable") or False}
    )


KIND = Kind(
    name="ha-rule",
    plural="ha-rules",
    model=HaRule,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
)
