"""Two port forwards, or two streams of one proxy manager, listen on the same port.

Only one of them receives the packets. The finding is about the second one; the others are related.

Fires:
    For two enabled ones on the same WAN interface (port forwards) or of the same proxy manager (streams),
    with a common protocol and overlapping ports or ranges. A port forward on `both` or `all` is on every
    WAN interface. A chain of overlaps is one finding.

Does not fire:
    Between a port forward and a stream, or between two WAN interfaces. The allowed source addresses of a
    port forward do not count.

Fix:
    Give one of them another port, or disable it.

Accept:
    Add an ignore rule for port forwards that differ only in their source addresses.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.model.rule import Violation
from reconciler.site import places
from reconciler.site.disjoint_set import DisjointSet
from reconciler.site.inputs import SiteInputs
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel
from reconciler.text import enumerated

_EVERY = {"both", "all"}
"""The names of all WAN interfaces at once."""
_FIELDS = {
    "port-forward": ("/enabled", "/dst_port", "/proto", "/pfwd_interface"),
    "stream": ("/enabled", "/incoming_port", "/tcp_forwarding", "/udp_forwarding"),
}
"""Kind → the fields that make it listen."""
_ALL = "all"
_NO_PORTS = (1, 0)
"""A range that overlaps nothing."""


class _Listener(NamedTuple):
    """A range of ports that one of them listens on, for one protocol."""

    first: int
    last: int
    key: Key
    interface: str


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the second of each group that listens on the same ports."""
    same: DisjointSet[Key] = DisjointSet()
    for listeners in _listeners(model.inputs).values():
        _join(same, sorted(listeners))
    for group in same.groups():
        first, second, *more = sorted(group)
        others = (first, *more)
        reason = f"{enumerated(others)} {'listens' if len(others) == 1 else 'listen'} on the same port"
        because = (place for key in (second, *others) for place in places.fields(key, *_FIELDS[key.kind]))
        yield Violation(second, reason, others, because=tuple(because))


def _listeners(inputs: SiteInputs) -> Mapping[tuple[str, str], list[_Listener]]:
    """Return what is enabled, by source and protocol; a stream and a forward never share a source."""
    found: dict[tuple[str, str], list[_Listener]] = {}
    for key, row in inputs.port_forwards.items():
        for protocol in row.proto.split("_") if row.enabled else ():
            ranges = (_Listener(*_span(text), key, row.pfwd_interface) for text in row.dst_port)
            found.setdefault((key.source, protocol), []).extend(ranges)
    for key, stream in inputs.streams.items():
        used = (("tcp", stream.tcp_forwarding), ("udp", stream.udp_forwarding))
        for protocol in (name for name, forwards in used if forwards and stream.enabled):
            listener = _Listener(*_span(stream.incoming_port), key, "all")
            found.setdefault((key.source, protocol), []).append(listener)
    return found


def _join(same: DisjointSet[Key], listeners: Sequence[_Listener]) -> None:
    """Join what overlaps, in order of the first ports: of earlier ones, the one that ends last is enough."""
    ends: dict[str, _Listener] = {}
    for each in listeners:
        if each.last < each.first:
            continue
        every = each.interface in _EVERY
        at = _ALL if every else each.interface
        for interface in ends if every else (at, _ALL):
            before = ends.get(interface)
            if before is not None and before.last >= each.first:
                same.join(before.key, each.key)
        if at not in ends or each.last > ends[at].last:
            ends[at] = each


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
