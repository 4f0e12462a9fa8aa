"""A server that takes pings."""

from collections.abc import Iterator

import pytest

from tests.watch.ping_server import PingServer, ping_server


@pytest.fixture
def pinged() -> Iterator[PingServer]:
    with ping_server() as server:
        yield server
