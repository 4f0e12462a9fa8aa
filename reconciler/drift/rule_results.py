"""What the rules of the whole site say, as findings: this layer knows them only as values."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.drift import findings
from reconciler.drift.findings import Comparison
from reconciler.model.findings import Finding
from reconciler.model.rule import Claim, Rule


@dataclass(frozen=True)
class Said:
    """What rules say of a run, and which of them could not be checked in full."""

    rules: Mapping[str, Rule] = field(default_factory=dict)
    """Every rule there is, by name."""
    claims: tuple[Claim, ...] = ()
    unchecked: Mapping[str, str] = field(default_factory=dict)
    """Rule → why not all of it could be checked."""


NOTHING_SAID = Said()


def claims(comparison: Comparison, said: Iterable[Claim]) -> Iterator[Finding]:
    """A finding for each (rule, resource); what several claims say of one is one finding."""
    together: dict[tuple[str, str], list[Claim]] = {}
    for claim in said:
        together.setdefault((claim.rule, str(claim.key)), []).append(claim)
    for group in together.values():
        reasons = "; ".join(dict.fromkeys(claim.reason for claim in group))
        related = tuple(dict.fromkeys(key for claim in group for key in claim.related))
        yield findings.of_rule(comparison, group[0].key, group[0].rule, reasons, related=related)
