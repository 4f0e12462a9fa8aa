from types import SimpleNamespace

import pytest

from reconciler.lab.tls import make_tls


@pytest.fixture(scope="session")
def tls(tmp_path_factory):
    """A certificate for 127.0.0.1, and the CA that signed it."""
    return make_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def folder(tmp_path):
    """Where a stub server keeps its certificate."""
    path = tmp_path / "tls"
    path.mkdir()
    return path


@pytest.fixture
def pauses(monkeypatch):
    """The pauses between attempts, which are not made."""
    made: list[float] = []
    monkeypatch.setattr("reconciler.collectors.http.retry.time", SimpleNamespace(sleep=made.append))
    return made
