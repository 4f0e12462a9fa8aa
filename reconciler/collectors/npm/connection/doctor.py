"""What a person wants to know of a proxy manager before the first run: TLS, version, rights."""

from collections.abc import Iterator

from reconciler.collectors.http.client import Web
from reconciler.collectors.http.probe import look
from reconciler.collectors.npm.connection.api import NpmApi
from reconciler.collectors.npm.connection.client import REMEDIES
from reconciler.collectors.npm.connection.settings import NpmSettings
from reconciler.collectors.npm.lookups import Survey
from reconciler.model.check import Check
from reconciler.model.kind import Surroundings

_SECTIONS = ("proxy_hosts", "redirection_hosts", "streams", "certificates", "access_lists")


def preflight(settings: NpmSettings, around: Surroundings) -> Iterator[Check]:
    """How the server answers; nobody logs in for it."""
    return look(settings, lambda: Web(settings, around.root, REMEDIES))


def diagnose(api: NpmApi, survey: Survey) -> Iterator[Check]:
    """What the connection found out that reads the lists."""
    facts = api.facts
    yield Check(name="version", state="ok", what=f"version {survey.version or 'unknown'}")
    if facts.admin:
        what = "the account is an administrator, which reading does not need"
        remedy = "an account that may view all items is enough"
        yield Check(name="right", state="warning", what=what, remedy=remedy)
    if facts.visibility == "all":
        yield Check(name="right", state="ok", what="the account sees what others own too")
    for section in _SECTIONS:
        doubt = survey.doubt(section)
        if doubt is not None:
            what, _, remedy = doubt.partition("; ")
            yield Check(name="right", state="bad", what=f"{section.replace('_', ' ')}: {what}", remedy=remedy)
