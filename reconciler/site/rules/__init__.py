"""The rules of the whole site, a file each: what the site model shows that no single source can.

The docstring of a file is its page in `docs/rules.md`: a line with what the rule is about, then `Fires:`,
`Does not fire:`, `Fix:` and `Accept:`. The file ends with `RULE`, its declarations. A file in this folder is
found by itself; `_` in its name is `-` in that of the rule.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from pkgutil import iter_modules

from reconciler.errors import Problem
from reconciler.isolation import isolated
from reconciler.model.rule import Rule, RuleResults, Violation
from reconciler.site.rule import SiteRule, evaluate_rule
from reconciler.site.site_model import SiteModel


def _found() -> Iterator[SiteRule]:
    for name in sorted(module.name for module in iter_modules(__path__)):
        rule: SiteRule = import_module(f"{__name__}.{name}").RULE
        yield rule


SITE_RULES: tuple[SiteRule, ...] = tuple(_found())
"""Every rule of this folder, in order of the names."""

RULES: Mapping[str, Rule] = {each.name: each.rule for each in SITE_RULES}
"""By name, as findings and the configuration have it."""


def evaluate_rules(model: SiteModel) -> RuleResults:
    """Return what the rules find in a run, and which could not be checked in full, with the reason."""
    violations: dict[str, tuple[Violation, ...]] = {}
    unchecked: dict[str, str] = {}
    failed: list[Problem] = []
    for rule in SITE_RULES:
        result = isolated(f"rule {rule.name}", partial(evaluate_rule, rule, model))
        if isinstance(result, Problem):
            failed.append(result)
            unchecked[rule.name] = str(result)
            continue
        if result.violations:
            violations[rule.name] = result.violations
        if result.unchecked is not None:
            unchecked[rule.name] = result.unchecked
    return RuleResults(RULES, violations, unchecked, tuple(failed))
