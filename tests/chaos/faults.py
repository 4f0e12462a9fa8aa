"""The faults: one function each, which makes a run while it lasts and leaves the place without it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.place import BRANCH, PULSE, Ended, Place

Fault = Callable[[Place], list[Ended]]
KILLED = -signal.SIGKILL
_REFS = (
    f"refs/remotes/origin/{BRANCH}",
    f"refs/remotes/origin/{PULSE}",
    f"refs/reconciler/seen/{BRANCH}",
    f"refs/heads/{BRANCH}",
)
"""All that a run which pushes reads, and a local branch, which it does not need."""
_FAKETIME = "faketime/libfaketime.so.1"
_GARBAGE = (b"", b"\0" * 41, b"garbage\n", b"0" * 40 + b"\n", b"f" * 40 + b"\n")


def none(place: Place) -> list[Ended]:
    """Nothing goes wrong."""
    return [place.run()]


def killed(place: Place) -> list[Ended]:
    """SIGKILL at any moment."""
    return [_signalled(place, signal.SIGKILL)]


def terminated(place: Place) -> list[Ended]:
    """SIGTERM at any moment."""
    return [_signalled(place, signal.SIGTERM)]


def nobody_reads_standard_error(place: Place) -> list[Ended]:
    """The log collector dies."""
    process = place.start(place.a)
    assert process.stderr is not None
    process.stderr.close()
    process.stderr = None
    return [place.end(process)]


def full_disk(place: Place) -> list[Ended]:
    """ENOSPC: a few kilobytes are left for objects, temporary files and the release."""
    filler = place.disk / "filler"
    free = os.statvfs(place.disk)
    size = free.f_bavail * free.f_frsize - place.rng.randrange(2**20)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(size, 1))
    try:
        return [place.run()]
    finally:
        filler.unlink()


def no_inodes(place: Place) -> list[Ended]:
    """ENOSPC, because there can be no further file."""
    folder = place.disk / "inodes"
    folder.mkdir()
    for number in range(max(os.statvfs(place.disk).f_favail - place.rng.randrange(400), 0)):
        (folder / str(number)).touch()
    try:
        return [place.run()]
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def read_only(place: Place) -> list[Ended]:
    """EROFS: the kernel found an error on the disk."""
    with _mounted(place, "ro"):
        return [place.run()]


def dropped_connections(place: Place) -> list[Ended]:
    """A part of the requests has no answer."""
    place.lab.faults.drop(place.rng.uniform(0.05, 0.6), seed=place.rng.randrange(1000))
    return _healthy_again(place)


def wrong_answers(place: Place) -> list[Ended]:
    """Some answers break off, are web pages or are late."""
    pattern = place.rng.choice(["*", "/pending", "/config", "/resources", "/rest/*", "/api/*", "/network"])
    make = place.rng.choice([place.lab.faults.truncate, place.lab.faults.cut, place.lab.faults.html])
    make(pattern, times=place.rng.randrange(1, 20))
    place.lab.faults.slow("/content", place.rng.uniform(0, 2), times=3)
    return _healthy_again(place)


def refused_push(place: Place) -> list[Ended]:
    """A hook of the server refuses."""
    with _hook(place, "exit 1"):
        return [place.run()]


def hanging_push(place: Place) -> list[Ended]:
    """The server takes the push and does not answer; CI ends the job."""
    with _hook(place, "exec sleep 300"):
        process = place.start(place.a)
        time.sleep(place.rng.uniform(4, 8))
        process.terminate()
        return [place.end(process)]


def remote_away(place: Place) -> list[Ended]:
    """The server of the remote is down for a run or two."""
    away = place.remote.with_suffix(".away")
    place.remote.rename(away)
    try:
        runs = [place.run()]
        if place.rng.random() < 0.5:
            place.change_the_site()
            runs.append(place.run())
        return runs
    finally:
        away.rename(place.remote)


def broken_ref(place: Place) -> list[Ended]:
    """A ref of the clone is empty, zeros or garbage after a power cut."""
    ref = place.a / ".git" / place.rng.choice(_REFS)
    ref.parent.mkdir(parents=True, exist_ok=True)
    ref.write_bytes(place.rng.choice(_GARBAGE))
    return _until_cloned(place, "a")


def broken_object(place: Place) -> list[Ended]:
    """An object of the clone is empty, cut or gone after a power cut."""
    objects = sorted((place.a / ".git" / "objects").glob("[0-9a-f][0-9a-f]/*"))
    if objects:
        victim = place.rng.choice(objects)
        victim.chmod(0o644)
        data = victim.read_bytes()
        how = place.rng.randrange(3)
        if how == 0:
            victim.unlink()
        else:
            victim.write_bytes(b"" if how == 1 else data[: len(data) // 2])
    return _until_cloned(place, "a")


def four_writers(place: Place) -> list[Ended]:
    """Four runs at once: two in each clone."""
    place.change_the_site()
    processes = [place.start(where) for where in (place.a, place.b, place.a, place.b)]
    return [place.end(process) for process in processes]


def another_clock(place: Place) -> list[Ended]:
    """The clock of a runner is wrong by seconds, hours or days."""
    library = library_of_faketime()
    assert library is not None
    step = place.rng.choice(["-2d", "-90", "-1", "+1", "+90", "+2h", "+2d"])
    return [place.run(place.b, {"LD_PRELOAD": library, "FAKETIME": step})]


def library_of_faketime() -> str | None:
    """Return the library that gives a program another clock; None where Debian's `faketime` is missing."""
    return next((str(each) for each in Path("/usr/lib").glob(f"*/{_FAKETIME}")), None)


FAULTS: Mapping[str, Fault] = {
    each.__name__.replace("_", " "): each
    for each in (
        none,
        killed,
        terminated,
        nobody_reads_standard_error,
        full_disk,
        no_inodes,
        read_only,
        dropped_connections,
        wrong_answers,
        refused_push,
        hanging_push,
        remote_away,
        broken_ref,
        broken_object,
        four_writers,
        another_clock,
    )
}
ON_A_DISK = frozenset({"full disk", "no inodes", "read only"})
"""They need a small file system of their own."""


def _signalled(place: Place, number: signal.Signals) -> Ended:
    process = place.start(place.a)
    time.sleep(place.rng.uniform(0.1, 5))
    process.send_signal(number)
    return place.end(process)


def _healthy_again(place: Place) -> list[Ended]:
    try:
        return [place.run()]
    finally:
        place.lab.faults.clear()


def _until_cloned(place: Place, name: str) -> list[Ended]:
    """Run; where the run asks for it, clone anew."""
    ended = place.run(place.disk / name)
    if ended.code == 1:
        place.clone(name)
    return [ended]


@contextmanager
def _mounted(place: Place, mode: str) -> Iterator[None]:
    subprocess.run(["mount", "-o", f"remount,{mode}", str(place.disk)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(place.disk)], check=True)


@contextmanager
def _hook(place: Place, text: str) -> Iterator[None]:
    hook = place.remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{text}\n")
    hook.chmod(0o755)
    try:
        yield
    finally:
        hook.unlink()
