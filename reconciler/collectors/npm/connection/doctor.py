"""Checks of a proxy manager before the first run: TLS, version, rights."""

from collections.abc import Iterator

from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.probe import server_checks
from reconciler.collectors.npm.connection.api import LISTS, NpmApi
from reconciler.collectors.npm.connection.client import REMEDIES
from reconciler.collectors.npm.connection.settings import NpmSettings
from reconciler.collectors.npm.lookups import NpmLookups
from reconciler.model.check import Check
from reconciler.model.system import SourceContext

_SECTIONS = tuple(name.replace("-", "_") for name in LISTS)


def preflight(settings: NpmSettings, context: SourceContext) -> Iterator[Check]:
    """Check how the server answers, without a login."""
    return server_checks(
        settings, lambda: HttpClient.of_source(settings, context.root, REMEDIES, context.budget)
    )


def diagnose(api: NpmApi, lookups: NpmLookups) -> Iterator[Check]:
    """Check what the connection that reads the lists found."""
    facts = api.facts
    version = f"version {lookups.version or 'unknown'}"
    yield Check(name="version", state="ok", what=version, brief=version)
    if facts.admin:
        what = "the account is an administrator, which is more than reading needs"
        remedy = "an account that may view all items is enough"
        yield Check(name="right", state="warning", what=what, remedy=remedy)
    if facts.visibility == "all":
        yield Check(name="right", state="ok", what="the account sees all items", brief="all items")
    for section in _SECTIONS:
        problem = lookups.problem(section)
        if problem is not None:
            what = f"{section.replace('_', ' ')}: {problem.what}"
            yield Check(name="right", state="bad", what=what, remedy=problem.remedy)
