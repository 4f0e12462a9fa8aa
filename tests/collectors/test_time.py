"""Time that runs out: at any request, no row is lost, the reason is given, and the next run begins there."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.cli.demo import secrets_of
from reconciler.collectors.collect import collect
from reconciler.collectors.reading_order import kinds_in_order, left_over
from reconciler.config.file import Config, load_config
from reconciler.jobs import steps
from reconciler.jobs.steps import Evaluation, Intent
from reconciler.kinds import SYSTEMS
from reconciler.lab import Lab
from reconciler.lab.faults import Fault, Faults
from reconciler.model.deadline import NEVER, Deadline, run_deadline
from reconciler.model.kind import AnyKind
from reconciler.model.progress import Silent
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Scope
from tests.site_repository import SiteRepository

INTERVAL = timedelta(minutes=15)
OF_SOURCE = "a source may be read for 540 s (0.6 of interval)"
REASONS = (
    (OF_SOURCE, "raise interval, or connections"),
    ("a run may take 810 s (0.9 of interval)", "raise interval"),
)
GUESTS = 7
"""Three of them containers, for the property; more where the order among guests is tried."""
VARIANTS = ("pve", "unifi", "unifi with a key for the integration API alone", "npm")


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class TimeEnds(Fault):
    """The time is over when the n-th request comes; it is answered all the same."""

    n: int = 0
    clock: Clock = field(default_factory=Clock)
    count: int = 0

    def hits(self, path: str, host: int) -> bool:
        self.count += path.endswith(self.pattern)
        if self.count == self.n:
            self.clock.seconds = 1e6
        return False


@dataclass
class Site:
    """One system, what is declared of it, and what a run with enough time makes of it."""

    lab: Lab
    source: str
    config: Config
    intent: Intent
    seen: list[str] = field(default_factory=list)
    """The kinds that were read, in their order."""
    whole: Recorded | None = None

    @property
    def faults(self) -> Faults:
        return self.lab.faults if self.source == "pve" else self.lab.served(self.source).faults

    def run(self, previous: Recorded | None, deadline: Deadline = NEVER) -> Recorded:
        systems = {name: _noting(system, self.seen) for name, system in SYSTEMS.items()}
        expected = replace(steps.expect(self.intent.desired, previous), deadline=deadline)
        facts = steps.begin(self.config)
        snapshot = collect(self.config, systems, secrets_of(self.lab), Silent(), facts, expected)
        made: Evaluation = steps.evaluate(self.config, snapshot, self.intent, previous)
        return Recorded(made.report, made.inventory, {})

    def run_until(self, n: int, previous: Recorded | None, pattern: str = "") -> tuple[Recorded, int]:
        """One run in which the time is over at the n-th request; returns how many requests came too."""
        ends = TimeEnds(pattern, n=n)
        self.faults.add(ends)
        recorded = self.run(previous, run_deadline(INTERVAL, ends.clock))
        self.faults.clear()
        return recorded, ends.count


def _noting(system: Any, seen: list[str]) -> Any:
    def noted(kind: AnyKind) -> AnyKind:
        def fetch(*arguments: Any) -> Any:
            seen.append(kind.name)
            assert kind.fetch is not None
            return kind.fetch(*arguments)

        return replace(kind, fetch=fetch)

    return replace(system, kinds=tuple(map(noted, system.kinds)))


def _site(folder: Any, patch: pytest.MonkeyPatch, lab: Lab, variant: str, guests: int) -> Site:
    kept = [vmid for vmid, guest in sorted(lab.state.guests.items()) if guest.type == "lxc"][:3]
    kept += [vmid for vmid in sorted(lab.state.guests) if vmid not in kept][: guests - len(kept)]
    for vmid in set(lab.state.guests) - set(kept):
        lab.state.remove_guest(vmid)
    repository = SiteRepository(folder / "site", patch)
    repository.configure_all(lab)
    settings = {name: system.settings for name, system in SYSTEMS.items()}
    config = load_config(repository.root / "config/reconciler.yaml", settings)
    name, _, alone = variant.partition(" ")
    if alone:
        lab.unifi.key_opens = "integration"
    for other in {"pve", "unifi", "npm", "site"} - {name}:
        for file in (repository.root / "desired-state" / other).rglob("*.yaml"):
            file.unlink()
    config = replace(config, sources=tuple(each for each in config.sources if each.name == name))
    site = Site(lab, name, config, steps.load(config))
    site.whole = site.run(None)
    return site


@pytest.fixture(params=VARIANTS)
def site(request, tmp_path, monkeypatch) -> Iterator[Site]:
    with Lab(hosts=1) as lab:
        yield _site(tmp_path, monkeypatch, lab, request.param, GUESTS)


def _short(recorded: Recorded) -> dict[tuple[str, str], Scope]:
    return {
        (scope.source, scope.kind): scope
        for scope in recorded.inventory.scopes
        if scope.listed != "complete" or scope.unread
    }


def test_at_every_request_nothing_is_lost_and_the_next_run_begins_there(site):
    whole = site.whole
    known = {finding.id for finding in whole.report.every}
    parts: list[str] = []
    for n in itertools.chain(range(1, 40), itertools.count(40, 5)):
        recorded, requests = site.run_until(n, whole)
        if requests < n:
            break
        assert recorded.inventory.config == whole.inventory.config, n
        new = {finding.type for finding in recorded.report.every if finding.id not in known}
        assert new <= {"unverified"}, n
        assert not [scope for scope in recorded.inventory.scopes if scope.guard], n
        short = {at: scope for at, scope in _short(recorded).items() if at not in _short(whole)}
        assert not [scope for scope in short.values() if not scope.out_of_time], n
        assert short.keys() <= left_over(recorded).keys()
        status = recorded.inventory.run.sources[site.source]
        if any(scope.out_of_time for scope in recorded.inventory.scopes):
            assert status.status in {"partial", "failed"}
            assert status.problem.cause == "no-time-left", (n, status.problem)
            # The time of the whole run is over as well: whichever thread looks first reports its own.
            (part, remedy) = next(each for each in REASONS if each[0] in status.problem.what)
            assert remedy in status.problem.remedy
            parts.append(part)
        if n % 11 == 1:
            _next_begins_with_what_was_left(site, recorded)
    assert parts.count(OF_SOURCE) > 2


def _next_begins_with_what_was_left(site: Site, previous: Recorded) -> None:
    first = [kind for _, kind in left_over(previous)]
    site.seen.clear()
    recorded = site.run(previous)
    assert site.whole is not None
    assert _short(recorded).keys() == _short(site.whole).keys()
    assert not left_over(recorded)
    kinds = SYSTEMS[site.config.sources[0].type].kinds
    assert site.seen == [each.name for each in kinds_in_order(kinds, first)]
    first_and_needed = set(first)
    for kind in reversed(kinds):  # each after those that it needs
        first_and_needed |= {*kind.needs} if kind.name in first_and_needed else set()
    assert set(site.seen[: len(first)]) <= first_and_needed


def test_guests_that_were_left_out_are_asked_for_first_and_none_waits_for_ever(tmp_path, monkeypatch):
    """With time for a part of the guests in each run, each is read every few runs, to its last line."""
    with Lab(hosts=1) as lab:
        site = _site(tmp_path, monkeypatch, lab, "pve", 24)
        site.config = replace(
            site.config,
            sources=tuple(each.model_copy(update={"connections": 1}) for each in site.config.sources),
        )
        previous = site.run(None)
        waiting = dict.fromkeys(map(str, lab.state.guests), 0)
        longest = 0
        for _ in range(10):
            before = [key.id for key in previous.inventory.as_of if key.kind == "guest"]
            previous, _ = site.run_until(11, previous, "/pending")
            unread = {key.id for key in previous.inventory.as_of if key.kind == "guest"}
            assert 0 < len(unread) < len(waiting)
            if before:
                assert not unread >= set(before), "what was left out comes first"
            waiting = {vmid: waiting[vmid] + 1 if vmid in unread else 0 for vmid in waiting}
            longest = max(longest, *waiting.values())
        assert longest <= 6
