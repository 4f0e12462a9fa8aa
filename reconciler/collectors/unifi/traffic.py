"""Parts that rules about traffic share: the traffic that one is about, and whose it is.

A rule names its target in `matching_target`; lists of another target are stale, and those of a target that
is not known here all count.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow, refuse_row
from reconciler.collectors.http.values import is_nothing, list_of, objects_of, text_of
from reconciler.collectors.unifi.networks import Networks
from reconciler.collectors.unifi.rows import name_of
from reconciler.model.fields.addresses import Block
from reconciler.model.fields.ethernet import Mac
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.marks import InOneOrder
from reconciler.model.fields.numbers import Ranges
from reconciler.model.fields.text import Names, Text
from reconciler.model.gate import Gate
from reconciler.model.references import RefTo
from reconciler.model.value import Value
from reconciler.text import nfc


class TrafficDomain(Value):
    """A domain, including its subdomains."""

    domain: Annotated[Host | None, Field(description="Domain name")] = None
    ports: Annotated[Ranges, Field(description="Ports and port ranges; empty: any")] = ()


class TrafficAddress(Value):
    """An address, network or address range."""

    address: Annotated[Block | None, Field(description="192.0.2.1, 192.0.2.0/24 or 192.0.2.1-192.0.2.9")] = (
        None
    )
    ports: Annotated[Ranges, Field(description="Ports and port ranges; empty: any")] = ()


class TrafficTarget(Value):
    """A client or network that a rule applies to."""

    type: Annotated[Text | None, Field(description="Type: ALL_CLIENTS, CLIENT or NETWORK")] = None
    client: Annotated[Mac | None, Field(description="MAC address of the client")] = None
    network: Annotated[Text | None, RefTo("network"), Field(description="Id of the network")] = None


TrafficDomains = Annotated[
    tuple[TrafficDomain, ...],
    InOneOrder,
    Field(description="Domains; only with target DOMAIN; order does not matter"),
]
TrafficAddresses = Annotated[
    tuple[TrafficAddress, ...],
    InOneOrder,
    Field(description="Addresses; only with target IP; order does not matter"),
]
TrafficTargets = Annotated[
    tuple[TrafficTarget, ...],
    InOneOrder,
    Field(description="Clients and networks that the rule applies to; order does not matter"),
]
Regions = Annotated[Names, Field(description="Country codes: DE, FR; only with target REGION")]
MatchingTarget = Annotated[Text | None, Field(description="Target: INTERNET, DOMAIN, IP, REGION, …")]


def gates(fields: Mapping[str, frozenset[str]], known: frozenset[str]) -> tuple[Gate, ...]:
    """Return the gates of fields that count with some targets, of all that are known."""
    return tuple(
        Gate("/matching_target", (f"/{field}",), closed_by=known - with_) for field, with_ in fields.items()
    )


def title_of(row: ApiRow) -> str | None:
    """Return the name of a rule, which is its description; by default the controller's own id."""
    given = row.get("description")
    text = nfc(str(given)).strip() if isinstance(given, str | int) and not isinstance(given, bool) else ""
    own = row.get("_id")
    return text or (f"id {own}" if isinstance(own, str) and own else None)


def as_objects(row: ApiRow) -> ApiRow:
    """Return a row whose domains and addresses are objects; some releases have only their names."""
    keys = {"domains": "domain", "ip_addresses": "ip_or_subnet"}
    found = {
        key: [{name: each} if isinstance(each, str) else each for each in row[key]]
        for key, name in keys.items()
        if isinstance(row.get(key), list)
    }
    return {**row, **found}


def domains_of(rows: object) -> list[dict[str, Any]]:
    """Return domains; raises `ValueError` for values of another type."""
    return [{"domain": _some(row, "domain"), "ports": _ports(row)} for row in objects_of(rows)]


def addresses_of(row: ApiRow) -> list[dict[str, Any]]:
    """Return the addresses and the ranges of a rule; raises `ValueError` for values of another type."""
    single = [
        {"address": _some(each, "ip_or_subnet"), "ports": _ports(each)}
        for each in objects_of(row.get("ip_addresses"))
    ]
    ranges = (
        _span(_some(each, "ip_start"), _some(each, "ip_stop")) for each in objects_of(row.get("ip_ranges"))
    )
    return [*single, *({"address": span, "ports": []} for span in ranges)]


def targets_of(rows: object, networks: Networks | None) -> list[dict[str, Any]]:
    """Return whose traffic a rule is about; of a known type, the id of the other one is stale.

    Raises `ValueError` for values of another type, and where the names of networks could not be read.
    """
    return [_target(row, networks) for row in objects_of(rows)]


def _target(row: Mapping[str, Any], networks: Networks | None) -> dict[str, Any]:
    kind, client, network = (_some(row, key) for key in ("type", "client_mac", "network_id"))
    found: dict[str, Any] = {"type": kind}
    if kind not in {"ALL_CLIENTS", "NETWORK"}:
        found["client"] = client
    if network is not None and kind not in {"ALL_CLIENTS", "CLIENT"}:
        if networks is None:
            refuse_row("the list of networks cannot be read")
        found["network"] = name_of(network, networks)
    return found


def _some(row: Mapping[str, Any], key: str) -> str | None:
    return None if is_nothing(row.get(key)) else text_of(row[key])


def _span(first: str | None, last: str | None) -> str | None:
    return "-".join(filter(None, (first, last))) or None


def _ports(row: Mapping[str, Any]) -> list[str]:
    ranges = (
        _span(_some(each, "port_start"), _some(each, "port_stop"))
        for each in objects_of(row.get("port_ranges"))
    )
    return [*map(text_of, list_of(row.get("ports"))), *filter(None, ranges)]
