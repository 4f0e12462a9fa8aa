"""One provider and one Apache for all modules of this folder."""

from collections.abc import Iterator

import pytest

from tests.collectors.http.certificates import Authority
from tests.processes import free_port, program
from tests.publish.oidc.apache import ProtectedServer, protected
from tests.publish.oidc.provider import Provider, providing


@pytest.fixture(scope="package")
def running_pair(tmp_path_factory) -> Iterator[tuple[ProtectedServer, Provider]]:
    """The server and its provider."""
    program("apache2")
    authority = Authority("The lab's CA")
    with free_port() as port, free_port() as other:
        callback = f"https://127.0.0.1:{port}/oidc/callback"
        with (
            providing(tmp_path_factory.mktemp("provider"), other, authority, callback) as (provider, _),
            protected(tmp_path_factory.mktemp("apache"), port, authority, provider.issuer) as server,
        ):
            yield server, provider


@pytest.fixture(scope="package")
def apache(running_pair) -> ProtectedServer:
    return running_pair[0]


@pytest.fixture(scope="package")
def provider(running_pair) -> Provider:
    return running_pair[1]
