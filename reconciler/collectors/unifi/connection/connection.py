"""A connected controller: its lists are begun once it is known which of its APIs answer."""

from reconciler.collectors.http.lists import Lists
from reconciler.collectors.unifi.connection.api import Facts, Read
from reconciler.collectors.unifi.connection.client import Client
from reconciler.collectors.unifi.connection.settings import UnifiSettings
from reconciler.model.kind import Surroundings


class Source(Lists[UnifiSettings, Facts, Read]):
    """A connected source; see `Api` for what can be asked. Use it in `with`."""

    def __init__(self, settings: UnifiSettings, around: Surroundings) -> None:
        super().__init__(settings, around, Client(settings, around))
