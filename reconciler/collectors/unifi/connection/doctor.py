"""Checks of a controller before the first run: TLS, version, APIs, rights, firewall."""

from collections.abc import Iterator

from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.probe import server_checks
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.connection.client import REMEDIES
from reconciler.collectors.unifi.connection.settings import UnifiSettings
from reconciler.collectors.unifi.lookups import UnifiLookups
from reconciler.model.check import Check
from reconciler.model.system import SourceContext

_ROLES = {"admin": "an administrator, which is more than reading needs", "readonly": "View Only"}


def preflight(settings: UnifiSettings, context: SourceContext) -> Iterator[Check]:
    """Check how the controller answers, without a login."""
    return server_checks(
        settings, lambda: HttpClient.of_source(settings, context.root, REMEDIES, context.budget)
    )


def diagnose(api: UnifiApi, lookups: UnifiLookups) -> Iterator[Check]:
    """Check what the connection that reads the lists found."""
    facts = api.facts
    what = "a UniFi OS console" if facts.console else "a self-hosted controller"
    version = lookups.version or "of an unknown version"
    yield Check(
        name="version", state="ok", what=f"{what}, UniFi Network {version}", brief=f"Network {version}"
    )
    if facts.classic is None:
        yield Check(name="api", state="ok", what="the classic and v2 APIs answer", brief="local API")
    else:
        what = (
            f"the key opens only the integration API ({facts.classic.summary}): port forwards, port profiles,"
        )
        what += " switch ports and reservations cannot be read, and networks, WLANs and devices only in part"
        remedy = "also set username and password of a local account with the role View Only"
        yield Check(name="api", state="bad", what=what, remedy=remedy)
    if facts.integration is not None:
        yield Check(name="api", state="ok", what="the integration API answers", brief="integration API")
    else:
        what = "the integration API does not answer: domains forwarded to a DNS server are left out"
        yield Check(name="api", state="ok", what=what)
    if facts.role is not None:
        state = "ok" if facts.role == "readonly" else "warning"
        shown = _ROLES.get(facts.role, facts.role)
        remedy = "" if state == "ok" else "an account with the role View Only is enough"
        yield Check(
            name="right",
            state=state,
            what=f"the account is {shown}",
            remedy=remedy,
            brief="" if remedy else shown,
        )
    if facts.classic is None:
        if facts.zone_based is None:
            yield Check(name="firewall", state="bad", what=facts.engine)
        else:
            engine = "the zone-based firewall" if facts.zone_based else "the older firewall, with rule sets"
            yield Check(name="firewall", state="ok", what=f"the site has {engine}")
