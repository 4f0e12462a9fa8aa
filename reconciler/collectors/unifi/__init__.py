"""UniFi Network: the resources of one site, typed, read over its three APIs."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from reconciler.collectors.by_hand import with_fixes
from reconciler.collectors.limits import with_limits
from reconciler.collectors.reading_order import first_of
from reconciler.collectors.unifi.admin_log import read_log
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.connection.settings import UnifiSettings
from reconciler.collectors.unifi.kinds import (
    acl_order,
    acl_rule,
    ap_group,
    client_group,
    device,
    dhcp_option,
    dpi_group,
    dynamic_dns,
    firewall_group,
    firewall_order,
    firewall_policy,
    firewall_zone,
    hotspot_operator,
    lag,
    nat_order,
    nat_rule,
    network,
    network_client,
    port_forward,
    port_profile,
    radius_profile,
    radius_user,
    reservation,
    scheduled_task,
    static_dns,
    static_route,
    switch_port,
    switch_stack,
    traffic_route,
    traffic_rule,
    wireguard_peer,
    wlan,
)
from reconciler.collectors.unifi.kinds.site_settings import site_settings
from reconciler.collectors.unifi.lookups import ZONES, UnifiLookups, read_lookups
from reconciler.model.check import Check
from reconciler.model.system import SourceContext, System

if TYPE_CHECKING:
    from reconciler.collectors.http.client import HttpClient

_KINDS = (
    network,
    device,
    switch_port,
    port_profile,
    ap_group,
    client_group,
    dhcp_option,
    scheduled_task,
    dpi_group,
    wlan,
    port_forward,
    firewall_zone,
    firewall_group,
    firewall_policy,
    firewall_order,
    acl_rule,
    acl_order,
    switch_stack,
    lag,
    reservation,
    static_dns,
    site_settings,
    static_route,
    radius_profile,
    traffic_route,
    traffic_rule,
    nat_rule,
    nat_order,
    radius_user,
    dynamic_dns,
    hotspot_operator,
    wireguard_peer,
    network_client,
)


def connect(settings: UnifiSettings, context: SourceContext) -> AbstractContextManager[UnifiApi]:
    """Connect to the source; raises `SourceError` when a secret is missing or the login is refused."""
    from reconciler.collectors.unifi.connection.connection import UnifiConnection

    return UnifiConnection(settings, context)


def preflight(settings: UnifiSettings, context: SourceContext) -> Iterable[Check]:
    """Check the source for `doctor` before anything logs in."""
    from reconciler.collectors.unifi.connection import doctor

    return doctor.preflight(settings, context)


def diagnose(api: UnifiApi, found: UnifiLookups) -> Iterable[Check]:
    """Check the connected source for `doctor`."""
    from reconciler.collectors.unifi.connection import doctor

    return doctor.diagnose(api, found)


def begin(api: UnifiApi) -> UnifiLookups:
    """Read what kinds share, and begin every list that they will ask for."""
    if api.facts.classic is None:
        by_name = {kind.KIND.name: kind for kind in _KINDS}
        wanted = dict.fromkeys(read for name in first_of(by_name, api.first) for read in by_name[name].READS)
        if not api.facts.zone_based:
            wanted.pop(ZONES, None)
        answers = api.facts.integration is not None
        api.begin(read for read in wanted if answers or read.api != "integration")
    return read_lookups(api)


def recognise(client: "HttpClient") -> bool:
    """Check for a UniFi Network controller, without a login."""
    from reconciler.collectors.unifi.connection.recognise import answers_as_unifi

    return answers_as_unifi(client)


def _version(found: UnifiLookups) -> str | None:
    return found.version


SYSTEM: System[UnifiApi, UnifiLookups] = System(
    name="unifi",
    settings=UnifiSettings,
    connect=connect,
    read_shared=begin,
    version=_version,
    preflight=preflight,
    diagnose=diagnose,
    title="a UniFi Network controller",
    recognise=recognise,
    read_log=read_log,
    kinds=with_fixes("unifi", with_limits("unifi", (kind.KIND for kind in _KINDS))),
)
