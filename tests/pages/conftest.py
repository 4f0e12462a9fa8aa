"""One browser, and each site published and served once; a site is a fixture of its own name."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser

from reconciler.publish.serve.server import ReleaseServer
from reconciler.publish.view import View
from tests.pages import sites
from tests.pages.browser import Visit, chromium, visiting


class Served(NamedTuple):
    """A site that answers."""

    view: View
    url: str


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@contextmanager
def serving(name: str, folders: pytest.TempPathFactory) -> Iterator[Served]:
    """Publish and serve a site."""
    view = sites.shown(name, folders.mktemp(name))
    directory = folders.mktemp(f"public-{name}")
    sites.publish_site(view, directory)
    with ReleaseServer(directory) as server:
        yield Served(view, server.url)


@pytest.fixture(scope="package")
def lab(tmp_path_factory) -> Iterator[Served]:
    with serving("lab", tmp_path_factory) as served:
        yield served


@pytest.fixture(scope="package")
def hostile(tmp_path_factory) -> Iterator[Served]:
    with serving("hostile", tmp_path_factory) as served:
        yield served


@pytest.fixture(scope="package")
def empty(tmp_path_factory) -> Iterator[Served]:
    with serving("empty", tmp_path_factory) as served:
        yield served


@pytest.fixture(scope="package")
def many(tmp_path_factory) -> Iterator[Served]:
    with serving("many", tmp_path_factory) as served:
        yield served


@pytest.fixture
def view(request) -> Callable[[str], View]:
    """The view of a site, by its name."""

    def of(name: str) -> View:
        found: View = request.getfixturevalue(name).view
        return found

    return of


@pytest.fixture
def visit(browser, request) -> Iterator[Callable[..., Visit]]:
    """Look at a site, by its name; the windows close with the test."""
    with ExitStack() as stack:

        def look(name: str, **options: object) -> Visit:
            url = request.getfixturevalue(name).url
            return stack.enter_context(visiting(browser, url, **options))

        yield look
