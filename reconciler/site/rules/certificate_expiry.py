"""A certificate has ended, or ends soon: see docs/rules.md."""

from collections.abc import Iterator
from datetime import timedelta

from reconciler.model.rule import Claim, Rule
from reconciler.model.value import parse_timestamp
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import Join

NAME = "certificate-expiry"
SOON = timedelta(days=14)
"""Certificates that renew themselves do so with 30 days left."""


def check(join: Join) -> Iterator[Claim]:
    """What is said of a run."""
    now = join.facts.site.run.collected_at
    for key, row in join.facts.observed("certificate").items():
        if not row.get("expires_on"):
            continue
        left = parse_timestamp(row["expires_on"]) - now
        day = row["expires_on"][:10]
        users = tuple(
            host
            for kind in ("proxy-host", "redirection-host", "stream")
            for host, each in sorted(join.facts.rows(kind).items())
            if host.source == key.source and each.get("certificate") == key.id
        )
        if left.total_seconds() <= 0:
            yield Claim(NAME, key, f"it ended on {day}", users)
        elif left < SOON:
            yield Claim(NAME, key, f"it ends on {day}", users)


RULE = SiteRule(
    NAME,
    Rule(
        "warning", "A certificate has ended, or ends soon", "renew it; see why it was not renewed by itself"
    ),
    needs=("certificate",),
    check=check,
)
