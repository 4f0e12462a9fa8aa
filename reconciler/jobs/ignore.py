"""Write ignore rules for findings of the last recorded run; needs no source and no secret."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reconciler.config.duration import duration
from reconciler.config.file import Config, read
from reconciler.desired.replace_files import Replacement, replace_files
from reconciler.drift.ignore import FILE, NOT_IGNORED, Ignore, IgnoreRule, as_day, rules_of, subject_of
from reconciler.errors import Problem, ReconcilerError, UsageError
from reconciler.jobs import steps
from reconciler.jobs.selection import finding_named, with_consequences
from reconciler.kinds import RULES, kinds_of
from reconciler.model.findings import Finding
from reconciler.model.progress import Progress
from reconciler.text import printable, quoted
from reconciler.yamlfile.edit import rewritten
from reconciler.yamlfile.tree import parse_yaml


@dataclass(frozen=True, slots=True)
class IgnoreRequest:
    """The findings to silence, and why and until when."""

    names: tuple[str, ...]
    cause: str | None
    reason: str
    until: str
    owner: str | None = None
    consequences: bool = False
    """Whether what follows from the findings is silenced too."""


@dataclass(frozen=True, slots=True)
class Silencing:
    """The file of ignore rules with the new ones."""

    replacement: Replacement
    findings: tuple[Finding, ...]
    """The findings that are silenced by them."""
    until: date


def silence_findings(config: Config, progress: Progress, request: IgnoreRequest) -> Silencing:
    """Return the ignore file with a rule for each finding; raises with every finding that cannot have one."""
    today = steps.now().date()
    until = _until(request.until, today)
    if not request.reason.strip():
        raise UsageError(Problem("--reason", "is empty", "write why the finding is acceptable"))
    named, consequences = _chosen(config, progress, request)
    file, kinds = config.file.parent / FILE, kinds_of(config)
    name = config.display_path(file)
    before = file.read_bytes() if file.is_file() else None
    is_there = file.exists() or file.is_symlink()
    tree, found = read(file, name=name) if is_there else (parse_yaml(b"", name), [])
    ignores = rules_of(tree, found, kinds, RULES)
    working = [each for each in ignores if each.rule.expires >= today]
    refused = [problem for each in named for problem in _obstacles(each, working)]
    if refused:
        raise ReconcilerError(refused)
    wanted = [*named, *(each for each in consequences if not any(_obstacles(each, working)))]
    rules = _with_rules(tree.value or [], ignores, [_entry(each, request, until) for each in wanted])
    after = rewritten(before or b"", name, rules)
    made = rules_of(parse_yaml(after, name), [], kinds, RULES)
    uncovered = [each for each in wanted if not any(rule.covers(each) for rule in made)]
    if uncovered:
        what = "cannot be covered by a rule: no rule can hold its id"
        raise ReconcilerError(Problem(_subject(each), what) for each in uncovered)
    return Silencing(Replacement(before, after), tuple(wanted), until)


def _until(text: str, today: date) -> date:
    """Return the last day that a date or a duration stands for; raises `UsageError` for one in the past."""
    try:
        day = as_day(text.strip()) if "-" in text else today + duration(text)
    except (ValueError, OverflowError):
        remedy = "write a date (2027-01-31) or how long from today (30d)"
        what = f"{quoted(text)} is neither a date nor a duration"
        raise UsageError(Problem("--until", what, remedy)) from None
    if day < today:
        raise UsageError(Problem("--until", f"{day} is in the past", "choose a later day"))
    return day


def _chosen(
    config: Config, progress: Progress, request: IgnoreRequest
) -> tuple[list[Finding], list[Finding]]:
    """Return the findings that are named, and what follows from them where that is asked for."""
    _, previous = steps.read_record_if_any(config, progress)
    if previous is None:
        what = "has no findings: nothing is recorded yet"
        raise ReconcilerError(Problem("the record", what, "record a run with `reconciler run`"))
    findings = previous.report.lasting
    named: dict[str, Finding] = {}
    problems: list[Problem] = []
    for name in (*request.names, *([] if request.cause is None else [request.cause])):
        try:
            finding = finding_named(name, findings)
        except UsageError as error:
            problems += error.problems
            continue
        if name == request.cause and finding.cause is not None:
            finding = next((each for each in findings if each.id == finding.cause), finding)
        named[finding.id] = finding
    if problems:
        raise UsageError(problems)
    below = [
        each
        for finding in (named.values() if request.consequences else ())
        for each in with_consequences(finding, findings)
        if each.id not in named
    ]
    return list(named.values()), list({each.id: each for each in below}.values())


def _subject(finding: Finding) -> str:
    return printable(f"{finding.id} {finding.key}")


def _obstacles(finding: Finding, working: Iterable[Ignore]) -> Iterator[Problem]:
    """Yield why a finding gets no rule: it cannot be ignored, or one of the rules in force covers it."""
    if finding.type in NOT_IGNORED:
        yield Problem(_subject(finding), f"cannot be ignored: {finding.type}", RULES[finding.type].hint)
    rule = next((each for each in working if each.covers(finding)), None)
    if rule is not None:
        what = f"is already ignored by {rule.where}, until {rule.rule.expires}"
        yield Problem(_subject(finding), what, "edit that rule to change it")


def _entry(finding: Finding, request: IgnoreRequest, until: date) -> dict[str, Any]:
    """Return the rule that covers one finding and no other."""
    entry: dict[str, Any] = {**subject_of(finding), "reason": request.reason.strip()}
    if request.owner is not None:
        entry["owner"] = request.owner
    return entry | {"expires": until.isoformat()}


def _with_rules(
    written: Sequence[Any], ignores: Sequence[Ignore], entries: Iterable[dict[str, Any]]
) -> list[Any]:
    """Return the rules of the file with new ones; one about the same, which has expired, is renewed."""
    rules = list(written)
    known = {(each.about, each.rule.target.wildcards): number for number, each in enumerate(ignores)}
    for entry in entries:
        about = Ignore(IgnoreRule.model_validate(entry), "").about
        number = next((known[each] for each in ((about, False), (about, True)) if each in known), None)
        if number is None:
            rules.append(entry)
        else:
            changes = {name: entry[name] for name in ("reason", "owner", "expires") if name in entry}
            rules[number] = {**rules[number], **changes}
    return rules


def write_silencing(config: Config, silencing: Silencing) -> None:
    """Write the ignore file; raises if it was changed meanwhile, or cannot be written."""
    folder = config.file.parent
    replace_files(folder, config.display_path(folder), {FILE: silencing.replacement})
