"""`make chaos`: random faults for some minutes, and after each the invariants.

Without a fixed number of trials it goes on until the time is over. It needs a file system of its own that can
be filled: a tmpfs in a user namespace (`unshare -Urm`), into which the program starts itself again.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.faults import FAULTS, ON_A_DISK, library_of_faketime
from tests.chaos.invariants import Checks
from tests.chaos.place import Place, place
from tests.chaos.readers import reading

_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")
_INSIDE = "RECONCILER_CHAOS_INSIDE"


def main() -> int:
    """Try, print counts and violations; 1 when there are any."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--seconds", type=float, default=600.0)
    length.add_argument("--each", type=int, help="try each fault so many times instead")
    parser.add_argument("--only", choices=sorted(FAULTS), action="append")
    options = parser.parse_args()
    if _INSIDE not in os.environ and _may_mount():
        again = [*_NAMESPACE, sys.executable, "-m", "tests.chaos", *sys.argv[1:], f"--seed={options.seed}"]
        os.execvpe(again[0], again, {**os.environ, _INSIDE: "yes"})
    with tempfile.TemporaryDirectory(prefix="reconciler-chaos-") as folder:
        return _try(Path(folder), options, has_disk=_INSIDE in os.environ)


def _may_mount() -> bool:
    try:
        trial = [*_NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"]
        done = subprocess.run(trial, capture_output=True, check=False)
    except FileNotFoundError:
        return False
    if done.returncode and os.environ.get("CI") == "true":
        sys.exit(f"user namespaces with a tmpfs are needed: {done.stderr.decode(errors='replace').strip()}")
    return done.returncode == 0


def _try(folder: Path, options: argparse.Namespace, *, has_disk: bool) -> int:
    print(f"seed {options.seed}", flush=True)
    wanted = options.only or list(FAULTS)
    names = [name for name in wanted if has_disk or name not in ON_A_DISK]
    for name in sorted({*wanted} - {*names}):
        print(f"not tried, because a tmpfs cannot be mounted here (unshare -Urm): {name}")
    if library_of_faketime() is None and "another clock" in names:
        names.remove("another clock")
        print("not tried, because it is not installed (apt-get install faketime): another clock")
    trials: Counter[str] = Counter()
    codes: Counter[tuple[str, int]] = Counter()
    violations: list[str] = []
    began = time.monotonic()
    with (
        place(folder, options.seed, has_disk=has_disk) as it,
        reading(it.served, folder, options.seed) as readers,
    ):
        checks = Checks(it)
        for name in _sequence(names, options, it, began):
            trials[name] += 1
            found = _trial(it, checks, name, codes)
            print("x" if found else ".", end="", flush=True)
            violations += [f"trial {trials.total()}, {name}: {each}" for each in found]
            if len(violations) > 20:
                break
        violations += [f"at the end: {each}" for each in checks.at_the_end()]
    violations += readers.violations
    _report(trials, codes, checks.counts + readers.counts, violations, time.monotonic() - began)
    return 1 if violations else 0


def _sequence(names: list[str], options: argparse.Namespace, it: Place, began: float) -> Iterator[str]:
    """Yield each fault so many times in any order, or faults at random until the time is over."""
    if options.each is not None:
        yield from it.rng.sample(names * options.each, len(names) * options.each)
        return
    while time.monotonic() - began < options.seconds:
        yield it.rng.choice(names)


def _trial(it: Place, checks: Checks, name: str, codes: Counter[tuple[str, int]]) -> list[str]:
    """Make one fault, then a run without any; return what did not hold."""
    if it.rng.random() < 0.7:
        it.change_the_site()
    runs = FAULTS[name](it)
    codes.update((name, run.code) for run in runs)
    found = list(checks.of_runs(runs))
    return [*found, *checks.after_recovery(it.run())]


def _report(
    trials: Counter[str],
    codes: Counter[tuple[str, int]],
    counts: Counter[str],
    violations: list[str],
    seconds: float,
) -> None:
    print(f"\n{trials.total()} trials in {seconds:.0f} s")
    for name, count in sorted(trials.items()):
        ended = ", ".join(f"{code}: {n}" for (of, code), n in sorted(codes.items()) if of == name)
        print(f"{count:8,}  {name} (exit code: runs  {ended})")
    for name, count in sorted(counts.items()):
        print(f"{count:8,}  {name}")
    print(f"{len(violations)} violations")
    for violation in violations:
        print(f"--- {violation}")


if __name__ == "__main__":
    sys.exit(main())
