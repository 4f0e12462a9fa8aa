"""Several rows of one list have the same id.

A declaration can refer to only one of them (two firewall policies with the same name). All are kept: the
others under another of their names, or as `id~2` and so on. The finding is about the id; the others are
related. See [Identity](identity.md).

Fires:
    Once for each id that more than one row of a list has.

Does not fire:
    For rows of different sources, or of different kinds; for DNS records, WLANs and certificates with the
    same name, which their source allows.

Fix:
    Give them different names on the source.

Accept:
    Add an ignore rule for the id, while none of them is declared.
"""

from collections.abc import Iterator

from reconciler.drift import findings
from reconciler.drift.findings import Comparison
from reconciler.model.findings import Finding
from reconciler.model.key import Key

RULE = "ambiguous-id"


def ambiguous_ids(comparison: Comparison) -> Iterator[Finding]:
    """Yield a finding for each id that more than one row of a list has."""
    for scope in comparison.inventory.scopes:
        for identity, others in (scope.ambiguous or {}).items():
            related = tuple(Key(scope.source, scope.kind, other) for other in others)
            title = f"{len(others) + 1} have this id; the others are kept as {', '.join(others)}"
            yield findings.of_rule(
                comparison, Key(scope.source, scope.kind, identity), RULE, title, related=related
            )
