"""Two hosts of a proxy manager answer to one name: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import Join

NAME = "duplicate-name"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    named: dict[tuple[str, str], Key] = {}
    for kind in ("proxy-host", "redirection-host"):
        for key, row in sorted(join.facts.rows(kind).items()):
            for name in row["domain_names"] if row["enabled"] else ():
                other = named.setdefault((key.source, name), key)
                if other != key:
                    yield Claim(NAME, key, f"{other} answers to {name} too", (other,))


RULE = SiteRule(
    NAME,
    Rule("warning", "Two hosts of a proxy manager answer to one name", "take the name out of one of them"),
    needs=("proxy-host", "redirection-host"),
    check=check,
)
