"""Resource mappings, by `pci:NAME`, `usb:NAME` or `dir:NAME`: one name for a device or directory on any node.

Read from `/cluster/mapping/pci`, `usb` and `dir`, one request each; an older release may lack some. By hand:
`pvesh get /cluster/mapping/pci`, or `/etc/pve/mapping/pci.cfg`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.absence import may_be_hidden
from reconciler.collectors.proxmox.cluster_list import ABSENT, RowListing, refused
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import (
    ProxmoxApi,
    ProxmoxRequestFailed,
    by_key,
    path,
    rows,
)
from reconciler.collectors.proxmox.context import ProxmoxContext, context_of
from reconciler.collectors.proxmox.rows import (
    COMMENT,
    CommentText,
    HasComment,
    key_names,
    read_comment,
    read_fields,
)
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Notes, Text
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.pointer import pointer
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource, own_fields
from reconciler.model.unread import read_into
from reconciler.model.value import Value

TYPES = ("pci", "usb", "dir")
READS = tuple(f"cluster/mapping/{type_}" for type_ in TYPES)
_RIGHTS = ("Mapping.Audit", "Mapping.Use", "Mapping.Modify")
_Hex = Annotated[Text, AfterValidator(str.lower)]


class MappedDevice(Value):
    """The device or directory of one node."""

    node: Annotated[str, RefTo("node"), Field(description="Node name")]
    path: Annotated[Text | None, Field(description="PCI address, USB port or directory")] = None
    id: Annotated[_Hex | None, Field(description="Vendor and device ID, which the node checks")] = None
    subsystem_id: Annotated[_Hex | None, Field(description="PCI only: subsystem vendor and device ID")] = None
    iommugroup: Annotated[Count | None, Field(description="PCI only: IOMMU group")] = None
    description: Annotated[
        Notes | None, Field(description="Description; stored only with store_descriptions")
    ] = None


class ResourceMapping(Resource):
    """A resource mapping: one name for a device or directory that can differ on each node."""

    map: Annotated[
        tuple[MappedDevice, ...], Field(description="Device or directory on each node, in order")
    ] = ()
    mdev: Annotated[Flag, Field(description="PCI only: use mediated devices")] = False
    live_migration_capable: Annotated[
        Flag, Field(description="PCI only: guests with the device can be live-migrated")
    ] = False
    has_comment: HasComment = False
    comment: CommentText = None


_NAMES = key_names(own_fields(ResourceMapping, *COMMENT))
_ITEMS = key_names(MappedDevice.model_fields)


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read the mappings of each type; those that the token may not see are left out of the lists."""
    found: dict[str, ApiRow] = {}
    problem = state.listing_problem("/mapping", *_RIGHTS)
    for type_ in TYPES:
        listing = _of_type(api, state, type_)
        found |= {f"{type_}:{name}": row for name, row in listing.rows.items()}
        problem = problem or listing.problem
    whole = Listing(found, context_of(api, state), problem)
    if problem is not None:
        return whole
    return replace(whole, unread=may_be_hidden(api, "resource-mapping", found.keys(), _itself, _in_tree))


def _of_type(api: ProxmoxApi, state: ClusterState, type_: str) -> RowListing:
    at = f"cluster/mapping/{type_}"
    try:
        found, nameless = by_key(rows(api.get(at), api.settings.hosts[0], at), "id")
    except ProxmoxRequestFailed as failure:
        expected = api.expected.get("resource-mapping", frozenset())
        if failure.status in ABSENT and not any(each.startswith(f"{type_}:") for each in expected):
            return Listing({}, context_of(api, state), state.doubt)
        return refused(api, state, "resource-mapping", failure)
    return Listing(found, context_of(api, state), nameless)


def _itself(identity: str) -> list[str]:
    type_, _, name = identity.partition(":")
    return [path("cluster", "mapping", type_, name)]


def _in_tree(identity: str) -> str:
    return "/mapping/" + identity.replace(":", "/", 1)


def normalise(_identity: str, raw: ApiRow, context: ProxmoxContext) -> ResourceMapping:
    """Make a mapping of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw, _NAMES, ignored_fields("proxmox", "resource-mapping"), context)
    given = raw.get("map")
    texts = given if isinstance(given, list) else [] if given is None else [given]
    unknown: dict[str, Any] = {}
    read_into(found, "map", lambda: [_device(text, unknown, context) for text in texts])
    found["unmodelled"] |= ignored_fields("proxmox", "resource-mapping").items(unknown, context.fingerprints)
    read_comment(found, raw, context, "description")
    return ResourceMapping.of_row(found)


def _device(text: object, unknown: dict[str, Any], context: ProxmoxContext) -> Mapping[str, str]:
    """Return the items of one entry; those that no field reads go to `unknown`, by JSON pointer."""
    values = property_string.parse(str(text))
    unknown |= {pointer("map", key): value for key, value in values.items() if key not in _ITEMS}
    hidden = set() if context.store_descriptions else {"description"}
    return {_ITEMS[key]: value for key, value in values.items() if key in _ITEMS.keys() - hidden}


def _known(text: str) -> str:
    type_, _, name = text.partition(":")
    if type_ in TYPES and name:
        return text
    message = "is not the id of a resource mapping; write pci:NAME, usb:NAME or dir:NAME"
    raise ValueError(message)


KIND = Kind(
    name="resource-mapping",
    plural="resource-mappings",
    model=ResourceMapping,
    fetch=fetch,
    normalise=normalise,
    identity=Annotated[str, AfterValidator(_known)],
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
)
