"""`/v1/addresses`, `/v1/portmap/joined` and `/v1/capacity`: only the whole site shows these."""

from reconciler.isolation import require
from reconciler.model.value import Row
from reconciler.publish.view import View


def addresses(view: View) -> Row:
    """Return every address: who has it, how that is known, and what is declared of it."""
    return {"addresses": require(view.site.addresses)}


def portmap(view: View) -> Row:
    """Return the port map, from public names to switch ports and back, each step with how it is known."""
    return require(view.site.portmap)


def capacity(view: View) -> Row:
    """Return what nodes have, what guests are assigned, and what would not fit without the largest node."""
    return require(view.site.capacity)
