"""A connected controller: its lists are begun once it is known which of its APIs answer."""

from reconciler.collectors.lists import Lists
from reconciler.collectors.unifi.api import Facts, Read
from reconciler.collectors.unifi.client import Client
from reconciler.collectors.unifi.settings import UnifiSettings
from reconciler.model.kind import Surroundings


class Source(Lists[UnifiSettings, Facts, Read]):
    """A connected source; see `Api` for what can be asked. Use it in `with`."""

    def __init__(self, settings: UnifiSettings, around: Surroundings) -> None:
        super().__init__(settings, around, Client(settings, around))
