"""UniFi Network: what its three APIs tell of one site, as typed resources."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.connection.settings import UnifiSettings
from reconciler.collectors.unifi.kinds import (
    device,
    firewall_policy,
    firewall_zone,
    network,
    network_client,
    port_forward,
    port_profile,
    reservation,
    static_dns,
    switch_port,
    wlan,
)
from reconciler.collectors.unifi.lookups import ZONES, Survey, survey
from reconciler.model.check import Check
from reconciler.model.kind import Surroundings, System

_KINDS = (
    network,
    device,
    switch_port,
    port_profile,
    wlan,
    port_forward,
    firewall_zone,
    firewall_policy,
    reservation,
    static_dns,
    network_client,
)


def connect(settings: UnifiSettings, around: Surroundings) -> AbstractContextManager[UnifiApi]:
    """A connected source; raises `SourceError` when a secret is missing or nobody is let in."""
    from reconciler.collectors.unifi.connection.connection import UnifiConnection

    return UnifiConnection(settings, around)


def preflight(settings: UnifiSettings, around: Surroundings) -> Iterable[Check]:
    """What `doctor` tells of the source before it connects."""
    from reconciler.collectors.unifi.connection import doctor

    return doctor.preflight(settings, around)


def diagnose(api: UnifiApi, found: Survey) -> Iterable[Check]:
    """What `doctor` tells of a connected source."""
    from reconciler.collectors.unifi.connection import doctor

    return doctor.diagnose(api, found)


def begin(api: UnifiApi) -> Survey:
    """What the kinds share; every list that they will ask for is begun at once."""
    if api.facts.classic is None:
        wanted = dict.fromkeys(read for kind in _KINDS for read in kind.READS)
        if not api.facts.zone_based:
            wanted.pop(ZONES, None)
        api.begin(wanted)
    return survey(api)


def _version(found: Survey) -> str | None:
    return found.version


SYSTEM: System[UnifiApi, Survey] = System(
    name="unifi",
    settings=UnifiSettings,
    connect=connect,
    survey=begin,
    version=_version,
    preflight=preflight,
    diagnose=diagnose,
    kinds=tuple(kind.KIND for kind in _KINDS),
)
