"""Security groups of the datacenter firewall, by name, with the rules that other firewalls include.

Read from `/cluster/firewall/groups`, and `/cluster/firewall/groups/NAME` of each group. By hand:
`pvesh get /cluster/firewall/groups`, or `[group NAME]` in `/etc/pve/firewall/cluster.fw`.
"""

from dataclasses import dataclass
from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_list import below, fetch_list, read_members
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.firewall_rules import FirewallRules, read_rules, used_by_rules
from reconciler.collectors.proxmox.rows import CommentText, HasComment, read_comment, read_fields
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.resource import Resource

READS = ("cluster/firewall/groups",)


class SecurityGroup(Resource):
    """A security group, whose rules a firewall includes with a rule of type `group`."""

    rules: FirewallRules = ()
    has_comment: HasComment = False
    comment: CommentText = None


@dataclass(frozen=True, slots=True)
class RawGroup:
    """The row of a group and its rules."""

    row: ApiRow
    rules: list[Any]
    """One that is not an object costs the field."""


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing[RawGroup, ProxmoxContext]:
    """Read every group with its rules; every token sees the groups, and their rules need Sys.Audit on `/`."""
    listing = fetch_list(api, state, "security-group", READS[0], "group")
    found = read_members(api, state, "security-group", listing, below(READS[0], listing))
    groups = {name: RawGroup(raw.row, raw.members) for name, raw in found.rows.items()}
    return Listing(groups, found.context, found.problem, found.unread)


def normalise(_name: str, raw: RawGroup, context: ProxmoxContext) -> SecurityGroup:
    """Make a group of its row and its rules; raises `ValueError` when they cannot be parsed."""
    row = {**raw.row, "rules": raw.rules}
    found = read_fields(row, {}, ignored_fields("proxmox", "security-group"), context)
    read_comment(found, raw.row, context)
    read_rules(found, raw.rules, context)
    return SecurityGroup.of_row(found)


KIND = Kind(
    name="security-group",
    plural="security-groups",
    model=SecurityGroup,
    fetch=fetch,
    normalise=normalise,
    uses=lambda _name, row: used_by_rules(row),
    used_kinds=frozenset({"security-group", "ipset", "alias"}),
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
    renamable=True,
)
