from collections.abc import Iterator

import pytest

from reconciler.lab import Lab


@pytest.fixture
def site_lab() -> Iterator[Lab]:
    """A lab of one's own, whose UniFi and proxy manager may be changed."""
    with Lab(hosts=1) as lab:
        yield lab


@pytest.fixture
def no_pause(monkeypatch):
    """Retries without the pauses between them."""
    from reconciler.collectors.http.retry import RETRY

    monkeypatch.setattr(RETRY, "backoff_factor", 0)
    monkeypatch.setattr(RETRY, "backoff_jitter", 0)
