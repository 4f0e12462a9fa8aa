"""Nginx Proxy Manager and NPMplus: their resources, typed, read over their API."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from reconciler.collectors.by_hand import with_fixes
from reconciler.collectors.limits import with_limits
from reconciler.collectors.npm.connection.api import NpmApi
from reconciler.collectors.npm.connection.settings import NpmSettings
from reconciler.collectors.npm.kinds import (
    access_list,
    certificate,
    dead_host,
    proxy_host,
    redirection_host,
    stream,
)
from reconciler.collectors.npm.lookups import NpmLookups, read_lookups
from reconciler.model.check import Check
from reconciler.model.system import SourceContext, System

if TYPE_CHECKING:
    from reconciler.collectors.http.client import HttpClient


def connect(settings: NpmSettings, context: SourceContext) -> AbstractContextManager[NpmApi]:
    """Connect to the source; raises `SourceError` when a secret is missing or the login is refused."""
    from reconciler.collectors.npm.connection.connection import NpmConnection

    return NpmConnection(settings, context)


def preflight(settings: NpmSettings, context: SourceContext) -> Iterable[Check]:
    """Check the source for `doctor` before anything logs in."""
    from reconciler.collectors.npm.connection import doctor

    return doctor.preflight(settings, context)


def diagnose(api: NpmApi, found: NpmLookups) -> Iterable[Check]:
    """Check the connected source for `doctor`."""
    from reconciler.collectors.npm.connection import doctor

    return doctor.diagnose(api, found)


def recognise(client: "HttpClient") -> bool:
    """Check for an Nginx Proxy Manager, without a login."""
    from reconciler.collectors.npm.connection.recognise import answers_as_npm

    return answers_as_npm(client)


_KINDS = (proxy_host, redirection_host, dead_host, stream, access_list, certificate)


def _version(found: NpmLookups) -> str | None:
    return found.version


SYSTEM: System[NpmApi, NpmLookups] = System(
    name="npm",
    settings=NpmSettings,
    connect=connect,
    read_shared=read_lookups,
    version=_version,
    preflight=preflight,
    diagnose=diagnose,
    title="an Nginx Proxy Manager",
    recognise=recognise,
    kinds=with_fixes(
        "npm",
        with_limits("npm", tuple(each.KIND for each in _KINDS)),
    ),
)
