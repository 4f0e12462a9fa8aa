"""A repository and its remote, of their own for each test; no configuration of whoever runs the tests."""

import os
import shutil
from pathlib import Path

import pytest

from reconciler import record
from tests.record.parts import git, make_bare, make_repository


@pytest.fixture(autouse=True)
def _no_user_configuration(tmp_path_factory, monkeypatch):
    home = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))


@pytest.fixture(scope="session")
def start(tmp_path_factory) -> Path:
    """A clone and its remote, to copy, so that git makes them once for all tests."""
    start = tmp_path_factory.mktemp("start")
    make_repository(start / "clone")
    make_bare(start / "remote.git")
    git(start / "clone", "push", "--quiet", str(start / "remote.git"), "main")
    return start


@pytest.fixture
def root(tmp_path: Path, start: Path) -> Path:
    return shutil.copytree(start / "clone", tmp_path / "clone")


@pytest.fixture
def repo(root: Path) -> record.Repository:
    return record.open_repository(root)


@pytest.fixture
def bare(tmp_path: Path, root: Path, start: Path) -> Path:
    bare = shutil.copytree(start / "remote.git", tmp_path / "remote.git")
    git(root, "remote", "add", "origin", str(bare))
    return bare
