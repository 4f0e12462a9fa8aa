"""Questions to the history against git itself: `history KEY` of a guest that changed a thousand times."""

import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from reconciler import record
from reconciler.config.file import Config
from reconciler.config.settings import HistorySettings
from reconciler.drift.compare import compare
from reconciler.jobs.history import changes
from reconciler.kinds import kind_finder
from reconciler.model.key import Key
from reconciler.model.progress import Silent
from reconciler.model.recorded import Recorded
from tests.bench.commits import IDENTITY
from tests.bench.cpu import Bench, undrifted
from tests.bench.measure import Ratio, median

CHANGES = 1000
SIZES = (200,)
"""git itself takes minutes for larger ones."""
FILE = "reports/latest/live/pve/guest.json"


def steps(bench: Bench) -> Iterator[Ratio]:
    """`history KEY` against `git log -p` of the file that holds the resource, both from a packed history."""
    if bench.guests not in SIZES:
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        key = _record(bench, root)
        settings = bench.config.settings.model_copy(update={"history": HistorySettings(pulse=None)})
        config = Config(root / "config/reconciler.yaml", root, settings, bench.config.sources)
        plain = median(lambda: _git(root, "log", "-p", "drift-state", "--", FILE), repeat=3)
        asked = median(lambda: _ask(config, key), repeat=3)
        yield Ratio(f"history KEY, {CHANGES:,} changes", bench.guests, asked, plain, 3, "git log -p", SIZES)


def _ask(config: Config, key: Key) -> None:
    answer = changes(config, str(key), 0, Silent())
    assert answer.total >= CHANGES, answer.total


def _record(bench: Bench, root: Path) -> Key:
    """Record a run, and then commits of the same files in which one guest has another size each time."""
    _git(root, "init", "--quiet", "--initial-branch=main")
    _git(root, *IDENTITY, "commit", "--quiet", "--allow-empty", "--message", "start")
    history = HistorySettings(pulse=None)
    key = sorted(each for each in bench.site.config if each.kind == "guest")[bench.guests // 2]
    rows = {**bench.site.config, key: {**bench.site.config[key], "memory": _MARK}}
    site = replace(bench.site, config=rows, observed={})
    report = compare(site, undrifted(bench), None, bench.config.settings.drift, bench.kinds)
    first = Recorded(report, site, dict.fromkeys(rows, site.run.collected_at))
    find = kind_finder(bench.config)
    record.write(record.open_repository(root), history, first, None, "", find)
    paths = (FILE, "reports/latest/drift.json", "reports/latest/run.json")
    texts = {path: _git(root, "show", f"drift-state:{path}") for path in paths}
    stream = b"".join(_commits(texts, site.run.id, site.run.collected_at))
    _git(root, "fast-import", "--quiet", "--force", stdin=stream)
    _git(root, "gc", "--quiet")
    return key


_MARK = 424_242


def _commits(texts: dict[str, bytes], run_id: str, began: datetime) -> Iterator[bytes]:
    for number in range(1, CHANGES):
        moment = began + timedelta(minutes=number)
        made = f"{moment:%Y%m%dT%H%M%SZ}-{number:06x}"
        message = f"state\n\nDrift-Run: {made}\n".encode()
        who = f"bench <bench@localhost> {int(moment.timestamp())} +0000"
        yield f"commit refs/heads/drift-state\nauthor {who}\ncommitter {who}\n".encode()
        yield b"data %d\n%s\n" % (len(message), message)
        if number == 1:
            yield b"from refs/heads/drift-state^0\n"
        for path, text in texts.items():
            data = text.replace(str(_MARK).encode(), b"%d" % (1000 + number)).replace(
                run_id.encode(), made.encode()
            )
            yield b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)


def _git(directory: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["git", *arguments], cwd=directory, input=stdin, capture_output=True, check=True)
    return done.stdout
