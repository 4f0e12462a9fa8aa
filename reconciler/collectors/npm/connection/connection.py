"""A connected server: every list is begun as soon as it has let us in."""

from typing import Self

from reconciler.collectors.http.lists import Lists
from reconciler.collectors.npm.connection.api import LISTS, Facts
from reconciler.collectors.npm.connection.client import Client
from reconciler.collectors.npm.connection.settings import NpmSettings
from reconciler.model.kind import Surroundings


class Source(Lists[NpmSettings, Facts, str]):
    """A connected source; see `Api` for what can be asked. Use it in `with`."""

    def __init__(self, settings: NpmSettings, around: Surroundings) -> None:
        super().__init__(settings, around, Client(settings, around))

    def __enter__(self) -> Self:
        super().__enter__()
        self.begin(LISTS)
        return self
