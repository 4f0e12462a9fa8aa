"""Two port forwards, or two streams of one proxy manager, listen on the same port.

Only one of them gets the packets. The finding is about the second one; the first is related.

Fires:
    For two that are enabled, on the same WAN interface (forwards) or of the same proxy manager (streams),
    with a protocol in common and ports or ranges that overlap. A forward on `both` or `all` is on each WAN
    interface.

Does not fire:
    Between a port forward and a stream, or between two WAN interfaces. The source addresses that a
    forward is limited to do not count.

Fix:
    Give one of them another port, or disable it.

Accept:
    An ignore rule for forwards that differ in their source addresses only.
"""

from collections.abc import Iterator
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.model.rule import Violation
from reconciler.site import places
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel

_EVERY = {"both", "all"}
"""The names of all WAN interfaces at once."""
_FIELDS = {
    "port-forward": ("/enabled", "/dst_port", "/proto", "/pfwd_interface"),
    "stream": ("/enabled", "/incoming_port", "/tcp_forwarding", "/udp_forwarding"),
}
"""Kind → the fields that make it listen."""
_NO_PORTS = (1, 0)
"""A range that overlaps nothing."""


class _Listener(NamedTuple):
    """The ports that one of them listens on."""

    source: str
    interface: str
    protocols: frozenset[str]
    first: int
    last: int
    key: Key

    def overlaps(self, other: "_Listener") -> bool:
        """Return whether one packet could be for both; a stream and a forward never share a source."""
        same = self.interface == other.interface or {self.interface, other.interface} & _EVERY
        ports = self.first <= other.last and other.first <= self.last
        return bool(self.source == other.source and same and self.protocols & other.protocols and ports)


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield what listens on a port that an earlier one has."""
    taken: list[_Listener] = []
    for key, row in model.inputs.port_forwards.items():
        if row.enabled:
            protocols = frozenset(row.proto.split("_"))
            taken += [
                _Listener(key.source, row.pfwd_interface, protocols, *_span(text), key)
                for text in row.dst_port
            ]
    for key, stream in model.inputs.streams.items():
        if stream.enabled:
            used = (("tcp", stream.tcp_forwarding), ("udp", stream.udp_forwarding))
            protocols = frozenset(name for name, forwards in used if forwards)
            taken.append(_Listener(key.source, "all", protocols, *_span(stream.incoming_port), key))
    for number, one in enumerate(taken):
        for other in taken[:number]:
            if one.key != other.key and one.overlaps(other):
                because = (
                    place for key in (one.key, other.key) for place in places.fields(key, *_FIELDS[key.kind])
                )
                reason = f"{other.key} listens on the same port"
                yield Violation(one.key, reason, (other.key,), because=tuple(because))


def _span(text: str) -> tuple[int, int]:
    low, _, high = text.partition("-")
    return (int(low), int(high or low)) if low.isdecimal() and (high or low).isdecimal() else _NO_PORTS


RULE = SiteRule(
    name="port-claimed-twice",
    severity="warning",
    hint="give one of them another port",
    check=check,
    reads=("port-forward", "stream"),
)
