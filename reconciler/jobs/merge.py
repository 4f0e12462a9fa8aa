"""Take live values over into the desired state: of the whole site, or of what is named.

What comes out is loaded and compared again before anyone sees it: it is valid, and what was taken over has no
finding any more.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler import files
from reconciler.collectors.collect import begin
from reconciler.config.file import SITE, Config
from reconciler.desired import load as desired_files
from reconciler.desired.adopt import adopted_row, refusal
from reconciler.desired.directory import read_directory
from reconciler.desired.merge import Accepted, merge
from reconciler.desired.places import key_at
from reconciler.desired.replace_files import Replacement, replace_files
from reconciler.errors import DesiredStateError, Problem, ReconcilerError
from reconciler.jobs import steps
from reconciler.jobs.adopt import left_out, whole_files
from reconciler.jobs.adopt_choice import AdoptChoice, LiveSite, Request, choose
from reconciler.jobs.drift import recorded_inventory
from reconciler.jobs.steps import Intent
from reconciler.kinds import kinds_of, withheld
from reconciler.model.desired import DesiredState
from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.model.pointer import parts_of
from reconciler.model.progress import Progress
from reconciler.model.snapshot import Run, by_kind
from reconciler.model.value import Row
from reconciler.site.declared import contradictions
from reconciler.text import printable, shown
from reconciler.yamlfile.syntax import MAX_BYTES

_SAVE = "commit it or `git add` it first, so that no change can be lost"
_ROUNDS = 4
"""A value that is taken over can show others: a flag those that it rules."""


@dataclass(frozen=True, slots=True)
class Merged:
    """Files of the desired state with what was taken over."""

    replacements: Mapping[str, Replacement]
    """By path below the desired-state folder; only files that change."""
    left_out: tuple[str, ...]
    """The resources that could not be read or declared, and why."""
    notes: tuple[str, ...]
    """Remarks on findings that were passed over on purpose."""
    run: Run


def merge_live(
    config: Config, environment: Mapping[str, str], progress: Progress, request: Request
) -> Merged:
    """Take over values of the live state."""
    deadline = steps.deadline(config)
    kinds = kinds_of(config)
    tree, intent = _declared(config, kinds)
    with steps.without_cyclic_gc():
        repository, previous = steps.read_record_if_any(config, progress, deadline)
        facts = steps.begin(config, repository)
        expected = steps.expect(intent.desired, previous)
        snapshot = steps.collect(config, environment, progress, facts, expected, deadline=deadline)
        evaluation = steps.evaluate(config, snapshot, intent, previous)
        return merge_site(LiveSite(config, kinds, intent, tree, evaluation, previous), request)


def merge_snapshot(config: Config, snapshot: str, progress: Progress, request: Request) -> Merged:
    """Take over values of a snapshot: a file, a recorded run's id, or `latest`; needs no secret."""
    kinds = kinds_of(config)
    tree, intent = _declared(config, kinds)
    with steps.without_cyclic_gc():
        repository, previous = steps.read_record_if_any(config, progress)
        facts = steps.begin(config, repository)
        inventory = recorded_inventory(config, snapshot, intent.desired, previous, facts)
        evaluation = steps.evaluate_inventory(config, inventory, intent, previous)
        return merge_site(LiveSite(config, kinds, intent, tree, evaluation, previous), request)


def _declared(config: Config, kinds: Kinds) -> tuple[Mapping[str, bytes], Intent]:
    """Return the files and what they declare; nothing where the folder does not exist yet."""
    folder = config.desired_directory
    if folder.exists() or folder.is_symlink():
        intent = steps.load(config)
        return read_directory(folder, config.settings.desired_state), intent
    return {}, Intent(load_tree(config, {}, kinds), steps.load_ignores(config))


def load_tree(config: Config, tree: Mapping[str, bytes], kinds: Kinds) -> DesiredState:
    """Return what files declare, by their path; raises `DesiredStateError` with every problem."""
    return desired_files.load(
        tree,
        kinds,
        directory=config.settings.desired_state,
        withheld=withheld(config),
        contradictions=lambda desired, written: contradictions(desired, written, kinds),
    )


def merge_site(site: LiveSite, request: Request) -> Merged:
    """Return the files with what a request takes over of a site."""
    rows = site.rows()
    choice = choose(site, request, rows)
    rows = {**rows, **dict(_without_owners(site, rows, choice))}
    refused = {each.key: why for each in choice.accepted if (why := _unfit(site, each, rows)) is not None}
    now, todo, tried = site, list(choice.accepted), set[Accepted]()
    for turn in range(_ROUNDS):
        if not todo and turn:
            break
        now = _taken(now, todo, rows, frozenset() if turn else choice.whole, refused)
        tried |= {*todo}
        todo = [each for each in _shown(now, choice) if each not in tried and each.key not in refused]
    _refuse(refused.values() if refused.keys() & choice.strict else ())
    still = [_still(finding) for finding in now.findings if _remains(finding, tried, refused)]
    _refuse(still if choice.strict else ())
    inventory = site.evaluation.inventory
    unread = left_out(inventory, choice.places, site.kinds)
    replacements = {
        path: Replacement(site.tree.get(path), data)
        for path, data in sorted(now.tree.items())
        if data != site.tree.get(path)
    }
    left = (*unread, *map(str, [*refused.values(), *still]))
    return Merged(replacements, left, choice.notes, inventory.run)


def _without_owners(
    site: LiveSite, rows: Mapping[Key, Row], choice: AdoptChoice
) -> Iterator[tuple[Key, Row]]:
    """Yield the addresses in use whose owner is not declared, without it: `validate` would refuse it."""
    known = {*site.desired.resources, *(each.key for each in choice.accepted if not each.parts)}
    for key, row in rows.items():
        if key.source != SITE or not isinstance(row.get("owner"), str):
            continue
        owner = Key.parse(str(row["owner"]))
        if owner[:2] in site.desired.opted_in and owner not in known:
            yield key, {name: value for name, value in row.items() if name != "owner"}


def _unfit(site: LiveSite, accepted: Accepted, rows: Mapping[Key, Row]) -> Problem | None:
    """Return why a whole row cannot be declared; None if it can, or if only its fields are taken over."""
    key = accepted.key
    if accepted.parts or accepted.only_exact or key not in rows:
        return None
    kind = site.kinds[key.source][key.kind]
    live = by_kind(rows).get(key.source, {})
    return refusal(key, adopted_row(key.id, rows[key], kind, live), kind)


def _refuse(problems: Iterable[Problem]) -> None:
    problems = list(problems)
    if problems:
        raise ReconcilerError(problems)


def _taken(
    site: LiveSite,
    accepted: Sequence[Accepted],
    rows: Mapping[Key, Row],
    whole: Collection[tuple[str, str]],
    refused: dict[Key, Problem],
) -> LiveSite:
    """Return the site with values taken over, but for the resources that `validate` would refuse then."""
    config, kinds, directory = site.config, site.kinds, site.config.settings.desired_state
    while True:
        kept = {key: row for key, row in rows.items() if key not in refused}
        texts, odd = whole_files(config, kept, kinds, whole)
        wanted = [each for each in accepted if each.key not in refused]
        merged = merge(site.tree, directory, site.desired, kinds, rows, wanted)
        tree = {**site.tree, **merged, **{path: text.encode() for path, text in texts.items()}}
        try:
            desired = load_tree(config, tree, kinds)
        except DesiredStateError as error:
            ours = {each.key for each in wanted} | {key for key in kept if key[:2] in whole}
            blamed = dict(_blamed(error.problems, tree, directory, kinds, ours))
            blamed = blamed or dict(_still_named(error.problems, ours - rows.keys()))
            if not blamed:
                raise
            refused |= blamed
            continue
        refused |= {_key_of(problem.subject): problem for problem in odd}
        intent = replace(site.intent, desired=desired)
        evaluation = steps.evaluate_inventory(config, site.evaluation.inventory, intent, site.previous)
        return replace(site, tree=tree, intent=intent, evaluation=evaluation)


def _key_of(text: str) -> Key:
    source, kind, identity = text.split("/", 2)
    return Key(source, kind, identity)


def _blamed(
    problems: Iterable[Problem],
    tree: Mapping[str, bytes],
    directory: str,
    kinds: Kinds,
    ours: Collection[Key],
) -> Iterator[tuple[Key, Problem]]:
    """Yield the resource of ours that each problem is about: where it stands, or what it names."""
    for problem in problems:
        places = [problem.subject, *re.findall(rf"{re.escape(directory)}/\S+?\.yaml:\d+", problem.what)]
        keys = (key_at(place, tree, directory, kinds) for place in places)
        key = next((key for key in keys if key in ours), None)
        if key is not None:
            yield key, Problem(printable(str(key)), f"cannot be declared: {problem.what}", problem.remedy)


def _still_named(problems: Iterable[Problem], removed: Collection[Key]) -> Iterator[tuple[Key, Problem]]:
    """Yield the resources that cannot be removed, because another declaration needs them."""
    for key in removed:
        naming = [each for each in problems if shown(key.id) in each.what or str(key) in each.what]
        if naming:
            places = ", ".join(dict.fromkeys(each.subject for each in naming))
            yield (
                key,
                Problem(
                    printable(str(key)), f"cannot be removed: it is named at {places}", "change that first"
                ),
            )


def _shown(site: LiveSite, choice: AdoptChoice) -> Iterator[Accepted]:
    """Yield what differs now in the resources that were taken over: a flag shows the fields that it rules."""
    for finding in site.findings:
        change = finding.change
        if finding.type != "drifted" or change is None or finding.key not in choice.settles:
            continue
        if finding.id in choice.left:
            continue
        parts = parts_of(change.path)
        kind = site.kinds[finding.key.source][finding.key.kind]
        if parts and parts[0] not in kind.policies and not (choice.only_exact and change.declared):
            yield Accepted(finding.key, parts)


def _remains(finding: Finding, tried: Collection[Accepted], refused: Collection[Key]) -> bool:
    """Return whether a finding is still there that should have been settled."""
    if finding.key in refused or finding.type not in {"missing", "unmanaged", "drifted"}:
        return False
    return Accepted(finding.key, parts_of(finding.path)) in tried


def _still(finding: Finding) -> Problem:
    what = f"{finding.path or 'it'} would still differ".strip()
    return Problem(printable(str(finding.key)), what, f"change it by hand, at {finding.where or 'its file'}")


def merge_addresses(config: Config, name: str) -> Merged:
    """Take over a list of addresses from a file into `site/address`; reads no source and no record."""
    from reconciler.site.address_list import address_list

    try:
        data = files.read_regular(Path(name), MAX_BYTES)
    except OSError as error:
        raise ReconcilerError(Problem(printable(name), f"cannot be read: {error.strerror}")) from error
    given = address_list(data, printable(name))
    kinds, directory = kinds_of(config), config.settings.desired_state
    tree, intent = _declared(config, kinds)
    known = intent.desired.resources
    accepted = [
        each
        for key, row in given.rows.items()
        for each in ([Accepted(key, (field,)) for field in row] if key in known else [Accepted(key)])
        if not each.parts or known[key].fields.get(each.parts[0]) != row[each.parts[0]]
    ]
    merged = merge(tree, directory, intent.desired, kinds, given.rows, accepted)
    load_tree(config, {**tree, **merged}, kinds)
    replacements = {path: Replacement(tree.get(path), data) for path, data in sorted(merged.items())}
    return Merged(replacements, (), given.notes, begin(config, steps.now()))


def write_merged(config: Config, merged: Merged) -> None:
    """Write the files, all or none; raises `DesiredStateError` with each that git could not give back."""
    from reconciler import record

    folder, name = config.desired_directory, config.settings.desired_state
    if (config.root / ".git").exists():
        repository = record.open_repository(config.root, secrets=config.secret_variables)
        paths = [os.path.relpath(folder / path, repository.root) for path in merged.replacements]
        unsaved = record.unsaved(repository, paths)
        problems = [
            Problem(printable(f"{name}/{path}"), "has changes that are not in git", _SAVE)
            for path, place in zip(merged.replacements, paths, strict=True)
            if place in unsaved
        ]
        if problems:
            raise DesiredStateError(problems)
    replace_files(folder, name, merged.replacements)
