"""A Gitea of one test, and our client of it."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from reconciler.config.gitea import GiteaSettings
from reconciler.gitea.client import Gitea
from reconciler.gitea.place import HostedPlace
from tests.gitea.fake import Fake, serve

HEAD = "9d03e77" + "0" * 33


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serve() as served:
        served.state.pull(41, HEAD)
        yield served


@pytest.fixture
def client(fake, tmp_path) -> Callable[..., Gitea]:
    def connect(token: str = "job-token", seconds: float = 10) -> Gitea:
        place = HostedPlace(fake.server, "", "ops", "site")
        settings = GiteaSettings(timeout=timedelta(seconds=seconds))
        return Gitea(place, token, settings, tmp_path)

    return connect
