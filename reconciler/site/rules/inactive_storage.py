"""A guest has a disk on a storage that its node does not have now: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.join import Join
from reconciler.site.rule import SiteRule

NAME = "inactive-storage"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    for key, row in join.facts.rows("guest").items():
        for storage in sorted({disk.get("storage") for disk in row["disks"].values()} - {None}):
            at = Key(key.source, "storage", storage)
            there = join.facts.seen(at).get("available_on")
            if there is not None and row["node"] not in there and not row.get("template"):
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
