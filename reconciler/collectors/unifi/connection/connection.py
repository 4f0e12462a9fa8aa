"""A connected controller: reading its lists begins once it is known which of its APIs answer."""

from reconciler.collectors.http.lists import Lists
from reconciler.collectors.unifi.connection.api import Read, UnifiFacts
from reconciler.collectors.unifi.connection.client import UnifiClient
from reconciler.collectors.unifi.connection.settings import UnifiSettings
from reconciler.model.system import SourceContext


class UnifiConnection(Lists[UnifiSettings, UnifiFacts, Read]):
    """A connected source; see `UnifiApi` for what can be asked. Use it in `with`."""

    def __init__(self, settings: UnifiSettings, context: SourceContext) -> None:
        super().__init__(settings, context, UnifiClient(settings, context))
