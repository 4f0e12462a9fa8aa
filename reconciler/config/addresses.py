"""Addresses on the web that the configuration names."""

import re
from typing import Annotated

from pydantic import AfterValidator

_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?")
_DEFAULT_PORT = {"http": ":80", "https": ":443"}


def origin(value: str) -> str:
    """Return the origin of a web page as browsers send it; raises `ValueError` for anything else."""
    scheme = value.partition(":")[0]
    if not _ORIGIN.fullmatch(value) or value.endswith(_DEFAULT_PORT[scheme]):
        message = "is not an origin as browsers send it; write scheme and host, as in https://portal.lan"
        raise ValueError(message)
    return value


Origin = Annotated[str, AfterValidator(origin)]


_ADDRESS = re.compile(
    r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~%+-]+)+"
)


def web_address(value: str) -> str:
    """Return the web address of a repository; raises `ValueError` for anything that is not only that."""
    address = value.rstrip("/").removesuffix(".git")
    if not _ADDRESS.fullmatch(address):
        message = (
            "is not the web address of a repository; write it as the browser shows it, without user, "
            "password or query, as in https://gitea.lan/ops/site"
        )
        raise ValueError(message)
    return address


WebAddress = Annotated[str, AfterValidator(web_address)]
"""The web address of a repository, without a slash at the end: https://gitea.lan/ops/site."""


_PAGES = re.compile(rf"{_ORIGIN.pattern}(?:/(?!\.{{1,2}}(?:/|$))[A-Za-z0-9._~%+-]+)*")


def page_address(value: str) -> str:
    """Return the web address of the published pages; raises `ValueError` for anything else."""
    address = value.rstrip("/")
    if not _PAGES.fullmatch(address):
        message = (
            "is not the web address of the pages; write it without user, password or query, as in "
            "https://drift.lan"
        )
        raise ValueError(message)
    return address


PageAddress = Annotated[str, AfterValidator(page_address)]
"""The web address of the published pages, without a slash at the end: https://drift.lan."""
