"""A node or a cluster is given more than it has: see docs/rules.md."""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.capacity import NodeCapacity
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import Join

NAME = "over-commit"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    settings = join.settings
    for key, node in join.capacity.items():
        for what, most in (("cpus", settings.max_cpu_ratio), ("memory", settings.max_memory_ratio)):
            ratio = node.ratio(what)
            if ratio is not None and ratio > most:
                given = f"{what} of running guests are {ratio} times what it has; at most {most} are allowed"
                yield Claim(NAME, key, given, grounds=_carried(join, key.source, key.id))
    clusters: dict[str, list[NodeCapacity]] = {}
    for key, node in join.capacity.items():
        clusters.setdefault(key.source, []).append(node)
    for cluster in join.facts.rows("cluster"):
        nodes = [node for node in clusters.get(cluster.source, []) if node.memory]
        memory = sum(node.memory or 0 for node in nodes)
        running = sum(node.running.memory for node in nodes)
        if memory and running > settings.max_memory_ratio * memory:
            reason = f"running guests are given {running} MiB, and its nodes have {memory} MiB"
            yield Claim(NAME, cluster, reason, grounds=_carried(join, cluster.source))


def _carried(join: Join, source: str, node: str | None = None) -> tuple[Key, ...]:
    """What an earlier run read of what is added up here, on one node or on all."""
    found: list[Key] = []
    for key in join.facts.site.as_of:
        row = join.facts.rows(key.kind).get(key, {})
        at = key.id if key.kind == "node" else row.get("node")
        counted = key.kind == "node" or (key.kind == "guest" and row.get("power") == "running")
        if counted and key.source == source and node in {None, at}:
            found.append(key)
    return tuple(sorted(found))


RULE = SiteRule(
    NAME,
    Rule(
        "info",
        "A node or a cluster is given more than it has",
        "move or shrink guests, or raise the ratio in `capacity`",
    ),
    needs=("node", "guest"),
    check=check,
)
