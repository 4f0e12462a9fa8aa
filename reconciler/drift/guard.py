"""Hold back the loss when a list suddenly shrinks, until three runs confirm it or a person accepts it.

A token that lost a right, a cluster without quorum or a changed API answers with a short list and a 200.
Such a list must not turn a site into a wall of `missing`: its scope becomes `partial`, and the last good rows
stay.
"""

from collections.abc import Iterable
from dataclasses import replace

from reconciler.config.settings import GuardSettings
from reconciler.errors import Problem
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import GuardState, Run, Scope, Snapshot

RUNS_TO_RELEASE = 3
"""Complete runs in a row with the same ids lost that confirm a loss."""


def guard(
    snapshot: Snapshot,
    previous: Recorded | None,
    settings: GuardSettings,
    accepted: frozenset[tuple[str, str]] = frozenset(),
) -> Snapshot:
    """The snapshot with each complete list that lost too much called `partial`, with the problem.

    Lost are ids that the previous record has, carried ones too, and this list neither holds nor names as
    unread. `accepted` names the (source, kind) whose losses a person confirmed. A run whose list is not
    complete proves nothing, so the count starts again after it.
    """
    if previous is None:
        return snapshot
    before = _ids([*previous.inventory.config, *previous.inventory.observed])
    now = _ids(snapshot.resources)
    states = {(scope.source, scope.kind): scope.guard for scope in previous.report.scopes}
    scopes: list[Scope] = []
    for scope in snapshot.scopes:
        at = (scope.source, scope.kind)
        known = before.get(at, set())
        lost = known - now.get(at, set()) - scope.unread.keys()
        suspicious = len(lost) >= settings.min_lost and len(lost) / len(known) >= settings.max_lost
        if scope.listed == "complete" and suspicious and at not in accepted:
            scopes.append(_held(scope, tuple(sorted(lost)), len(known), states.get(at)))
        else:
            scopes.append(scope)
    return replace(snapshot, run=_run(snapshot.run, scopes), scopes=tuple(scopes))


def _held(scope: Scope, lost: tuple[str, ...], known: int, state: GuardState | None) -> Scope:
    seen = state.seen + 1 if state is not None and state.lost == lost else 1
    if seen >= RUNS_TO_RELEASE:
        return scope
    problem = Problem(
        subject=f"{scope.source}/{scope.kind}",
        what=f"lost {len(lost)} of {known} at once, so nothing of it is called missing yet",
        remedy=f"confirmed after {RUNS_TO_RELEASE} complete runs with the same list (this is number {seen}), "
        f"or at once with run --accept-missing {scope.source}/{scope.kind}",
        cause="guard",
    )
    held = {"listed": "partial", "problem": problem, "guard": GuardState(lost=lost, seen=seen)}
    return scope.model_copy(update=held)


def _run(run: Run, scopes: Iterable[Scope]) -> Run:
    """Return the run with the sources of held scopes marked partial."""
    held = {scope.source: scope.problem for scope in scopes if scope.guard is not None}
    sources = {
        name: status.model_copy(update={"status": "partial", "problem": held[name]})
        if name in held and status.status == "complete"
        else status
        for name, status in run.sources.items()
    }
    return run.model_copy(update={"sources": sources})


def _ids(keys: Iterable[Key]) -> dict[tuple[str, str], set[str]]:
    ids: dict[tuple[str, str], set[str]] = {}
    for key in keys:
        ids.setdefault((key.source, key.kind), set()).add(key.id)
    return ids
