"""Keep what each sink of alarms was sent: the pulse is replaced, and only `alarms.json` of it is another.

Whichever run made that pulse, its own files stay.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.config.settings import HistorySettings
from reconciler.errors import Problem, RecordError, RemoteError
from reconciler.record import alarm_states, history, layout, parsing, pulse
from reconciler.record import remote as remotes
from reconciler.record.command import GitError, Repository
from reconciler.record.commit import make_commit, pulse_message
from reconciler.record.durable import Durable
from reconciler.record.history import RecordPlace, Tips
from reconciler.record.jitter import ATTEMPTS, pause
from reconciler.record.lock import WAIT, hold
from reconciler.record.objects import make_tree, read_blobs, store_blobs


@dataclass(frozen=True, slots=True)
class _Keeping:
    """The states to keep, and the clone whose pulse keeps them."""

    repo: Repository
    states: alarm_states.States
    sinks: Collection[str]
    scratch: Path


def keep(
    repo: Repository, settings: HistorySettings, states: alarm_states.States, sinks: Collection[str]
) -> None:
    """Put states into the pulse, whichever run it is of now; those of other names than `sinks` are dropped.

    If the remote refuses it or is away, it waits in this clone, as runs do. Raises `RecordError` if it could
    not be kept at all.
    """
    place = history.locate(repo, settings)
    with hold(repo, WAIT) as scratch:
        job = _Keeping(repo, states, sinks, scratch)
        if history.tips(repo, place).waiting_pulse is not None:
            place = replace(place, waits=True)
        try:
            _replace(job, place)
        except RemoteError:
            _replace(job, replace(place, waits=True))


def _replace(job: _Keeping, place: RecordPlace) -> None:
    repo, durable = job.repo, Durable(job.repo, job.scratch)
    pulses: set[str | None] = set()
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(pause(attempt))
            history.fetch(repo, place)
        seen = history.tips(repo, place)
        pulses.add(seen.waiting_pulse if place.waits else seen.replaced_pulse)
        if pulse.move(repo, durable, place, seen, _commit(job, place, seen)):
            return
    raise remotes.contended(place.remote, str(place.pulse), ATTEMPTS, moved=len(pulses) > 1)


def _commit(job: _Keeping, place: RecordPlace, seen: Tips) -> str:
    """Make the commit of the pulse with the states, and all else as it is."""
    base = seen.waiting_pulse or seen.pulse
    if base is None:
        raise RecordError(Problem("alarms", "there is no pulse yet that keeps what was sent", "run again"))
    every = alarm_states.merged(alarm_states.of_pulses(job.repo, seen.pulses), job.states)
    kept = {name: row for name, row in every.items() if name in job.sinks}
    try:
        (data,) = read_blobs(job.repo, [f"{base}:{layout.PULSE_RUN}"])
        facts = parsing.parse_run(layout.PULSE_RUN, data).run
        (blob,) = store_blobs(job.repo, [alarm_states.document(kept)], job.scratch)
        tree = make_tree(job.repo, base, {layout.PULSE_ALARMS: blob}, job.scratch)
    except (ValueError, GitError) as error:
        what = "is damaged: what was sent is not kept, and may be sent again"
        raise RecordError(Problem(str(place.pulse), what, "the next run replaces it")) from error
    return make_commit(job.repo, tree, None, pulse_message(facts), facts.collected_at, place.signer)
