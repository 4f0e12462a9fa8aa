"""No rule is quadratic, and no finding is longer than a bound: twice the crowd takes twice the steps."""

from functools import cache

import pytest

from reconciler.config.settings import CapacitySettings, DriftSettings
from reconciler.drift.compare import compare
from reconciler.drift.rule_results import RELATED_MAX, TITLE_MAX
from reconciler.model.desired import DesiredState
from reconciler.model.findings import Finding
from reconciler.site.rule import RuleResult, SiteRule, evaluate_rule
from reconciler.site.rules import SITE_RULES, evaluate_rules
from reconciler.site.site_model import SiteModel
from tests.site.crowd import crowd
from tests.site.rows import KINDS, built
from tests.steps import steps

SIZE = 40
NOTHING = DesiredState({}, frozenset(), lambda _key, _path: "")
EVERY = pytest.mark.parametrize("rule", SITE_RULES, ids=lambda rule: rule.name)


def modelled(size: int) -> SiteModel:
    """A crowded site, and beside it what is declared: rows that are all other ones."""
    model = SiteModel(built(crowd(size)), CapacitySettings())
    vars(model)["declared"] = SiteModel(built(crowd(size, declared=True)), CapacitySettings())
    return model


def size_of(result: RuleResult) -> int:
    """How much a rule hands on: text, related resources, evidence and fields."""
    return sum(
        len(v.reason) + len(v.related) + len(v.evidence) + len(v.evidence_fields) for v in result.violations
    )


@cache
def measured(rule: SiteRule, size: int) -> tuple[int, int]:
    """The steps of a rule with all that it needs of the site model, and the size of its result."""
    model = modelled(size)
    found: list[RuleResult] = []
    taken = steps(lambda: found.append(evaluate_rule(rule, model)))
    assert found[0].violations, f"{rule.name} does not fire in a crowd"
    return taken, size_of(found[0])


@EVERY
def test_twice_the_crowd_takes_twice_the_steps(rule):
    (once, of_once), (twice, of_twice) = measured(rule, SIZE), measured(rule, 2 * SIZE)
    assert twice <= 2.2 * once
    assert of_twice <= 2.2 * of_once


@cache
def findings() -> tuple[Finding, ...]:
    model = modelled(120)
    report = compare(model.inputs.inventory, NOTHING, None, DriftSettings(), KINDS, (), evaluate_rules(model))
    return tuple(report.findings)


@EVERY
def test_no_finding_is_longer_than_a_bound(rule):
    own = [finding for finding in findings() if finding.type == rule.name]
    assert own
    assert max(len(finding.title) for finding in own) <= min(TITLE_MAX, 800)
    assert max(len(finding.related) for finding in own) <= RELATED_MAX


ONE_EACH = {"duplicate-mac", "duplicate-ip", "duplicate-name", "port-claimed-twice", "retired-alive"}
"""Rules that find a group in a crowd → a finding for the group, and not for each of its members."""


@pytest.mark.parametrize("name", sorted(ONE_EACH))
def test_a_group_is_one_finding(name):
    assert len([finding for finding in findings() if finding.type == name]) <= 5
