"""The three systems of a lab, read once: later collections take the same lists without a connection."""

import shutil
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from reconciler import kinds
from reconciler.cli.demo import secrets_of
from reconciler.config.file import Config, load_config
from reconciler.jobs import steps
from reconciler.kinds import SYSTEMS
from reconciler.lab import Lab
from reconciler.model.kind import AnyKind
from reconciler.model.listing import Listing
from reconciler.model.progress import Silent
from reconciler.model.system import AnySystem
from tests.site_repository import SiteRepository


@dataclass(frozen=True)
class Reading:
    """A site's repository with its secrets, and its systems with the lists that were read once."""

    root: Path
    config: Config
    secrets: Mapping[str, str]
    systems: Mapping[str, AnySystem]

    def evaluate(self) -> steps.Evaluation:
        """The evaluation of a run over these lists, by the systems as they are patched now."""
        intent = steps.load(self.config)
        snapshot = steps.collect(self.config, self.secrets, Silent(), steps.begin(self.config))
        return steps.evaluate(self.config, snapshot, intent, None)


def with_kinds(system: AnySystem, change: Callable[[AnyKind], AnyKind]) -> AnySystem:
    return replace(system, kinds=tuple(map(change, system.kinds)))


def _noting(lists: dict[str, Listing]) -> Callable[[AnyKind], AnyKind]:
    """A kind that notes its list when it is fetched."""

    def change(kind: AnyKind) -> AnyKind:
        def fetch(*arguments):
            assert kind.fetch is not None
            lists[kind.name] = listing = kind.fetch(*arguments)
            return listing

        return replace(kind, fetch=fetch)

    return change


def _offline(system: AnySystem, lists: Mapping[str, Listing]) -> AnySystem:
    """The system, which gives the noted lists."""
    still = with_kinds(system, lambda kind: replace(kind, fetch=lambda *_: lists[kind.name]))
    return replace(
        still,
        connect=lambda *_: nullcontext(),
        read_shared=lambda _: None,
        version=lambda _: None,
    )


@pytest.fixture(scope="session")
def reading(tmp_path_factory) -> Reading:
    """What one collection of the lab's three systems reads; no test changes the repository."""
    root = tmp_path_factory.mktemp("jobs") / "site"
    lists: dict[str, dict[str, Listing]] = {name: {} for name in SYSTEMS}
    with pytest.MonkeyPatch.context() as patch, Lab(hosts=1) as lab:
        site = SiteRepository(root, patch)
        site.configure_all(lab)
        file = root / "config/reconciler.yaml"
        site.commit()
        for name, system in SYSTEMS.items():
            patch.setitem(SYSTEMS, name, with_kinds(system, _noting(lists[name])))
        config, secrets = load_config(file, kinds.settings()), secrets_of(lab)
        snapshot = steps.collect(config, secrets, Silent(), steps.begin(config))
    assert {status.status for status in snapshot.run.sources.values()} == {"complete"}
    systems = {name: _offline(system, lists[name]) for name, system in SYSTEMS.items()}
    return Reading(root, config, secrets, systems)


@pytest.fixture
def offline(reading, monkeypatch) -> Reading:
    """The reading, with its systems in the place of the real ones."""
    for name, system in reading.systems.items():
        monkeypatch.setitem(SYSTEMS, name, system)
    return reading


@pytest.fixture
def site(offline, tmp_path, monkeypatch) -> SiteRepository:
    """A copy of the repository, to run commands in."""
    shutil.copytree(offline.root, tmp_path / "site")
    for name, value in offline.secrets.items():
        monkeypatch.setenv(name, value)
    return SiteRepository(tmp_path / "site", monkeypatch)
