"""The cluster, by name; a standalone host has the name of its node.

Read from `/cluster/status`, `/cluster/options` and `/cluster/ceph/status`. By hand:
`pvesh get /cluster/status`, `/etc/pve/datacenter.cfg`, `ceph health`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_true, read_notes, text_if_any
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.ceph import ceph_health, ceph_state
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ClusterFacts, ProxmoxContext, context_of
from reconciler.collectors.proxmox.property_string import (
    BANDWIDTH_LIMITS,
    Properties,
    as_set,
    at_default,
    at_default_named,
    items,
    items_of,
    spelled,
)
from reconciler.collectors.proxmox.rows import key_names, read_fields
from reconciler.model.fields.addresses import block
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names, Notes, UpperCase
from reconciler.model.fingerprint import NONE, SecretFingerprint
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.relations import Shows
from reconciler.model.relations import items_of as members_of
from reconciler.model.resource import DERIVED, OBSERVED, Health, Resource, own_fields
from reconciler.model.unread import mark_unread, read_into
from reconciler.model.value import Row

READS = ("cluster/options", "cluster/ceph/status")

_HA = at_default_named({"shutdown_policy": "conditional"})
_CRS = at_default(
    ha="basic",
    ha_auto_rebalance=0,
    ha_auto_rebalance_hold_duration=3,
    ha_auto_rebalance_margin=10,
    ha_auto_rebalance_method="bruteforce",
    ha_auto_rebalance_threshold=30,
    ha_rebalance_on_start=0,
)


_CRS_ITEMS = items(
    "ha ha-auto-rebalance ha-auto-rebalance-hold-duration ha-auto-rebalance-margin ha-auto-rebalance-method"
    " ha-auto-rebalance-threshold ha-rebalance-on-start"
)


class Cluster(Resource):
    """Members and datacenter options of the cluster; losing quorum degrades its health."""

    name: Annotated[str, Field(description="Cluster name; on a standalone host the node name")]
    nodes: Annotated[Names, DERIVED, Field(description="Member nodes")] = ()
    ha_armed: Annotated[
        str | None,
        OBSERVED,
        Field(description="HA state: armed, standby, disarming or disarmed; Proxmox VE 9.2"),
    ] = None
    ceph: Annotated[
        str | None, OBSERVED, Field(description="Ceph health with the checks that fail; null without Ceph")
    ] = None
    keyboard: Annotated[
        str | None, Field(description="Default keyboard layout of the VNC server, such as en-us")
    ] = None
    language: Annotated[
        str | None, Field(description="Default language of the web interface, such as en")
    ] = None
    console: Annotated[
        str | None, Field(description="Default console viewer: applet, vv, html5 or xtermjs")
    ] = None
    mac_prefix: Annotated[UpperCase, Field(description="Prefix of generated MAC addresses")] = "BC:24:11"
    email_from: Annotated[
        SecretFingerprint, Field(description="From address of the cluster's e-mail (fingerprint)")
    ] = NONE
    fencing: Annotated[
        str, Field(description="Fencing mode of the HA cluster: watchdog, hardware or both")
    ] = "watchdog"
    max_workers: Annotated[
        Count | None, Field(description="Maximum workers per node for bulk actions and HA tasks")
    ] = None
    migration: Annotated[
        Properties,
        items("network type", "type"),
        spelled(network=block),
        at_default(type="secure"),
        Field(default_factory=dict, description="Guest migration: network and type (secure or insecure)"),
    ]
    replication: Annotated[
        Properties,
        items("network type", "type"),
        spelled(network=block),
        at_default(type="secure"),
        Field(default_factory=dict, description="Storage replication: network and type (secure or insecure)"),
    ]
    ha: Annotated[
        Properties,
        items("shutdown_policy"),
        _HA,
        Field(default_factory=dict, description="Shutdown policy for HA services"),
    ]
    crs: Annotated[
        Properties,
        _CRS_ITEMS,
        _CRS,
        Field(default_factory=dict, description="Cluster resource scheduling (CRS) settings"),
    ]
    bwlimit: Annotated[
        Properties,
        BANDWIDTH_LIMITS,
        Field(default_factory=dict, description="Bandwidth limits per operation, in KiB/s"),
    ]
    next_id: Annotated[
        Properties,
        items("lower upper"),
        at_default(lower=100, upper=1000000),
        Field(
            default_factory=dict,
            description="Range from which the next free VMID is suggested: lower and upper",
        ),
    ]
    tag_style: Annotated[
        Properties,
        items("case-sensitive color-map ordering shape"),
        spelled(color_map=as_set),
        at_default(case_sensitive=0, ordering="alphabetical", shape="circle"),
        Field(
            default_factory=dict,
            description="Tag display style: shape, colors, ordering and case sensitivity",
        ),
    ]
    user_tag_access: Annotated[
        Properties,
        items("user-allow user-allow-list"),
        spelled(user_allow_list=as_set),
        at_default(user_allow="free"),
        Field(
            default_factory=dict,
            description="Tags that users may set: free, existing, list (with the list) or none",
        ),
    ]
    registered_tags: Annotated[
        Names, Field(description="Tags whose use needs Sys.Modify on `/`; order does not matter")
    ] = ()
    notify: Annotated[
        Properties,
        items("fencing package-updates replication target-fencing target-package-updates target-replication"),
        at_default(package_updates="auto"),
        Field(
            default_factory=dict,
            description="Legacy notification settings, replaced by notification targets and matchers",
        ),
    ]
    webauthn: Annotated[
        Properties,
        items("allow-subdomains id origin rp"),
        at_default(allow_subdomains=1),
        Field(
            default_factory=dict, description="WebAuthn relying party: rp, origin, id and allow-subdomains"
        ),
    ]
    u2f: Annotated[
        Properties,
        items("appid origin"),
        Field(default_factory=dict, description="U2F settings for older security keys: appid and origin"),
    ]
    location: Annotated[
        Properties,
        items("latitude longitude name"),
        Field(default_factory=dict, description="Location: name, latitude and longitude"),
    ]
    consent_text: Annotated[Notes | None, Field(description="Consent text shown before login")] = None
    http_proxy: Annotated[
        SecretFingerprint,
        Field(description="HTTP proxy for downloads (fingerprint); its URL may contain a password"),
    ] = NONE
    migration_unsecure: Annotated[
        Flag, Field(description="Deprecated: insecure migration; replaced by `migration`")
    ] = False
    has_description: Annotated[Flag, Field(description="true if there are notes")] = False
    description: Annotated[Notes | None, Field(description="Notes; stored only with store_descriptions")] = (
        None
    )


_FROM_OPTIONS = own_fields(Cluster, "name", "nodes", "ha_armed", "ceph")
_APART = ("http_proxy", "email_from", "has_description", "description")
_NAMES = key_names(_FROM_OPTIONS - set(_APART))


@dataclass(frozen=True, slots=True)
class RawCluster:
    """The membership of the cluster, and its options as the API sent them."""

    nodes: list[str]
    online: list[str]
    quorate: bool
    options: ApiRow | None
    """None: they could not be read."""
    armed: str | None = None
    """Whether high availability is armed; None where this is not known."""
    ceph: str | None = None
    """The health of Ceph; None where there is none, or it could not be read."""


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing[RawCluster, ProxmoxContext]:
    """Read the one row there is; none where membership is not known. Its options are the datacenter's."""
    context = context_of(api, state)
    if state.membership or not state.nodes:
        return Listing({}, context, state.membership or state.doubt)
    answers = dict(api.get_many(READS))
    options = answers["cluster/options"]
    raw = RawCluster(
        nodes=sorted(state.nodes),
        online=state.online(),
        quorate=state.quorate,
        options=options if isinstance(options, dict) else None,
        armed=state.ha.armed,
        ceph=ceph_state(answers["cluster/ceph/status"]),
    )
    return Listing({state.cluster or min(state.nodes): raw}, context, facts=_facts(raw))


def _facts(raw: RawCluster) -> ClusterFacts:
    """Return what guests need of the options; `tag-style` is an object, or a text in older releases."""
    if raw.options is None:
        return ClusterFacts()
    style: object = raw.options.get("tag-style")
    if isinstance(style, str):
        try:
            style = property_string.parse(style, "")
        except ValueError:
            return ClusterFacts()
    return ClusterFacts(isinstance(style, dict) and is_true(style.get("case-sensitive")))


def normalise(name: str, raw: RawCluster, context: ProxmoxContext) -> Cluster:
    """Make a cluster of its membership and options; raises `ValueError` when they cannot be parsed."""
    options = raw.options or {}
    found = read_fields(options, _NAMES, ignored_fields("proxmox", "cluster"), context, items_of(Cluster))
    read_notes(found, options, field="description", stored=context.store_descriptions)
    for option in ("http_proxy", "email_from"):
        read_into(found, option, partial(_sealed, options, option, context))
    if raw.options is None:
        mark_unread(found, *_FROM_OPTIONS)
    known = {"name": name, "nodes": raw.nodes, "ha_armed": raw.armed, "ceph": raw.ceph}
    return Cluster.of_row({**found, **known, "health": _health(raw)})


def _sealed(options: ApiRow, name: str, context: ProxmoxContext) -> object:
    return context.fingerprints.secret(f"/{name}", text_if_any(options.get(name)))


def _health(raw: RawCluster) -> Health:
    away = sorted(set(raw.nodes) - set(raw.online))
    if not raw.quorate:
        return Health(state="degraded", reason="it has no quorum")
    if away:
        return Health(state="degraded", reason=f"offline: {', '.join(away)}")
    if (of_ceph := ceph_health(raw.ceph)) is not None:
        return of_ceph
    if raw.armed in {"disarming", "disarmed"}:
        return Health(state="degraded", reason=f"high availability is {raw.armed}")
    return Health(state="healthy")


def _shows(_identity: str, row: Row) -> Iterator[Shows]:
    return (Shows("/nodes", "node", node, "") for node in members_of(row, "nodes"))


KIND = Kind(
    shows=_shows,
    name="cluster",
    plural="clusters",
    model=Cluster,
    fetch=fetch,
    normalise=normalise,
    notes="description",
    not_adopted=frozenset({"name", "has_description", "description"}),
)
