"""Two port forwards or streams listen on one port: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.join import Join
from reconciler.site.rule import SiteRule

NAME = "port-claimed-twice"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    taken: list[tuple[str, frozenset[str], int, int, Key]] = []
    for key, row in join.facts.rows("port-forward").items():
        if row["enabled"]:
            protocols = frozenset(row["proto"].split("_"))
            taken += [
                (f"{key.source} {row['pfwd_interface']}", protocols, *_span(text), key)
                for text in row["dst_port"]
            ]
    for key, row in join.facts.rows("stream").items():
        if row["enabled"]:
            protocols = frozenset(name for name in ("tcp", "udp") if row[f"{name}_forwarding"])
            taken.append((key.source, protocols, *_span(row["incoming_port"]), key))
    for number, (where, protocols, first, last, key) in enumerate(taken):
        for other_where, other_protocols, other_first, other_last, other in taken[:number]:
            same = where == other_where and protocols & other_protocols
            if same and key != other and first <= other_last and other_first <= last:
                yield Claim(NAME, key, f"{other} listens there too", (other,))


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
