"""The review of a change of every hundredth guest, on the site that `job` has recorded."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from reconciler import kinds
from reconciler.config.file import load_config
from reconciler.jobs.review import review
from reconciler.model.progress import Silent
from tests.bench.measure import Ratio, median

_GUESTS = "desired-state/pve/guest.yaml"
_IDENTITY = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")


def steps(directory: Path, guests: int, loads: float) -> Iterator[Ratio]:
    """The time of a review; `loads` is L in seconds."""
    changed = _change(directory)
    site = load_config(directory / "config" / "reconciler.yaml", kinds.settings())

    def ask() -> None:
        found = review(site, "main", "change", Silent())
        assert len(found.opens) + len(found.changes) + len(found.breaks) >= changed, found.opens[:3]

    yield Ratio("review of a change of 1 %", guests, median(ask, repeat=3), loads, 20)


def _change(directory: Path) -> int:
    """Commit another amount of memory for every hundredth guest to a branch; return how many."""
    _git(directory, "checkout", "--quiet", "-B", "change")
    changed = 0
    for file in [*(directory / "desired-state" / "pve").glob("guest*/*.yaml"), directory / _GUESTS]:
        blocks = re.split(r"(?m)^(?=\d+:)", file.read_text()) if file.exists() else []
        for at in range(1, len(blocks), 100):
            blocks[at] = re.sub(r"(?m)^  memory: \d+$", "  memory: 1234", blocks[at], count=1)
            changed += 1
        if blocks:
            file.write_text("".join(blocks))
    _git(directory, *_IDENTITY, "commit", "--quiet", "--all", "--message", "change")
    _git(directory, "checkout", "--quiet", "main")
    assert changed
    return changed


def _git(directory: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(directory), *arguments], check=True, capture_output=True)
