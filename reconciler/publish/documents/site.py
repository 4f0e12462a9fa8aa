"""`/v1/addresses`, `/v1/portmap/joined` and `/v1/capacity`: only the whole site shows these."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from reconciler.isolation import require
from reconciler.model.key import Key
from reconciler.model.value import Row, Timestamp, Value
from reconciler.publish.documents.envelope import ResourceKey, Route
from reconciler.publish.view import View
from reconciler.site.addresses import AddressState

Confidence = Literal["configured", "observed", "inferred", "declared", "missing"]
"""How a thing is known: from a setting, seen to be so, concluded, declared in git, or not at all."""
_Declaration = Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]


class PublishedEvidence(Value):
    """One place that shows that something has the address."""

    confidence: Confidence
    key: ResourceKey = Field(description="Resource that provides this information")
    field: str = Field(description="JSON pointer of its field; empty: the resource as a whole")
    mac: str | None
    as_of: Timestamp = Field(description="Time when it was read")


class PublishedAddress(Value):
    """One address of the site."""

    address: str
    state: AddressState = Field(
        description="taken: configured somewhere; observed: only seen in use; reserved or declared: not in "
        "use; dhcp: declared as the first address of a range"
    )
    holders: tuple[ResourceKey, ...] = Field(
        description="Holders of the address; more than one is a conflict"
    )
    evidence: tuple[PublishedEvidence, ...]
    network: ResourceKey | None = Field(None, description="Network that contains it, if known")
    vlan: int | None = Field(None, description="VLAN id of that network; null: untagged")
    declared: _Declaration | None = Field(None, description="Its declaration in site/address.yaml, if any")


class AddressRange(Value):
    """Addresses from the first to the last, both included."""

    first: str
    last: str


class SubnetRow(Value):
    """One subnet: a network of a controller, or a range that a node or a guest is set to."""

    network: ResourceKey | None = Field(description="null: not in a network of a controller")
    subnet: str = Field(description="In CIDR notation: 192.168.11.0/24")
    vlan: int | None
    gateway: str | None
    dhcp: tuple[AddressRange, ...] = Field(description="DHCP ranges, configured or declared")
    addresses: int | None = Field(description="Number of usable addresses; null: IPv6")
    used: int = Field(description="Known addresses: taken, seen, reserved or declared")
    next_free: str | None = Field(
        description="First address that is neither known nor in a DHCP range; null: none, or IPv6"
    )


class Addresses(Value):
    """Every address of the site, in order, and every subnet."""

    addresses: tuple[PublishedAddress, ...]
    subnets: tuple[SubnetRow, ...]


class PortRange(Value):
    """Ports from the first to the last, both included."""

    first: int = Field(ge=0, le=65535)
    last: int = Field(ge=0, le=65535)


class PathEdge(Value):
    """One step of a path."""

    step: Literal["entry", "target", "host", "bridge", "interface", "nic", "switch-port", "wlan"]
    start: str = Field(alias="from", description="Start of the step: the name, or `hop` of another step")
    hop: str | None = Field(description="End of the step: a key, address:port or node:NIC; null: not known")
    key: ResourceKey | None = Field(description="Resource at the end of the step; null: none, or not known")
    confidence: Confidence
    vlan: int | None = Field(None, description="VLAN id of the step; absent: untagged")
    via: ResourceKey | None = Field(None, description="Resource that provides this information")
    as_of: Timestamp | None = Field(None, description="Time when that was read")
    reason: str | None = Field(None, description="Reason why it is not known; only with `missing`")


class PortmapPath(Value):
    """The path of one public name to the switch port behind it; bonded ports are steps with one `from`."""

    name: str
    entry: ResourceKey = Field(description="Proxy host, stream or port forward at the start")
    enabled: bool
    address: str | None
    port: int | None = Field(description="null: not known, or several: see `ports`")
    ports: tuple[PortRange, ...] | None = Field(None, description="Ports, if there is more than one")
    holder: ResourceKey | None = Field(description="Holder of the address")
    complete: bool = Field(description="Whether every step is known")
    edges: tuple[PathEdge, ...]


class PortmapCell(Value):
    """One column of a row, with how it is known."""

    value: str | None = Field(description="null: not known, or none")
    key: ResourceKey | None = Field(description="Resource at this point")
    title: str | None = Field(description="Name of the resource; null: none. Untrusted text")
    link: Route | None = Field(description="Link to its document; null: none")
    confidence: Confidence
    reason: str | None = Field(None, description="Reason why it is missing; only with `missing`")


class LanCell(PortmapCell):
    """The address and port on the LAN, and the resource that has the address."""

    address: str | None
    port: int | None = Field(description="null: not known, or several: see `ports`")
    ports: tuple[PortRange, ...] | None = Field(None, description="Ports, if there is more than one")


class PortmapRow(Value):
    """A path as one flat row; with several switch ports (a bond), one for each of them."""

    name: str
    enabled: bool
    public_hostname: PortmapCell
    npm: PortmapCell = Field(description="Proxy host or stream of Nginx Proxy Manager")
    lan: LanCell
    switch: PortmapCell = Field(description="Switch port; for a wireless client, its WLAN")


class Portmap(Value):
    """Public names down to switch ports, and back."""

    paths: tuple[PortmapPath, ...] = Field(description="Sorted by name")
    rows: tuple[PortmapRow, ...] = Field(description="The same as flat rows, for tables")
    depends: dict[str, tuple[str, ...]] = Field(
        description="Hop (a key, address:port or node:NIC) → names that depend on it"
    )


class CapacitySize(Value):
    """The size of a node, or of the nodes of known size together."""

    threads: int | None = Field(description="CPU threads")
    memory_mib: int | None


class AssignedLoad(Value):
    """The share assigned to guests."""

    guests: int | None = Field(None, description="Number of guests; absent for a cluster")
    cpus: float = Field(description="Virtual CPUs")
    memory_mib: int


class NodeAllocation(Value):
    """The shares assigned to the guests on a node, without templates."""

    running: AssignedLoad
    all: AssignedLoad
    storages_mib: dict[str, int] = Field(description="Storage → size of the guest disks on it, in MiB")


class ClusterAllocation(Value):
    """The share assigned to the running guests of a cluster."""

    running: AssignedLoad


class MemoryUse(Value):
    """Memory in MiB."""

    memory_mib: int | None


class AssignedRatios(Value):
    """Assigned to running guests, per unit of the size; null: the size is not known."""

    cpus: float | None
    memory: float | None


class NodeCapacityRow(Value):
    """One node."""

    node: ResourceKey
    as_of: Timestamp = Field(description="Time when it was read")
    physical: CapacitySize
    allocated: NodeAllocation
    used: MemoryUse = Field(description="Usage measured in the last run")
    ratios: AssignedRatios
    headroom: MemoryUse = Field(description="Memory not assigned to running guests; may be negative")


class NodeLoss(Value):
    """The loss of the largest node."""

    node: ResourceKey | None = Field(description="Largest online node; null: not known")
    would_not_fit: tuple[ResourceKey, ...] = Field(
        description="Running guests of the node that no other node has room for"
    )


class MemoryLack(Value):
    """Memory that is missing, in MiB."""

    memory_mib: int


class LossOfNode(Value):
    """The consequence for memory when one node is lost."""

    node: ResourceKey
    would_not_fit: tuple[ResourceKey, ...] = Field(
        description="Running guests of the node that no other node has room for, if the largest are placed "
        "first"
    )
    lacking: MemoryLack = Field(description="Memory of these guests")


class ClusterCapacity(Value):
    """The nodes of one source together."""

    physical: CapacitySize
    allocated: ClusterAllocation
    ratios: AssignedRatios
    headroom: MemoryUse
    largest_node_fails: NodeLoss
    without: tuple[LossOfNode, ...] = Field(description="Effect of losing each online node of known size")


class Capacity(Value):
    """The size of nodes, the share assigned to guests, and the guests that would fit nowhere else."""

    nodes: tuple[NodeCapacityRow, ...]
    clusters: dict[str, ClusterCapacity] = Field(description="By source name")
    incomplete: str | None = Field(
        description="Reason why nodes or guests may be missing; null: all were read"
    )


def addresses(view: View) -> Row:
    """Return every address with who has it, how that is known and what is declared of it; every subnet."""
    return {"addresses": require(view.site.addresses), "subnets": require(view.site.subnets)}


def portmap(view: View) -> Row:
    """Return the port map, from public names to switch ports and back, each step with how it is known."""
    document = require(view.site.portmap)
    rows: Any = document["rows"]
    return {**document, "rows": [_row(view, row) for row in rows]}


def _row(view: View, row: Row) -> Row:
    """Return a row with title and link beside each key."""
    return {name: _cell(view, cell) if isinstance(cell, dict) else cell for name, cell in row.items()}


def _cell(view: View, cell: Row) -> Row:
    key = cell["key"]
    entry = view.entries.get(Key.parse(str(key))) if key is not None else None
    return {**cell, "title": entry["title"] if entry else key, "link": entry["link"] if entry else None}


def capacity(view: View) -> Row:
    """Return what nodes have, what guests are assigned, and what would not fit without the largest node."""
    return require(view.site.capacity)
