"""Port forwards of a UniFi site, by WAN interface, protocol and ports: `wan:tcp:443`.

Read from `rest/portforward`, one call; ports are text there: `80`, `80,443`, `5000-5010`. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/portforward`.
"""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, TypeAdapter

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, list_of, objects_of
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import GROUPS, UnifiLookups
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields, resolve_name
from reconciler.model.fields.addresses import Blocks
from reconciler.model.fields.hosts import Host, are_ports
from reconciler.model.fields.numbers import Flag, Ranges
from reconciler.model.fields.text import Text
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.naming import Naming
from reconciler.model.references import RefTo
from reconciler.model.relations import items_of
from reconciler.model.resource import Resource, own_fields
from reconciler.model.unread import read_into
from reconciler.model.value import Row

FORWARDS = Read("classic", "rest/portforward")
READS = (FORWARDS,)

_RANGES: TypeAdapter[tuple[str, ...]] = TypeAdapter(Ranges)
_PROTOCOL = re.compile(r"[a-z0-9_]+")


_ANYONE = frozenset({"any", "0.0.0.0/0"})


def _some(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return addresses and networks; none where one of them stands for any."""
    return () if _ANYONE.intersection(value.lower() for value in values) else values


Some = Annotated[Blocks, AfterValidator(_some)]


class PortForward(Resource):
    """A port forward from a WAN port to an internal host."""

    name: Annotated[Text | None, Field(description="Name of the port forward")] = None
    enabled: Annotated[Flag, Field(description="Port forward is enabled")] = True
    pfwd_interface: Annotated[Text, Field(description="WAN interface: wan, wan2, both or all")] = "wan"
    proto: Annotated[Text, Field(description="Protocol: tcp, udp or tcp_udp")] = "tcp_udp"
    dst_port: Annotated[Ranges, Field(description="WAN ports")] = ()
    fwd: Annotated[Host | None, Field(description="Forward IP address (internal host)")] = None
    fwd_port: Annotated[Ranges, Field(description="Forward ports (on the internal host)")] = ()
    src_limiting_enabled: Annotated[Flag, Field(description="Only allowed sources may connect")] = False
    src_limiting_type: Annotated[
        Text, Field(description="Allowed sources: ip (src) or firewall_group (source_group)")
    ] = "ip"
    src: Annotated[Some, Field(description="Allowed source addresses and networks; empty: any")] = ()
    source_group: Annotated[
        Text | None,
        RefTo("firewall-group"),
        Field(description="Id of a firewall group of allowed source addresses"),
    ] = None
    destination_ip: Annotated[Some, Field(description="WAN addresses; empty: any")] = ()
    log: Annotated[Flag, Field(description="Log forwarded traffic")] = False


_FIELDS = own_fields(PortForward, "source_group", "destination_ip")


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every port forward; a site may have none."""
    rows = lookups.classic(FORWARDS)
    grouped = any(row.get("src_firewall_group_id") for row in rows)
    context = UnifiContext(groups=lookups.names(GROUPS.path) if grouped else {})
    found = ((_identity(row), row) for row in rows)
    return listing(api, FORWARDS, found, context, kind="port-forward", lacking="dst_port")


def _identity(row: ApiRow) -> str | None:
    where, proto, ports = (
        row.get("pfwd_interface") or "wan",
        row.get("proto") or "tcp_udp",
        row.get("dst_port"),
    )
    if not isinstance(ports, str | int) or not isinstance(where, str) or not isinstance(proto, str):
        return None
    try:
        return _declared(f"{where}:{proto}:{ports}")
    except ValueError:
        return None


def _ports(text: str) -> str:
    """Return ports in one form: `80,443`."""
    try:
        return ",".join(_RANGES.validate_python(text))
    except ValueError:
        return text


def _declared(text: str) -> str:
    where, proto, ports = ([*text.strip().split(":"), "", ""])[:3]
    if not where or not _PROTOCOL.fullmatch(proto) or not ports or text.count(":") != 2:
        message = "is not a port forward; write interface:protocol:ports, such as wan:tcp:443"
        raise ValueError(message)
    if not are_ports(ports):
        message = f"is not a port forward: {ports[:11]} is not from 1 to 65535"
        raise ValueError(message)
    return f"{where}:{proto}:{_ports(ports)}"


def _names(row: Row) -> tuple[str, ...]:
    ports = row.get("dst_port")
    if not isinstance(ports, list | tuple) or not ports:
        return ()
    name = _identity({**row, "dst_port": ",".join(map(str, ports))})
    return (name,) if name else ()


def _of_id(identity: str, _row: Row) -> Row:
    """Return the interface, the protocol and the ports of an id."""
    interface, proto, ports = identity.split(":")
    return {"pfwd_interface": interface, "proto": proto, "dst_port": ports.split(",")}


def normalise(_identity: str, raw: ApiRow, context: UnifiContext) -> PortForward:
    """Make a port forward of its row."""
    found = read_fields(raw, _FIELDS, "port-forward", context)
    read_into(found, "destination_ip", lambda: _destinations(raw))
    found |= _limit(raw)
    if found["src_limiting_enabled"] and found["src_limiting_type"] == "firewall_group":
        resolve_name(found, "source_group", raw.get("src_firewall_group_id"), context.groups)
    return PortForward.of_row(found)


def _destinations(raw: ApiRow) -> list[Any]:
    """Return the addresses outside, which newer controllers have in a list of their own as well."""
    listed = [each.get("destination_ip") for each in objects_of(raw.get("destination_ips"))]
    given = [each for each in listed if not is_nothing(each)]
    return given or _addresses(raw.get("destination_ip"))


def _addresses(value: object) -> list[Any]:
    """Return a list, or the parts of text with commas; raises `ValueError` for others."""
    return list(filter(None, value.split(","))) if isinstance(value, str) else list_of(value)


def _limit(raw: ApiRow) -> dict[str, Any]:
    """Return whether sources are limited, and how; without a flag, as of old, any source is a limit."""
    given = raw.get("src_limiting_type")
    group = not is_nothing(raw.get("src_firewall_group_id"))
    source = raw.get("src")
    some = not is_nothing(source) and source != [] and str(source).strip().lower() not in _ANYONE
    flag = raw.get("src_limiting_enabled")
    return {
        "src_limiting_enabled": group or some if is_nothing(flag) else flag,
        "src_limiting_type": ("firewall_group" if group and not some else "ip")
        if is_nothing(given)
        else given,
    }


_GATES = (
    Gate("/src_limiting_enabled", ("/src_limiting_type", "/src", "/source_group")),
    Gate("/src_limiting_type", ("/src",), closed_by=frozenset({"firewall_group"})),
    Gate("/src_limiting_type", ("/source_group",), frozenset({"firewall_group"})),
)


def _lets_in(_identity: str, row: Row) -> str | None:
    """Return the host and the ports that are open to the internet."""
    if not row.get("enabled", True) or row.get("fwd") is None:
        return None
    ports = ",".join(items_of(row, "fwd_port")) or ",".join(items_of(row, "dst_port"))
    limited = row.get("src_limiting_enabled")
    sources = ", ".join(items_of(row, "src")) or row.get("source_group")
    return f"opens {row['fwd']}:{ports} to {sources if limited and sources else 'the internet'}"


KIND = Kind(
    name="port-forward",
    plural="port-forwards",
    model=PortForward,
    unmanaged_severity="warning",
    lets_in=_lets_in,
    fetch=fetch,
    normalise=normalise,
    gates=_GATES,
    identity=Annotated[str, AfterValidator(_declared)],
    naming=Naming(_names, of_id=_of_id),
)
