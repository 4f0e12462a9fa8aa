"""Addresses in use and cables that LLDP shows, for `adopt` of the kinds that are only declared."""

from collections.abc import Iterator

from reconciler.config.file import SITE
from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.site.addresses import holders
from reconciler.site.site_model import SiteModel
from reconciler.site.subnets import number_of

_ROLES = {"guest": "guest", "node": "node", "node-network": "node", "network": "gateway"}


def seen(model: SiteModel) -> dict[Key, Row]:
    """Return an address row for each fixed address in use, and a cable for each NIC that a switch hears."""
    return {**dict(_addresses(model)), **dict(_cables(model))}


def _addresses(model: SiteModel) -> Iterator[tuple[Key, Row]]:
    """Yield the addresses of known networks that DHCP does not give out, each with its first holder."""
    for address, evidence in model.addresses.items():
        subnet = model.inputs.subnet_table.find(address)
        owners = holders(evidence)
        if subnet is None or not owners:
            continue
        if subnet.pool is not None and subnet.pool[0] <= number_of(address)[1] <= subnet.pool[1]:
            continue
        role = _ROLES.get(owners[0].kind, "device")
        yield Key(SITE, "address", address), {"role": role, "owner": str(owners[0])}


def _cables(model: SiteModel) -> Iterator[tuple[Key, Row]]:
    for nic, link in model.wiring.heard.items():
        yield Key(SITE, "cable", nic), {"to": link.port.id}
