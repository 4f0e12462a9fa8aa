"""Published trees of several sites, as path below the release → bytes."""

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path

import pytest

from reconciler.kinds import SYSTEMS
from reconciler.lab import Lab
from reconciler.model.findings import DriftReport
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Inventory
from reconciler.publish.documents.table import document_files
from reconciler.publish.view import View, view
from reconciler.site import KINDS as SITE_KINDS
from tests.publish import site
from tests.report import samples
from tests.site_repository import SiteRepository

Tree = Mapping[str, bytes]
PLURALS = {
    kind.name: kind.plural
    for kind in (*(kind for system in SYSTEMS.values() for kind in system.kinds), *SITE_KINDS)
}
OF_REPORTS = {
    "believable": samples.believable,
    "hostile": samples.hostile,
    "ignored": samples.ignored,
    "quiet": samples.quiet,
    "large": samples.large,
    "unconfigured": samples.unconfigured,
}
"""Sites of which there is only a report: no resource is live."""


def of_report(report: DriftReport) -> View:
    return view(Recorded(report, Inventory(report.run, report.scopes, {}, {}, {}), {}), PLURALS)


def documents(shown: View) -> Tree:
    found = {page.path: page.data for page in document_files(shown)}
    assert all(isinstance(data, bytes) for data in found.values())
    return found  # type: ignore[return-value]  # just asserted


@cache
def tree(name: str) -> Tree:
    """The documents of a site without a lab: `golden`, or one of `OF_REPORTS`."""
    return documents(site.shown() if name == "golden" else of_report(OF_REPORTS[name]()))


NAMES = ("golden", *OF_REPORTS)


@cache
def lab() -> SiteRepository:
    """The repository of `publish_lab`, made once in a process and removed at its end."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        return _publish_lab(folder / "site", patch)


@cache
def lab_tree() -> Tree:
    """The files of its release."""
    return read((lab().root / "public/current").resolve())


def _publish_lab(folder: Path, monkeypatch: pytest.MonkeyPatch) -> SiteRepository:
    """Run and publish the three systems of a lab: in sync, then with drift of every sort."""
    with Lab() as lab:
        published = SiteRepository(folder, monkeypatch)
        published.configure_all(lab)
        published.commit()
        assert published.run("run") == 0
        lab.state.edit_guest(113, memory="16384")
        lab.state.remove_guest(120)
        lab.state.set_node_online("r630-02", online=False)
        assert published.run("run") == 3
    return published


def read(release: Path) -> Tree:
    """The files of a release but compressed copies."""
    return {
        str(path.relative_to(release)): path.read_bytes()
        for path in sorted(release.rglob("*"))
        if path.is_file() and path.suffix != ".gz"
    }
