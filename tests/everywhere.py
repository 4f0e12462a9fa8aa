"""`make everywhere`: the tests as everybody runs them, on a busy machine, several times in a row.

The last commit is checked out below a folder that only its owner may enter, with an environment of its own;
started by root, a second checkout belongs to an ordinary user. In each, the tests run `--times` times while
as many programs as there are cores compute beside them. What follows `--` goes to pytest:

    python -m tests.everywhere --times 3 -- tests/lab tests/cli
"""

import argparse
import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import running

ROOT = Path(__file__).parents[1]
USER = "nobody"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BUSY = (sys.executable, "-c", "while True: pass")


@dataclass(frozen=True)
class Checkout:
    """A clone with an environment of its own, and the user whose it is; None: whoever runs this."""

    folder: Path
    user: str | None

    def run(self, *command: str) -> int:
        """Run a command there as its user, and return its exit code."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment(),
            user=self.user,
            group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
            extra_groups=None if self.user is None else [],
            check=False,
        )
        return done.returncode

    def _environment(self) -> dict[str, str]:
        if self.user is None:
            return dict(os.environ)
        home = str(self.folder.parent)
        its_own = {"HOME": home, "USER": self.user, "LOGNAME": self.user, "PATH": SYSTEM_PATH, "TMPDIR": home}
        return {**os.environ, **its_own}


@contextmanager
def checkouts() -> Iterator[list[Checkout]]:
    """One as whoever runs this; where that is root, one as an ordinary user too."""
    with ExitStack() as ending:
        made = []
        for user in (None, USER) if os.geteuid() == 0 else (None,):
            closed = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="reconciler-everywhere-")))
            folder = closed / "checkout"
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
            if user is not None:
                subprocess.run(["chown", "--recursive", f"{user}:", str(closed)], check=True)
            checkout = Checkout(folder, user)
            if checkout.run("make", "setup") != 0:
                sys.exit(f"no environment can be made in {folder}")
            made.append(checkout)
        yield made


def main(arguments: Sequence[str]) -> int:
    """Run everything, and return how many of the runs failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.everywhere")
    parser.add_argument("--times", type=int, default=10, help="runs in each checkout")
    parser.add_argument(
        "--busy", type=int, default=os.cpu_count() or 2, help="programs that compute beside them"
    )
    parser.add_argument("pytest", nargs="*", help="options of pytest, after --")
    options = parser.parse_args(arguments)
    failed = 0
    with checkouts() as made, ExitStack() as ending:
        for _ in range(options.busy):
            ending.enter_context(running(BUSY))
        for number in range(1, options.times + 1):
            for checkout in made:
                began = time.monotonic()
                jobs = str(2 * (os.cpu_count() or 2))
                code = checkout.run(".venv/bin/python", "-m", "pytest", "-q", "-n", jobs, *options.pytest)
                failed += code != 0
                who = checkout.user or pwd.getpwuid(os.geteuid()).pw_name
                seconds = time.monotonic() - began
                print(
                    f"== run {number} of {options.times} as {who}: exit {code}, {seconds:.0f} s", flush=True
                )
    return failed


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started ends and folders go
    sys.exit(min(main(sys.argv[1:]), 1))
