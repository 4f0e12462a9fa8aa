"""Two port forwards or streams listen on one port: see docs/rules.md."""

from collections.abc import Iterator
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import Join

NAME = "port-claimed-twice"
_EVERY = {"both", "all"}
"""The ways out at once."""


class _Port(NamedTuple):
    """What one of them listens on."""

    source: str
    interface: str
    protocols: frozenset[str]
    first: int
    last: int
    key: Key

    def overlaps(self, other: "_Port") -> bool:
        """Whether one packet could be for both; a stream and a forward never share a source."""
        same = self.interface == other.interface or {self.interface, other.interface} & _EVERY
        ports = self.first <= other.last and other.first <= self.last
        return bool(self.source == other.source and same and self.protocols & other.protocols and ports)


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    taken: list[_Port] = []
    for key, row in join.facts.rows("port-forward").items():
        if row["enabled"]:
            protocols = frozenset(row["proto"].split("_"))
            taken += [
                _Port(key.source, row["pfwd_interface"], protocols, *_span(text), key)
                for text in row["dst_port"]
            ]
    for key, row in join.facts.rows("stream").items():
        if row["enabled"]:
            protocols = frozenset(name for name in ("tcp", "udp") if row[f"{name}_forwarding"])
            taken.append(_Port(key.source, "all", protocols, *_span(row["incoming_port"]), key))
    for number, port in enumerate(taken):
        for other in taken[:number]:
            if port.key != other.key and port.overlaps(other):
                yield Claim(NAME, port.key, f"{other.key} listens there too", (other.key,))


_NONE = (1, 0)
"""What is no port overlaps nothing."""


def _span(text: str) -> tuple[int, int]:
    low, _, high = text.partition("-")
    return (int(low), int(high or low)) if low.isdecimal() and (high or low).isdecimal() else _NONE


RULE = SiteRule(
    NAME,
    Rule("warning", "Two port forwards or streams listen on one port", "give one of them another port"),
    needs=("port-forward", "stream"),
    check=check,
)
