"""Two things have one address: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.config.file import SITE
from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.addresses import holders
from reconciler.site.rule import HOLDERS, SiteRule
from reconciler.site.site_model import Join

NAME = "duplicate-ip"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    unknown = join.facts.has("guest") and join.facts.doubt("guest") is not None
    for address, evidence in join.addresses.items():
        first = evidence[0].holder
        if all(one.holder == first for one in evidence):
            continue
        if join.facts.rows("address").get(Key(SITE, "address", address), {}).get("role") == "vip":
            continue
        keys = holders(evidence)
        clients = [key for key in keys if key.kind == "client"]
        if any(key.kind in {"node", "network", "device"} for key in keys):
            keys = [key for key in keys if key not in clients[:1]]  # their own MAC address is in no source
        elif unknown:
            keys = [key for key in keys if key not in clients[1:]]  # NICs of one guest, perhaps
        if len(keys) > 1:
            reason = f"{' and '.join(map(str, keys))} have it"
            grounds = tuple(one.key for one in evidence if one.holder in keys)
            yield Claim(NAME, Key(SITE, "address", address), reason, tuple(keys), grounds)


RULE = SiteRule(
    NAME,
    Rule("error", "Two things have one address", "give one of them another address"),
    needs=HOLDERS,
    check=check,
)
