"""`docs/rules.md`: a page for each rule, from the docstring of its module and its declarations."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from importlib import import_module
from inspect import cleandoc
from pkgutil import iter_modules
from types import ModuleType
from typing import NamedTuple

from reconciler import drift
from reconciler.kinds import RULES
from reconciler.site import rules as site_rules
from reconciler.site.rule import SiteRule

PARTS = ("Fires", "Does not fire", "Fix", "Accept")
WIDTH = 100
INTRODUCTION = """\
A rule finds problems that no declaration describes, mostly those that only two systems together
show. Rules run on everything live, declared or not, beside the comparison with
[desired state](desired-state.md).
"""
COMMON = """\
## Common to all rules

- **One finding per rule and resource.** Several reasons are joined with semicolons; other resources
  that the finding is about are `related`. A finding about a bare address has the key
  `site/address/<address>`, whether or not that address is declared.
- **Reads.** Each page lists the kinds that the rule reads. If one marked *complete* is not listed
  in full, the rule finds nothing, because it fires on what is absent there. If one marked *listed*
  could not be listed at all, it finds nothing either; single rows that could not be read do not
  matter. Other incomplete lists only hide violations.
- **What could not be read never causes a finding.** While a list that a rule reads is incomplete,
  `unchecked` in `/v1/inventory/drift` and `drift.json` names the rule with the reason. Its earlier
  findings wait in `unconfirmed`, with their date: neither new nor resolved. Rows that only an
  earlier run could read cause no new finding either.
- **Systems that are not configured.** A rule without the kinds that it needs is silent: it finds
  nothing and is not in `unchecked`.
- **Severity.** `config/reconciler.yaml` can set another one for a rule. Only findings at or above
  `drift.fail_on` (`warning`) change the exit code.

  ```yaml
  drift:
    severity:
      rules: {no-backup: warning, certificate-expiry: error}
  ```

- **Accepting a finding.** An [ignore rule](ignore.md) with `type:`, a reason and a last day covers
  it. Its target is the resource of the finding, never a related one.
"""


class Page(NamedTuple):
    """The docstring of a rule's module."""

    meaning: str
    """Its first line."""
    about: str
    parts: Mapping[str, str]


def modules() -> Iterator[tuple[str, ModuleType]]:
    """The module of each rule, by the rule's name: a `SiteRule`, or the name of a rule of the comparison."""
    for package in (drift, site_rules):
        for each in iter_modules(package.__path__, f"{package.__name__}."):
            module = import_module(each.name)
            rule = getattr(module, "RULE", None)
            if rule is not None:
                yield (rule.name if isinstance(rule, SiteRule) else str(rule)), module


def page_of(module: ModuleType) -> Page:
    """Read the docstring of a module; an error names the part that it lacks."""
    text = cleandoc(module.__doc__ or "")
    head, *rest = re.split(r"^(Fires|Does not fire|Fix|Accept):\n", text, flags=re.MULTILINE)
    parts = {title: cleandoc(f"\n{body}") for title, body in zip(rest[::2], rest[1::2], strict=True)}
    lacking = ", ".join(f"`{title}:`" for title in PARTS if not parts.get(title))
    assert not lacking, f"{module.__name__}: the docstring lacks {lacking}"
    assert tuple(parts) == PARTS, f"{module.__name__}: the order of the docstring is {', '.join(PARTS)}"
    meaning, _, about = head.strip().partition("\n\n")
    return Page(" ".join(meaning.split()), about, parts)


def pages() -> dict[str, tuple[ModuleType, Page]]:
    """Every rule's module and page, in order of the names."""
    found = {name: (module, page_of(module)) for name, module in modules()}
    assert sorted(found) == sorted(RULES), "a rule without a module, or a module without its rule"
    return dict(sorted(found.items()))


def body() -> str:
    """`docs/rules.md` below its title."""
    every = pages()
    rows = [
        f"| [{name}](#{name}) | {page.meaning} | `{RULES[name].severity}` |"
        for name, (_, page) in every.items()
    ]
    contents = "\n".join(["| rule | finds | severity |", "|---|---|---|", *rows]) + "\n"
    sections = [_section(name, module, page) for name, (module, page) in every.items()]
    return "\n".join([INTRODUCTION, contents, COMMON, *sections])


def _section(name: str, module: ModuleType, page: Page) -> str:
    facts = f"Severity: `{RULES[name].severity}`.{_reads(module.RULE)}"
    parts = (f"**{title}**\n\n{text}" for title, text in page.parts.items())
    blocks = filter(None, [page.meaning, page.about, facts, *parts])
    return f"## {name}\n\n" + "\n\n".join(_wrapped("\n\n".join(blocks))) + "\n"


def _wrapped(text: str) -> Iterator[str]:
    """The paragraphs of a text, wrapped; a block of code stays as it is."""
    for number, part in enumerate(re.split(r"^(```.*?^```)$", text, flags=re.MULTILINE | re.DOTALL)):
        if number % 2:
            yield part
        else:
            paragraphs = filter(None, part.strip().split("\n\n"))
            yield from (textwrap.fill(each, WIDTH, break_on_hyphens=False) for each in paragraphs)


def _reads(rule: SiteRule | str) -> str:
    """What a rule of the whole site reads and needs, from its declarations."""
    if not isinstance(rule, SiteRule):
        return ""
    marks = {
        kind: "complete" if kind in rule.requires_complete else "listed"
        for kind in (*rule.requires_listed, *rule.requires_complete)
    }
    reads = (f"{kind} (*{marks[kind]}*)" if kind in marks else kind for kind in rule.reads)
    needs: list[str] = [*dict.fromkeys((*rule.needs, *rule.requires_complete))]
    needs += [f"any of {', '.join(rule.needs_one_of)}"] if rule.needs_one_of else []
    silent = f" Silent without: {'; '.join(needs)}." if needs else ""
    return f" Reads: {', '.join(reads)}.{silent}"
