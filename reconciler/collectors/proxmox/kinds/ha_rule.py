"""HA rules of Proxmox VE 9 and HA groups of Proxmox VE 8, by name: the placement of HA guests.

Read from `/cluster/ha/rules` and `/cluster/ha/groups`. By hand: `pvesh get /cluster/ha/rules`, or
`/etc/pve/ha/rules.cfg` and `groups.cfg`. Once groups are migrated, `/cluster/ha/groups` answers 500 `ha
groups have been migrated to rules`; a release without rules answers 501.
"""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_true
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_list import RowListing, fetch_list, refused
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.commands import UnsafeValueError, name
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, by_key, rows
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.digest import Digest
from reconciler.collectors.proxmox.rows import (
    COMMENT,
    CommentText,
    HasComment,
    health_of,
    key_names,
    read_comment,
    read_errors,
    read_fields,
)
from reconciler.collectors.proxmox.settable import RowCommand, change_row, identity, plain
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Names
from reconciler.model.fix import CommandWords, Fix, KindFixes, WantedFields
from reconciler.model.kind import Kind
from reconciler.model.resource import Resource, own_fields

READS = ("cluster/ha/rules",)

_MIGRATED = "migrated to rules"


def _priorities(nodes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(node.removesuffix(":0") for node in nodes)


Nodes = Annotated[
    Names,
    AfterValidator(_priorities),
    Field(description="Nodes as NODE or NODE:PRIORITY; the highest priority is preferred"),
]


class HaRule(Resource):
    """An HA rule of Proxmox VE 9, or an HA group of Proxmox VE 8."""

    type: Annotated[str, Field(description="Rule type: node-affinity, resource-affinity or group")]
    resources: Annotated[
        Names,
        Field(description="IDs (sids) of the HA resources; the resources of a group name it themselves"),
    ] = ()
    nodes: Nodes = ()
    strict: Annotated[
        Flag, Field(description="Run on no other nodes; in a group the option `restricted`")
    ] = False
    affinity: Annotated[
        str | None, Field(description="positive (keep together) or negative (keep separate)")
    ] = None
    disabled: Annotated[Flag, Field(description="Rule is disabled")] = False
    nofailback: Annotated[Flag, Field(description="Group only: do not return to the preferred node")] = False
    digest: Digest = None
    has_comment: HasComment = False
    comment: CommentText = None


_NAMES = key_names(own_fields(HaRule, "strict", "disabled", *COMMENT))


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read the rules, and the groups where there still are some: whichever engine this cluster has."""
    rules = fetch_list(api, state, "ha-rule", READS[0], "rule")
    if rules.problem and not rules.rows:
        return rules
    try:
        groups, nameless = by_key(
            rows(api.get("cluster/ha/groups"), api.settings.hosts[0], "groups"), "group"
        )
    except ProxmoxRequestFailed as failure:
        if _MIGRATED in failure.reason or (failure.status in {404, 501} and rules.rows):
            return rules
        return replace(rules, problem=refused(api, state, "ha-rule", failure).problem or rules.problem)
    found = {name: {"type": "group", **row} for name, row in groups.items()}
    return replace(rules, rows={**found, **rules.rows}, problem=rules.problem or nameless)


def normalise(_name: str, raw: ApiRow, context: ProxmoxContext) -> HaRule:
    """Make a rule or group of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw, _NAMES, ignored_fields("proxmox", "ha-rule"), context)
    read_comment(found, raw, context)
    kind = "group" if raw.get("group") else raw.get("type")
    strict = raw.get("strict") or raw.get("restricted") or False
    disabled = raw.get("disable") or False
    errors = "" if is_true(disabled) else read_errors(raw.get("errors"))
    return HaRule.of_row(
        {
            **found,
            "type": kind,
            "strict": strict,
            "disabled": disabled,
            "health": health_of([f"it: {errors}"] if errors else ()),
        }
    )


_REQUIRED = frozenset({"nodes", "resources", "affinity"})


def _option(field: str, value: Any) -> str | None:
    """Return a field as `ha-manager` takes it; a rule that is in force has no `disable`."""
    if field in _REQUIRED and not value:
        message = f"{field} cannot be empty"
        raise UnsafeValueError(message)
    return None if field == "disabled" and not value else plain(field, value)


def _of_rule(wanted: WantedFields) -> CommandWords:
    return ("ha-manager", "rules", "set", name(str(wanted.row.get("type"))), identity(wanted))


_RULE = RowCommand(
    kind="ha-rule", words=_of_rule, keys={"disabled": "disable"}, right="Sys.Console", text=_option
)
_GROUP = RowCommand(
    kind="ha-group",
    words=lambda wanted: ("ha-manager", "groupset", identity(wanted)),
    keys={"strict": "restricted"},
    right="Sys.Console",
    text=_option,
)


def _change(wanted: WantedFields) -> Fix:
    return change_row(_GROUP if wanted.row.get("type") == "group" else _RULE, wanted)


KIND = Kind(
    name="ha-rule",
    plural="ha-rules",
    model=HaRule,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
    fix=KindFixes(_change),
)
