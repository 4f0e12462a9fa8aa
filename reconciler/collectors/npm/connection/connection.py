"""A connected server: reading every list begins right after the login."""

from typing import Self

from reconciler.collectors.http.lists import Lists
from reconciler.collectors.npm.connection.api import LISTS, NpmFacts
from reconciler.collectors.npm.connection.client import NpmClient
from reconciler.collectors.npm.connection.settings import NpmSettings
from reconciler.collectors.reading_order import first_of
from reconciler.model.system import SourceContext


class NpmConnection(Lists[NpmSettings, NpmFacts, str]):
    """A connected source; see `NpmApi` for what can be asked. Use it in `with`."""

    def __init__(self, settings: NpmSettings, context: SourceContext) -> None:
        super().__init__(settings, context, NpmClient(settings, context))

    def __enter__(self) -> Self:
        super().__enter__()
        self.begin(first_of(LISTS, (f"{kind}s" for kind in self.first)))
        return self
