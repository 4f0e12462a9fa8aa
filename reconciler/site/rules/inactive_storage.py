"""A guest has a disk on a storage that its node does not have now: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import Join

NAME = "inactive-storage"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    there = {
        (at.source, at.id): frozenset(seen["available_on"])
        for at, seen in join.facts.observed("storage").items()
        if seen.get("available_on") is not None
    }
    for key, row in join.facts.rows("guest").items():
        away: set[str] = set()
        for disk in row["disks"].values():
            nodes = there.get((key.source, disk.get("storage")))
            if nodes is not None and row["node"] not in nodes:
                away.add(disk["storage"])
        for storage in sorted(away) if not row.get("template") else ():
            at = Key(key.source, "storage", storage)
            yield Claim(NAME, key, f"{storage} is not there on {row['node']}", (at,))


RULE = SiteRule(
    NAME,
    Rule(
        "warning",
        "A guest has a disk on a storage that its node does not have now",
        "bring the storage back there, or move the guest",
    ),
    needs=("guest", "storage"),
    check=check,
)
