"""Names and rules that lead to an address without having it: DNS records, proxies, streams, port forwards."""

from collections.abc import Iterator
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.site.inputs import SiteInputs
from reconciler.site.subnets import canonical


class AddressMention(NamedTuple):
    """One resource that leads to an address."""

    address: str
    key: Key
    what: str
    names: tuple[str, ...] = ()
    """The names that it answers to."""


MENTIONING_KINDS = ("static-dns", "proxy-host", "stream", "port-forward")


def mentions(inputs: SiteInputs) -> Iterator[AddressMention]:
    """Yield what leads to an address, by itself or through a DNS record of the site."""
    named: dict[str, list[str]] = {}
    for key, record in inputs.static_dns.items():
        name, address = _name(key), canonical(record.value or "")
        if address is not None and record.enabled:
            named.setdefault(name, []).append(address)
            yield AddressMention(address, key, "DNS record", (name,))

    def targets(host: str | None) -> list[str]:
        address = canonical(host or "")
        return [address] if address is not None else named.get((host or "").casefold(), [])

    for key, proxy in inputs.proxy_hosts.items():
        for address in targets(proxy.forward_host):
            yield AddressMention(address, key, "proxy host", proxy.domain_names)
    for key, stream in inputs.streams.items():
        for address in targets(stream.forwarding_host):
            yield AddressMention(address, key, "stream")
    for key, forward in inputs.port_forwards.items():
        for address in targets(forward.fwd):
            yield AddressMention(address, key, "port forward")


def _name(key: Key) -> str:
    """Return the name of a record whose id is `type:name` or `type:name:value`."""
    return key.id.split(":")[1].casefold() if ":" in key.id else key.id.casefold()
