"""A guest is in no backup job: see docs/rules.md."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import Join

NAME = "no-backup"


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    jobs = [(key.source, row) for key, row in join.facts.rows("backup-job").items() if row["enabled"]]
    for key, row in join.facts.rows("guest").items():
        if not row.get("template") and not any(
            source == key.source and _covers(job, key, row) for source, job in jobs
        ):
            yield Claim(NAME, key, "no backup job covers it")


def _covers(job: Mapping[str, Any], key: Key, guest: Mapping[str, Any]) -> bool:
    if job.get("node") not in {None, guest["node"]}:
        return False
    if job["all"]:
        return int(key.id) not in job["exclude"]
    if job.get("pool"):
        return bool(guest.get("pool") == job["pool"])
    return int(key.id) in job["guests"]


RULE = SiteRule(
    NAME,
    Rule("info", "A guest is in no backup job", "add it to a job, or ignore this for it with a reason"),
    needs=("guest", "backup-job"),
    check=check,
    whole=("backup-job",),
)
