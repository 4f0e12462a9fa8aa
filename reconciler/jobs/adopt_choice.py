"""Choose what `adopt` takes over: of findings, of resources, of kinds, or of all that differs."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from reconciler.config.file import SITE, Config
from reconciler.desired.merge import Accepted
from reconciler.drift.exactness import not_exact
from reconciler.errors import Problem, ReconcilerError, UsageError
from reconciler.jobs.adopt import complete_places
from reconciler.jobs.selection import (
    NOTHING_EARLIER,
    EarlierFindings,
    Selection,
    finding_named,
    select,
    with_consequences,
)
from reconciler.jobs.steps import Evaluation, Intent
from reconciler.model.desired import DesiredState
from reconciler.model.findings import PLANNED, Finding
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.model.pointer import parts_of
from reconciler.model.recorded import Recorded
from reconciler.model.value import Row
from reconciler.site.seen import seen
from reconciler.site.site_model import SiteModel
from reconciler.text import counted, printable


@dataclass(frozen=True, slots=True)
class Request:
    """A request to adopt; without names and cause: everything."""

    names: tuple[str, ...] = ()
    cause: str | None = None
    exact: bool = False
    """Whether only what is missing to be exact is added."""

    @property
    def everything(self) -> bool:
        """Whether nothing is named."""
        return not self.names and self.cause is None


@dataclass(frozen=True, slots=True)
class LiveSite:
    """The site as it is, and as it is declared."""

    config: Config
    kinds: Kinds
    intent: Intent
    tree: Mapping[str, bytes]
    """Path below the desired-state folder → content."""
    evaluation: Evaluation
    previous: Recorded | None

    @property
    def desired(self) -> DesiredState:
        """The desired state."""
        return self.intent.desired

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, ignored ones too."""
        return self.evaluation.report.every

    @property
    def earlier(self) -> EarlierFindings:
        """The findings of the last recorded run, some of which may be gone."""
        if self.previous is None:
            return NOTHING_EARLIER
        report, now = self.previous.report, self.evaluation.report
        waiting = (*now.unconfirmed, *now.of_groups("unconfirmed"))
        return EarlierFindings((*report.lasting, *report.resolved), frozenset(each.id for each in waiting))

    def rows(self) -> dict[Key, Row]:
        """Return the live rows, and the addresses and cables that are seen in use."""
        inventory = self.evaluation.inventory.without({(SITE, name) for name in self.kinds[SITE]})
        return {**inventory.config, **seen(SiteModel(inventory, self.config.settings.capacity))}


@dataclass(frozen=True, slots=True)
class AdoptChoice:
    """The values to take over."""

    accepted: tuple[Accepted, ...]
    places: frozenset[tuple[str, str]] = frozenset()
    """The (source, kind) that are adopted as a whole."""
    whole: frozenset[tuple[str, str]] = frozenset()
    """Those of them that have no file yet."""
    strict: frozenset[Key] = frozenset()
    """The resources that were named: if one of them cannot be taken over, nothing is."""
    settles: frozenset[Key] = frozenset()
    """The resources of which everything that differs is taken over, also what comes to light by that."""
    left: frozenset[str] = frozenset()
    """The findings of these that stay: they do not follow from the cause that was named."""
    only_exact: bool = False
    notes: tuple[str, ...] = ()


def choose(site: LiveSite, request: Request, rows: Mapping[Key, Row]) -> AdoptChoice:
    """Return what a request takes over; raises for a name that stands for nothing, or has nothing to take."""
    inventory = site.evaluation.inventory
    selection = select(
        request.names,
        site.findings,
        {*rows, *site.desired.resources},
        site.kinds,
        site.earlier,
        inventory.incomplete,
    )
    places = _places(site, selection, request)
    if request.exact:
        return _exact(site, request, selection, places)
    accepted, strict, settles, notes = _resolve_request(site, request, selection, rows)
    left = _unrelated_findings(site, request, {*selection.keys})
    in_places = [*_in_places(site, places, rows, notes)]
    whole = _without_file(site, places)
    settles |= {each.key for each in in_places}
    chosen = dict.fromkeys([*accepted, *in_places])
    removed = {each.key for each in chosen if not each.parts and each.key not in rows}
    chosen |= dict.fromkeys(_naming(site.desired, removed))
    return AdoptChoice(tuple(chosen), places, whole, strict, frozenset(settles), left, notes=tuple(notes))


def _unrelated_findings(site: LiveSite, request: Request, keys: Collection[Key]) -> frozenset[str]:
    """Return the findings that neither are the cause that was named nor follow from it.

    Of resources that are named themselves (`keys`), everything is taken over.
    """
    if request.cause is None:
        return frozenset()
    root = finding_named(request.cause, site.findings, earlier=site.earlier)
    own = {each.id for each in with_consequences(root, site.findings)}
    return frozenset(each.id for each in site.findings if each.id not in own and each.key not in keys)


def _places(site: LiveSite, selection: Selection, request: Request) -> frozenset[tuple[str, str]]:
    """Return the kinds to adopt as a whole, of which the lists are complete; refuse one named in vain."""
    declarable = {
        (source, name)
        for source, kinds in site.kinds.items()
        for name, kind in kinds.items()
        if kind.can_be_declared
    }
    if request.everything:
        return frozenset(declarable)
    several = {at[0] for at in selection.places if at in declarable}
    odd = [f"{source}/{kind}" for source, kind in selection.places - declarable if source not in several]
    if odd:
        raise UsageError(Problem(each, "cannot be declared: it is inventory only") for each in sorted(odd))
    return selection.places & declarable


def _without_file(site: LiveSite, places: frozenset[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Return the kinds that get a file: those without one whose list is complete."""
    return (places & complete_places(site.evaluation.inventory)) - site.desired.with_file


def _exact(
    site: LiveSite, request: Request, selection: Selection, places: frozenset[tuple[str, str]]
) -> AdoptChoice:
    """Return the resources that become exact, and the kinds that get a file."""
    if selection.findings or request.cause:
        what = "--exact adds what is missing of resources, not of a finding"
        raise UsageError(Problem("--exact", what, "name resources (pve/guest/101) or kinds (pve/guest)"))
    verdicts = site.evaluation.report.verdicts
    loose = [*not_exact(site.desired, site.kinds)]
    problems = [
        Problem(printable(str(key)), "is not declared", "adopt it without --exact")
        for key in selection.keys
        if key not in site.desired.resources
    ]
    problems += [
        Problem(printable(str(key)), f"is {verdicts.get(str(key))}, so it cannot become exact")
        for key in selection.keys
        if key in loose and verdicts.get(str(key)) not in {"in_sync", "drifted"}
    ]
    if problems:
        raise UsageError(problems)
    accepted = tuple(
        Accepted(key, only_exact=True, named=key in selection.keys)
        for key in loose
        if (key in selection.keys or key[:2] in places) and verdicts.get(str(key)) in {"in_sync", "drifted"}
    )
    whole = _without_file(site, places)
    keys = frozenset(each.key for each in accepted)
    return AdoptChoice(accepted, places, whole, frozenset(selection.keys), keys, only_exact=True)


def _resolve_request(
    site: LiveSite, request: Request, selection: Selection, rows: Mapping[Key, Row]
) -> tuple[list[Accepted], frozenset[Key], set[Key], list[str]]:
    """Return what is taken over of findings, causes and resources; raise where there is nothing to take."""
    accepted: list[Accepted] = []
    problems: list[Problem] = []
    settles: set[Key] = set()
    notes: list[str] = []
    for finding in selection.findings:
        found = of_finding(site, finding, rows)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            accepted.append(found)
    if request.cause is not None:
        root = finding_named(request.cause, site.findings, earlier=site.earlier)
        consequences = with_consequences(root, site.findings)
        own = [each for each in consequences if not each.of_rule or each.id == root.id]
        every = [of_finding(site, each, rows) for each in own]
        takes = [each for each in every if isinstance(each, Accepted)]
        settles |= {each.key for each in takes}
        accepted += takes
        problems += [] if takes else [each for each in every if isinstance(each, Problem)][:1]
    for key in selection.keys:
        takes, why = _of_key(site, key, rows)
        settles.add(key)
        accepted += takes
        problems += [] if takes else why
        notes += [] if takes or why else [f"{key} is as declared"]
    if problems:
        raise ReconcilerError(problems)
    return accepted, frozenset(each.key for each in accepted), settles, notes


def _of_key(site: LiveSite, key: Key, rows: Mapping[Key, Row]) -> tuple[list[Accepted], list[Problem]]:
    """Return what is taken over of one resource, and what has nothing to take."""
    own = [of_finding(site, each, rows) for each in site.findings if each.key == key and not each.of_rule]
    if not own and key not in site.desired.resources:
        if site.kinds[key.source][key.kind].can_be_declared:
            return [Accepted(key)], []
        return [], [Problem(printable(str(key)), "cannot be declared: it is inventory only")]
    takes = [each for each in own if isinstance(each, Accepted)]
    return takes, [each for each in own if isinstance(each, Problem)]


def _naming(desired: DesiredState, removed: Collection[Key]) -> Iterator[Accepted]:
    """Yield the fields of addresses and cables that name a resource which is removed."""
    texts = {str(key) for key in removed}
    ports = {key.id for key in removed if key.kind == "switch-port"}
    for key, each in desired.resources.items():
        if key.source != SITE or key in removed:
            continue
        if each.fields.get("owner") in texts:
            yield Accepted(key, ("owner",), gone=True)
        if each.fields.get("to") in ports:
            yield Accepted(key, ("to",), gone=True)


def of_finding(site: LiveSite, finding: Finding, rows: Mapping[Key, Row]) -> Accepted | Problem:
    """Return what a finding takes over, or why it has nothing to take."""
    key, change, subject = finding.key, finding.change, printable(f"{finding.id} {finding.key}")
    if finding.type in {"missing", "unmanaged"}:
        return Accepted(key)
    if finding.type == "drifted" and change is not None:
        parts = parts_of(change.path)
        if parts and parts[0] in site.kinds[key.source][key.kind].policies:
            remedy = f"change the policy at {finding.where}"
            return Problem(subject, f"{change.path} is a policy, so there is no live value to adopt", remedy)
        if parts or key in rows:
            return Accepted(key, parts)
        return Problem(
            subject, f"has nothing to adopt: {printable(finding.reason or '')}", f"edit {finding.where}"
        )
    if finding.type == "unverified":
        what = f"could not be verified, so its live value is not known: {printable(str(finding.problem))}"
        return Problem(subject, what)
    if finding.type == PLANNED:
        return Problem(subject, "has nothing to adopt: it is planned", f"edit {finding.where}")
    if key.source == SITE and key in rows and key not in site.desired.resources:
        return Accepted(key)
    hint = site.evaluation.report.hints.get(finding.type, "fix what it names")
    hint = f"{hint}, or accept it with `reconciler ignore {finding.id}`"
    return Problem(subject, f"has nothing to adopt: {finding.type} is the finding of a rule", hint)


def _in_places(
    site: LiveSite, places: frozenset[tuple[str, str]], rows: Mapping[Key, Row], notes: list[str]
) -> Iterator[Accepted]:
    """Yield all that differs in some kinds that have a file, but for what is ignored and for policies."""
    kept = {each.key for each in site.findings if each.ignored_by is not None and not each.of_rule}
    own = [each for each in site.findings if each.key[:2] in places and each.key not in kept]
    policies = 0
    for finding in own:
        takes = None if finding.of_rule else of_finding(site, finding, rows)
        if isinstance(takes, Accepted):
            yield takes
        elif finding.type == "drifted":
            policies += 1
    passed = {*site.desired.resources, *kept, *site.evaluation.inventory.as_of}
    with_file = places & site.desired.with_file
    yield from (Accepted(key) for key in rows if key[:2] in with_file and key not in passed)
    left = sum(key[:2] in places for key in kept)
    if left:
        notes.append(f"{counted(left, 'ignored resource')} left as declared; name them to adopt them")
    if policies:
        notes.append(f"{counted(policies, 'finding')} about policies left: they have no live value")
