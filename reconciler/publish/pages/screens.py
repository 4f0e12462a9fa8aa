"""The list of all pages, in the order of the menu.

A function gets the `View` and returns what its template shows beside what every page has. Adding a page takes
such a function in a file of its own, its template, and its line here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.publish.pages.addresses import addresses
from reconciler.publish.pages.capacity import capacity
from reconciler.publish.pages.drift import drift
from reconciler.publish.pages.history import history
from reconciler.publish.pages.inventory import inventory
from reconciler.publish.pages.not_checked import not_checked
from reconciler.publish.pages.overview import overview
from reconciler.publish.pages.port_map import port_map
from reconciler.publish.view import View


@dataclass(frozen=True, slots=True)
class Page:
    """One page."""

    name: str
    """Name of its file, its template and its part of the script: `port-map`."""
    title: str
    content: Callable[[View], Mapping[str, object]]
    """The values of its template, beside those that every page has."""
    in_menu: bool = True

    @property
    def route(self) -> str:
        """Return the path of its address: `/` for `index`."""
        return "/" if self.name == "index" else f"/{self.name}"


def nothing(view: View) -> Mapping[str, object]:
    """Return no content, for a page whose script reads all of it."""
    return {}


SCREENS: tuple[Page, ...] = (
    Page("index", "Overview", overview),
    Page("drift", "Drift", drift),
    Page("inventory", "Inventory", inventory),
    Page("port-map", "Port map", port_map),
    Page("addresses", "Addresses", addresses),
    Page("capacity", "Capacity", capacity),
    Page("history", "History", history),
    Page("not-checked", "Not checked", not_checked),
    Page("resource", "Resource", nothing, in_menu=False),
    Page("404", "Not found", nothing, in_menu=False),
)
