"""WireGuard clients of a UniFi site, by name: clients that may connect, and their tunnel addresses.

If several servers have a client with the same name, the id is `name:server`. Of the public key, only the
SHA-256 is recorded: `printf %s KEY | sha256sum`. Read from the v2 API's `wireguard/users`, one call for all
servers; releases without it have none. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/v2/api/site/default/wireguard/users`.
"""

import hashlib
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, text_of
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import NETWORKS, UnifiLookups
from reconciler.collectors.unifi.networks import in_network, name
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields, resolve_name
from reconciler.model.fields.addresses import Address
from reconciler.model.fields.text import Text
from reconciler.model.kind import Kind
from reconciler.model.naming import Naming, named
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource
from reconciler.model.unread import read_into
from reconciler.model.value import Row

PEERS = Read("v2", "wireguard/users")
READS = (PEERS, NETWORKS)


class WireguardPeer(Resource):
    """A client of a WireGuard server."""

    name: Annotated[Text | None, Field(description="Name; defaults to the one in the id")] = None
    network: Annotated[
        Text | None, RefTo("network"), Field(description="Id of the WireGuard server's network")
    ] = None
    interface_ip: Annotated[Address | None, Field(description="IPv4 address in the tunnel")] = None
    interface_ipv6: Annotated[Address | None, Field(description="IPv6 address in the tunnel")] = None
    public_key_sha256: Annotated[
        Text | None, Field(description="SHA-256 of the public key, in hexadecimal")
    ] = None


_FIELDS = frozenset({"name", "interface_ip", "interface_ipv6"})


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every client of every server; a site may have none."""
    rows = lookups.classic_if_known(PEERS, "wireguard-peer")
    context = UnifiContext(networks=lookups.networks if rows else {})
    found = ((name(row), row) for row in rows)
    return listing(api, PEERS, found, context, kind="wireguard-peer", lacking="name")


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> WireguardPeer:
    """Make a client of its row."""
    found: dict[str, Any] = read_fields(raw, _FIELDS, "wireguard-peer", context) | {"name": name(raw)}
    resolve_name(found, "network", raw.get("network_id"), context.networks)
    if not is_nothing(raw.get("public_key")):
        read_into(found, "public_key_sha256", lambda: _sha256(text_of(raw["public_key"])))
    return WireguardPeer.of_row(found)


def _sha256(key: str) -> str:
    return hashlib.sha256(key.strip().encode()).hexdigest()


def _names(row: Row) -> Iterator[str]:
    """Yield the name of a client, plain and with its server."""
    for each in named(row):
        yield each
        if row.get("network"):
            yield f"{each}:{row['network']}"


def _of_id(identity: str, row: Row) -> Row:
    """Return the name of an id, and the server where the id names it."""
    peer, network = row.get("name"), row.get("network")
    if network and identity.endswith(f":{network}"):
        return {"name": identity.removesuffix(f":{network}"), "network": network}
    if peer and identity.startswith(f"{peer}:"):
        return {"name": peer, "network": identity.removeprefix(f"{peer}:")}
    return {"name": identity}


KIND = Kind(
    within=in_network,
    name="wireguard-peer",
    plural="wireguard-peers",
    model=WireguardPeer,
    unmanaged_severity="warning",
    fetch=fetch,
    normalise=normalise,
    naming=Naming(_names, siblings=True, of_id=_of_id),
)
