"""Review a change of the desired state: two commits, evaluated on the last recorded snapshot.

Both are read with git: nothing of them is checked out or run. No source is asked, and no secret is needed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.config.file import Config
from reconciler.desired.parsed import ParsedFiles
from reconciler.drift.fixes import FixSite
from reconciler.drift.identify import identify_inventory
from reconciler.drift.ignore import Ignore
from reconciler.errors import ConfigError, DesiredStateError, Problem, in_order
from reconciler.jobs import steps
from reconciler.jobs.config_change import config_change, ignores_in
from reconciler.jobs.desired_ref import commit_named, desired_in
from reconciler.jobs.steps import Evaluation, Intent
from reconciler.kinds import kinds_of
from reconciler.model.desired import DesiredState
from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.model.progress import Progress
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Inventory
from reconciler.review.answer import Review, ReviewedFinding, ReviewedSide
from reconciler.review.effect import (
    UNMANAGED,
    UNVERIFIED,
    DriftEffect,
    changed_keys,
    closed_by,
    effect,
    no_longer_checked,
    reviewed,
)
from reconciler.review.rollout import newly_let_in, rolled_out
from reconciler.text import counted, printable

if TYPE_CHECKING:
    from reconciler.record import Repository

_NOTHING: Mapping[str, Finding] = {}


@dataclass(frozen=True, slots=True)
class _Trees:
    """The commits of a review, and the tree that is compared for head."""

    base: str
    head: str
    tree: str
    """That of base with head merged into it, or head itself."""
    notes: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    landed: bool = False
    merged: bool = False


def review(config: Config, base: str, head: str, progress: Progress, *, merged: bool = False) -> Review:
    """Return the effect of merging `head` into `base`, two names of commits, or of having done so.

    Raises `RecordError` for a name that leads to no commit, and `ReconcilerError` if base itself is broken in
    a way that leaves nothing to compare with.
    """
    from reconciler import record

    repository = record.open_repository(config.root, secrets=config.secret_variables)
    trees = _landed(repository, base, head) if merged else _trees(repository, base, head)
    with steps.without_cyclic_gc():
        parsed = ParsedFiles()
        after = _load(config, repository, trees.head, trees.tree, head, parsed)
        changed = config_change(config, repository, trees.base, trees.tree)
        if isinstance(after, list) or trees.conflicts or changed.problems:
            problems = [*_conflicts(trees), *changed.problems, *(after if isinstance(after, list) else ())]
            return _invalid(config, trees, problems)
        before = _load(config, repository, trees.base, trees.base, base, parsed)
        recorded = steps.read_record(config, repository, progress)
        noted = replace(trees, notes=(*trees.notes, *changed.notes))
        return _compared(config, noted, before, after, recorded)


def _trees(repository: "Repository", base: str, head: str) -> _Trees:
    from reconciler.record import queries

    ours, theirs = commit_named(repository, base), commit_named(repository, head)
    merge = queries.merged_tree(repository, ours, theirs)
    if merge.tree is not None:
        return _Trees(ours, theirs, merge.tree, merged=True)
    if merge.conflicts:
        return _Trees(ours, theirs, theirs, conflicts=merge.conflicts)
    note = f"head is compared as it stands, not as merged: {merge.why_not}"
    return _Trees(ours, theirs, theirs, (note,))


def _landed(repository: "Repository", base: str, head: str) -> _Trees:
    """Return the trees of a change that was merged: that of head, and of where its commits began."""
    from reconciler.record import queries

    ours, theirs = commit_named(repository, base), commit_named(repository, head)
    began = queries.fork_point(repository, ours, theirs)
    if began == theirs:
        what = f"{printable(base)} has all commits of {printable(head)}, so it does not show where they began"
        remedy = "name the commit from before the merge: the `merge_base` of the pull request"
        raise ConfigError(Problem("--base", what, remedy))
    return _Trees(began or ours, theirs, theirs, landed=True)


def _load(
    config: Config, repository: "Repository", commit: str, tree: str, name: str, parsed: ParsedFiles
) -> Intent | list[Problem]:
    """Return what people wrote in a tree, or every problem of it."""
    found: list[Problem] = []
    desired: DesiredState | None = None
    ignores: tuple[Ignore, ...] = ()
    try:
        files = desired_in(config, repository, commit, tree, name).files
        desired = steps.load_desired(config, files, parsed)
    except DesiredStateError as error:
        found += error.problems
    try:
        ignores = ignores_in(config, repository, tree)
    except ConfigError as error:
        found += error.problems
    return in_order(found) if desired is None or found else Intent(desired, ignores)


def _conflicts(trees: _Trees) -> Iterator[Problem]:
    for path in trees.conflicts:
        what = "conflicts with base: both sides changed the same lines"
        yield Problem(printable(path), what, "merge base into the branch and choose")


def _invalid(config: Config, trees: _Trees, problems: Iterable[Problem]) -> Review:
    nothing = {"declared": 0, "fields": 0}
    return Review(
        site=config.settings.site,
        base=ReviewedSide(commit=trees.base, **nothing),
        head=ReviewedSide(commit=trees.head, **nothing),
        merged=trees.merged,
        landed=trees.landed,
        run_id=None,
        problems=tuple(problems),
        notes=trees.notes,
    )


def _compared(
    config: Config, trees: _Trees, before: Intent | list[Problem], after: Intent, recorded: Recorded | None
) -> Review:
    notes = [*trees.notes]
    if isinstance(before, list):
        count = len(before)
        notes.append(
            f"base is not valid ({counted(count, 'problem')}), so everything counts as opened by head"
        )
        before = Intent(DesiredState({}, frozenset(), after.desired.locate), ())
    problems = _emptied(after.desired, recorded)
    if problems:
        return _invalid(config, trees, problems)
    sides = {
        "base": ReviewedSide(commit=trees.base, **_size(before.desired)),
        "head": ReviewedSide(commit=trees.head, **_size(after.desired)),
        "merged": trees.merged,
        "landed": trees.landed,
    }
    if recorded is None:
        notes.append(
            "nothing is recorded yet, so only the files could be checked; run `reconciler run` first"
        )
        return Review(site=config.settings.site, run_id=None, notes=tuple(notes), **sides)
    changed = changed_keys(before.desired, after.desired)
    first = _evaluated(config, recorded, before)
    second = _evaluated(config, recorded, after)
    found = effect(first.report, second.report, changed)
    shown = _rollout(config, second, after.desired, found, changed)
    run = recorded.report.run
    return Review(
        site=config.settings.site,
        run_id=run.id,
        collected_at=run.collected_at,
        stale_after=run.stale_after,
        incomplete={name: each.status for name, each in run.sources.items() if each.status != "complete"},
        notes=tuple(notes),
        opens=shown.with_fixes(found.opens),
        closes=tuple(
            reviewed(each, found.consequences, closed_by=closed_by(each, after.desired))
            for each in found.closes
        ),
        changes=shown.with_fixes(
            (new for _, new in found.changes), {new.id: old for old, new in found.changes}
        ),
        silences=shown.letting_in(found.silences),
        leaves=shown.plain(found.leaves),
        undecided=found.undecided,
        breaks=shown.breaks(recorded, Intent(after.desired, before.ignores)),
        checked=_checked(second, after.desired),
        no_longer_checked=no_longer_checked(before.desired, after.desired),
        **sides,
    )


def _emptied(desired: DesiredState, recorded: Recorded | None) -> tuple[Problem, ...]:
    try:
        steps.refuse_emptied(desired, recorded)
    except DesiredStateError as error:
        return tuple(error.problems)
    return ()


def _size(desired: DesiredState) -> dict[str, int]:
    return {
        "declared": len(desired.resources),
        "fields": sum(len(each.fields) for each in desired.resources.values()),
    }


def _checked(head: Evaluation, desired: DesiredState) -> int:
    """Return the number of declared fields of resources that the snapshot shows."""
    verdicts = head.report.verdicts
    return sum(
        len(each.fields) for key, each in desired.resources.items() if verdicts.get(str(key)) != UNVERIFIED
    )


def _evaluated(config: Config, recorded: Recorded, intent: Intent) -> Evaluation:
    """Evaluate the recorded inventory for one side; clocks are those of the snapshot."""
    inventory = identify_inventory(recorded.inventory, intent.desired, kinds_of(config))
    return steps.evaluate_inventory(config, inventory, intent, recorded)


@dataclass(frozen=True)
class _Rollout:
    """The site once the changed declarations are rolled out, and what is shown of findings for that."""

    config: Config
    head: Evaluation
    wanted: Inventory
    lets_in: Mapping[Key, str]
    consequences: Mapping[str, int]

    def with_fixes(
        self, findings: Iterable[Finding], before: Mapping[str, Finding] = _NOTHING
    ) -> tuple[ReviewedFinding, ...]:
        """Return findings with the way to make the site so."""
        chosen = tuple(findings)
        site = FixSite(self.head.report, self.head.inventory, kinds_of(self.config))
        fixes = site.each(chosen)
        return tuple(
            reviewed(
                each,
                self.consequences,
                before=before.get(each.id),
                fix=fixes.get(each.id),
                lets_in=self.lets_in.get(each.key),
            )
            for each in chosen
        )

    def plain(self, findings: Iterable[Finding]) -> tuple[ReviewedFinding, ...]:
        """Return findings on which nothing has to be done for this change."""
        return tuple(reviewed(each, self.consequences) for each in findings)

    def letting_in(self, findings: Iterable[Finding]) -> tuple[ReviewedFinding, ...]:
        """Return findings only with the traffic that they let in."""
        return tuple(
            reviewed(each, self.consequences, lets_in=self.lets_in.get(each.key)) for each in findings
        )

    def breaks(self, recorded: Recorded, intent: Intent) -> tuple[ReviewedFinding, ...]:
        """Return the findings of rules that come with the rollout."""
        if self.wanted is self.head.inventory:
            return ()
        later = steps.evaluate_inventory(self.config, self.wanted, intent, recorded).report
        known = {finding.id for finding in self.head.report.every}
        return self.plain(each for each in later.active if each.of_rule and each.id not in known)


def _rollout(
    config: Config, head: Evaluation, desired: DesiredState, found: DriftEffect, changed: frozenset[Key]
) -> _Rollout:
    kinds = kinds_of(config)
    unmanaged = {key for key in changed if head.report.verdicts.get(str(key)) == UNMANAGED}
    wanted = rolled_out(head.inventory, desired, kinds, changed, unmanaged) if changed else head.inventory
    lets_in = newly_let_in(head.inventory, wanted, kinds, changed)
    return _Rollout(config, head, wanted, lets_in, found.consequences)
