"""How a block is settled, as values of a template: what sets it back, what accepts it, what silences it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from reconciler.drift.ignore import NOT_IGNORED, subject_of
from reconciler.model.findings import Finding
from reconciler.model.fix import Fix
from reconciler.model.pointer import parts_of
from reconciler.publish.view import View
from reconciler.report.commands import adopting, adopting_does, distinct_fixes, fix_label, setting_back
from reconciler.report.settled import EFFECTS_SHOWN
from reconciler.yamlfile.notation import entry, flow

_MOST_FIXES = 10
_IGNORED_FOR = timedelta(days=30)
_MOST_ADOPTED = 10


@dataclass(frozen=True, slots=True)
class FixStep:
    """A way to settle a block."""

    label: str
    commands: tuple[str, ...] = ()
    """Commands, or lines of YAML, to copy."""
    note: str = ""
    """The effect of them, or what to do by hand."""
    lines: bool = False
    """Whether it is lines of YAML, which are shown on request."""

    @property
    def text(self) -> str:
        """All of it, as it is copied and pasted."""
        return ("\n" if self.lines else " &&\n").join(self.commands)


def fix_steps(causes: Sequence[Finding], view: View) -> Iterator[FixStep]:
    """Yield the steps for findings about one resource."""
    for fix, finding in distinct_fixes(causes, view.fixes)[:_MOST_FIXES]:
        yield from _fix(fix, finding)
    for type_ in dict.fromkeys(each.type for each in causes if each.of_rule):
        yield from of_rule(type_, view)
    if (adopt := adopting(causes)) is not None:
        yield FixStep("accept", (adopt,), adopting_does(causes))
        if lines := tuple(_adopted_lines(causes)):
            yield FixStep("lines to adopt", lines, f"in the file of {causes[0].key.source}", lines=True)
    if lines := tuple(_ignore_lines(causes, view)):
        yield FixStep("lines to ignore", lines, "in config/ignore.yaml", lines=True)


def of_rule(rule: str, view: View) -> Iterator[FixStep]:
    """Yield the remedy of a rule."""
    if hint := view.recorded.report.hints.get(rule):
        yield FixStep("fix", (), hint)


def _fix(fix: Fix, finding: Finding) -> Iterator[FixStep]:
    label = fix_label(finding)
    if commands := setting_back(fix, finding):
        parts = [f"on {fix.where}" if fix.where else "", EFFECTS_SHOWN.get(fix.effect, fix.effect)]
        parts.append(f"needs {fix.right}" if fix.right else "")
        yield FixStep(label, commands, "; ".join(part for part in parts if part))
    if fix.by_hand:
        yield FixStep(f"{label} by hand", (), fix.by_hand)
    if fix.why_not:
        yield FixStep(f"{label}: no command", (), fix.why_not)


def _adopted_lines(causes: Sequence[Finding]) -> Iterator[str]:
    """Yield the YAML of the live values of fields that differ, as they would be declared."""
    tree: dict[str, object] = {}
    for finding in causes[:_MOST_ADOPTED]:
        change = finding.change
        if finding.type != "drifted" or change is None or not change.path or change.live is None:
            continue
        here = tree
        *above, last = parts_of(change.path)
        for part in above:
            below = here.setdefault(part, {})
            if not isinstance(below, dict):
                break
            here = below
        else:
            here[last] = change.live
    if tree:
        yield from entry(causes[0].key.id, tree)


def _ignore_lines(causes: Sequence[Finding], view: View) -> Iterator[str]:
    """Yield the rules that silence the findings, each with a reason to write and an end."""
    day = (view.run.collected_at + _IGNORED_FOR).date().isoformat()
    for finding in causes[:_MOST_ADOPTED]:
        if finding.type in NOT_IGNORED:
            continue
        subject = {**subject_of(finding), "reason": "why this is acceptable", "expires": day}
        for number, (name, value) in enumerate(subject.items()):
            yield f"{'  ' if number else '- '}{name}: {flow(value)}"
