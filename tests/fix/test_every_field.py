"""Every field of every kind with commands: what is printed makes the row what it was, or says what to do.

The keys, their values and the options that commands may have are those of the published schemas.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from reconciler.config.settings import DriftSettings, GuardSettings
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.drift.fixes import FixSite
from reconciler.drift.guard import guard
from reconciler.drift.identify import identify
from reconciler.model.findings import Finding
from reconciler.model.fix import Fix
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Snapshot
from tests.blind_spots import proxmox
from tests.blind_spots.keys import with_value
from tests.blind_spots.place import Place
from tests.blind_spots.probe import Change, Tried, _adopted, _together, states
from tests.contracts import facts
from tests.fix.configuration import configure, split

LEAST = {
    "guest": 900,
    "storage": 500,
    "backup-job": 150,
    "replication-job": 6,
    "ha-resource": 14,
    "ha-rule": 14,
    "firewall": 70,
    "user": 6,
    "token": 4,
    "role": 2,
    "acl": 2,
    "alias": 2,
    "node-config": 3,
}
"""Changes of each kind with commands that these settle, at least."""
COMMANDED = frozenset(LEAST)
_WRITTEN = {"storage": "storage", "backup-job": "backup_job"}
_RELEASES = {"9.2"}


@dataclass(frozen=True)
class Case:
    """A change of one key, the findings that it makes, and how they are settled."""

    one: Tried
    change: Change
    findings: tuple[Finding, ...]
    fix: Fix

    @property
    def label(self) -> str:
        values = f"{self.change.before.value!r} → {self.change.after.value!r}"
        return f"{self.one.place.endpoint} {self.one.key.name}: {values}"


def _places() -> Iterator[Place]:
    for place in proxmox.places():
        if place.kind in COMMANDED and not place.status and not place.inside and place.version in _RELEASES:
            yield place


@cache
def _cases() -> tuple[Case, ...]:
    tried: list[Tried] = []
    number = 0
    for place in _places():
        read: dict[str, Snapshot] = {}
        for key in place.keys.values():
            one = Tried(place, key, list(states(place, key, read)))
            alive = [state for state in one.states if state.exists]
            after = [*alive[1:], alive[0]] if len(alive) > 1 else []
            for one_state, other in zip(alive, after, strict=False):
                number += 1
                one.changes.append(Change(one_state, other, f"s{number}"))
            tried.append(one)
    kinds = {change.source: {one.place.kind: one.place.of_kind} for one in tried for change in one.changes}
    changes = {change.source: change for one in tried for change in one.changes}
    left = carry_forward(identify(_together(changes, "before"), None, None, kinds), None, kinds)
    desired = _adopted(left, kinds)
    recorded = Recorded(compare(left, desired, None, DriftSettings(), kinds), left, {})
    after_all = identify(_together(changes, "after"), desired, recorded, kinds)
    right_all = carry_forward(guard(after_all, recorded, GuardSettings()), recorded, kinds)
    report = compare(right_all, desired, recorded, DriftSettings(), kinds)
    by_source: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.type == "drifted":
            by_source.setdefault(finding.key.source, []).append(finding)
    site = FixSite(report, right_all, kinds)
    cases = []
    for one in tried:
        for change in one.changes:
            found = tuple(by_source.get(change.source, ()))
            if found and change.before.key == change.after.key:
                cases.append(Case(one, change, found, site.fix(found)))
    return tuple(cases)


def _settled(case: Case) -> str | None:
    """Run the commands; return what is wrong with the row that they make."""
    place, key, change = case.one.place, case.one.key, case.change
    row = with_value(place.row_of(key), key.steps, change.after.value)
    for words in case.fix.commands:
        row = configure(row, words)
    (now,) = place.read(row).resources.values()
    (then,) = change.before.read.resources.values()
    apart = {"unmodelled", *place.of_kind.not_config}
    one, other = (each.model_dump(exclude=apart) for each in (now, then))
    differing = sorted(name for name in one if one[name] != other[name])
    return f"{case.label}: {differing} after {case.fix.commands}" if differing else None


def test_the_printed_words_make_every_row_what_it_was():
    wrong = [
        fault
        for case in _cases()
        if case.fix.commands and not case.fix.by_hand and not case.fix.why_not and (fault := _settled(case))
    ]
    assert wrong == []


def test_what_no_command_settles_has_words():
    silent = [
        case.label
        for case in _cases()
        if not case.fix.commands and not (case.fix.by_hand or case.fix.why_not)
    ]
    assert silent == []


@pytest.mark.parametrize("kind", sorted(COMMANDED))
def test_most_fields_have_commands(kind):
    counted = Counter(bool(case.fix.commands) for case in _cases() if case.one.place.kind == kind)
    assert counted[True] >= LEAST[kind], counted


def test_options_are_those_of_the_published_schemas():
    keys = facts.load(facts.PROXMOX_9).config_keys
    unknown = set()
    for case in _cases():
        for words in case.fix.commands:
            head, given = split(words)
            written = _WRITTEN.get(case.one.place.kind)
            if head[1:2] == ("set",) and head[0] in {"qm", "pct"}:
                written = "qemu" if head[0] == "qm" else "lxc"
            if written is None or head[0] == "ha-manager":
                continue
            known = {name.replace("[n]", "0") for name in keys[written]} | {"delete", "digest", "hugepages"}
            known |= {f"{name}0" for name in ("scsi", "virtio", "sata", "ide", "net", "mp", "ipconfig")}
            unknown |= {(head[0], name) for name in given if name not in known}
            unknown |= {
                (head[0], name) for name in given.get("delete", "").split(",") if name and name not in known
            }
    assert unknown == set()


def test_every_command_says_its_right():
    assert [case.label for case in _cases() if case.fix.commands and not case.fix.right] == []
