"""WLANs of a UniFi site, by SSID, or `name:network` if several have the same SSID.

Read from `rest/wlanconf`, one call (the integration API's `wifi/broadcasts` where a key opens only that).
The controller keeps the passphrase after a WLAN is set to open, and does not show it to read-only accounts.
For private pre-shared keys, their networks and the number of keys per network are recorded. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/wlanconf`.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.redaction import secret_under
from reconciler.collectors.http.values import is_nothing, list_of, objects_of, text_of
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.integration.wlans import WLANS as INSTEAD
from reconciler.collectors.unifi.lookups import CLIENT_GROUPS, NETWORKS, UnifiLookups
from reconciler.collectors.unifi.networks import in_network, name
from reconciler.collectors.unifi.passphrases import by_place, owner, read_private
from reconciler.collectors.unifi.rows import (
    UnifiListing,
    listing,
    read_fields,
    read_flags,
    resolve_name,
    resolve_names,
    rules,
)
from reconciler.collectors.unifi.wlan_settings import (
    NOT_AS_STORED,
    SETTINGS_GATES,
    WlanSettings,
    read_settings,
)
from reconciler.model.fields.ethernet import Macs
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Names, Text
from reconciler.model.fingerprint import NONE, SecretFingerprint, SecretFingerprints
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.naming import Naming, row_name
from reconciler.model.references import RefTo
from reconciler.model.resource import own_fields
from reconciler.model.unread import mark_unread, read_into
from reconciler.model.value import Row, Value
from reconciler.text import nfc

WLANS = Read("classic", "rest/wlanconf")
READS = (WLANS, NETWORKS)


class MacFilter(Value):
    """MAC address filter: the clients that are allowed or blocked."""

    policy: Annotated[Text, Field(description="allow or deny")] = "allow"
    macs: Annotated[Macs, Field(description="MAC addresses of clients; order does not matter")] = ()


class Wlan(WlanSettings):
    """A wireless network."""

    name: Annotated[Text | None, Field(description="SSID; defaults to the one in the id")] = None
    enabled: Annotated[Flag, Field(description="WLAN is enabled")] = True
    network: Annotated[
        Text | None, RefTo("network"), Field(description="Id of the network; null: the default network")
    ] = None
    security: Annotated[Text, Field(description="Security protocol: open, wpapsk, wpaeap, …")] = "open"
    wpa_mode: Annotated[
        Text | None, Field(description="WPA version: auto, wpa1 or wpa2; only with a passphrase or RADIUS")
    ] = None
    wpa3_support: Annotated[Flag, Field(description="WPA3")] = False
    wpa3_transition: Annotated[Flag, Field(description="WPA2/WPA3 transition mode")] = False
    pmf_mode: Annotated[
        Text, Field(description="Protected management frames (PMF): disabled, optional or required")
    ] = "disabled"
    hide_ssid: Annotated[Flag, Field(description="Hide the SSID")] = False
    is_guest: Annotated[Flag, Field(description="Guest WLAN (hotspot)")] = False
    l2_isolation: Annotated[Flag, Field(description="Client device isolation")] = False
    wlan_bands: Annotated[Names, Field(description="Radio bands: 2g, 5g, 6g")] = ()
    ap_group_mode: Annotated[
        Text, Field(description="Broadcasting access points: all, groups or devices")
    ] = "all"
    ap_groups: Annotated[Names, RefTo("ap-group"), Field(description="Ids of AP groups")] = ()
    user_group: Annotated[
        Text | None,
        RefTo("client-group"),
        Field(description="Id of the client group with bandwidth limits; null: Default"),
    ] = None
    fast_roaming_enabled: Annotated[Flag, Field(description="Fast roaming (802.11r)")] = False
    bss_transition: Annotated[Flag, Field(description="BSS transition (802.11v)")] = True
    mcastenhance_enabled: Annotated[Flag, Field(description="Multicast enhancement")] = False
    mac_filter_enabled: Annotated[Flag, Field(description="MAC address filter")] = False
    mac_filter: Annotated[
        MacFilter | None, Field(description="MAC address filter list; null: every client is allowed")
    ] = None
    schedule_enabled: Annotated[Flag, Field(description="WiFi scheduler")] = False
    schedule: Annotated[Names | None, Field(description="Times when the WLAN is on; null: always")] = None
    schedule_reversed: Annotated[Flag, Field(description="The WLAN is off at the scheduled times")] = False
    passphrase: Annotated[
        SecretFingerprint,
        Field(description="Passphrase: none, set or its keyed fingerprint; null: not shown by the API"),
    ] = NONE
    private_passphrases_enabled: Annotated[
        Flag, Field(description="Private pre-shared keys (PPSK): passphrases with their own network")
    ] = False
    private_passphrases: Annotated[
        dict[Text, SecretFingerprints] | None,
        Field(default_factory=dict, description="Private pre-shared keys (PPSK), by network"),
    ]
    sae_passphrases: Annotated[
        dict[Text, SecretFingerprints] | None,
        Field(default_factory=dict, description="WPA3 passphrases, by MAC address or VLAN, and identifier"),
    ]


_FIELDS = own_fields(
    Wlan, "network", "ap_groups", "user_group", "mac_filter", "schedule", "passphrase",
    "private_passphrases_enabled", "private_passphrases", "sae_passphrases", "wlan_bands",
    *NOT_AS_STORED,
)  # fmt: skip
"""Of a passphrase for the network of its WLAN."""
_FLAGS = ("mac_filter_enabled", "schedule_enabled", "schedule_reversed", "wpa3_support")
_BANDS = {"both": ["2g", "5g"], "2g": ["2g"], "5g": ["5g"]}


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every WLAN; a site may have none."""
    rows = lookups.rows(WLANS, INSTEAD)
    ap_groups = any(row.get("ap_group_ids") or row.get("mdns_proxy_custom") for row in rows)
    user_groups = any(row.get("usergroup_id") for row in rows)
    radius = any(row.get("radiusprofile_id") for row in rows)
    context = UnifiContext(
        networks=lookups.networks if rows else None,
        radius_profiles=lookups.read_names("rest/radiusprofile") if radius else None,
        ap_groups=lookups.read_names("apgroups", "v2") if ap_groups else None,
        user_groups=lookups.read_names(CLIENT_GROUPS.path) if user_groups else None,
        lacking=lookups.lacking(INSTEAD, own_fields(Wlan)),
    )
    read = lookups.read_of(WLANS, INSTEAD)
    named = ((name(row), row) for row in rows)
    return listing(api, read, named, context, kind="wlan", lacking="name")


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> Wlan:
    """Make a WLAN of its row."""
    found = read_fields(raw, _FIELDS, "wlan", context) | read_flags(raw, _FLAGS)
    found["name"] = nfc(str(raw["name"]))  # also with blanks at its ends, which make another SSID
    resolve_name(found, "network", raw.get("networkconf_id"), context.networks)
    if is_nothing(raw.get("ap_group_mode")) and raw.get("ap_group_ids"):
        found["ap_group_mode"] = "groups"
    if found.get("ap_group_mode") == "groups":
        resolve_names(found, "ap_groups", raw.get("ap_group_ids"), context.ap_groups)
    resolve_name(found, "user_group", raw.get("usergroup_id"), context.user_groups)
    if found.get("user_group") == "Default":
        del found["user_group"]
    read_settings(found, raw, context)
    read_into(found, "wlan_bands", lambda: _bands(raw))
    if rules(raw, "mac_filter_enabled"):
        policy = raw.get("mac_filter_policy") or "allow"
        found["mac_filter"] = {"policy": policy, "macs": raw.get("mac_filter_list") or []}
    if rules(raw, "schedule_enabled"):
        read_into(found, "schedule", lambda: _schedule(raw))
    security = found.get("security", "open")
    if not isinstance(security, str):
        mark_unread(
            found, "passphrase", "private_passphrases_enabled", "private_passphrases", "sae_passphrases"
        )
    elif security == "wpapsk":
        found["passphrase"] = secret_under(raw, "x_passphrase", required=True)
        read_into(found, "sae_passphrases", lambda: by_place(raw.get("sae_psk"), owner))
        read_private(found, raw, context)
    return Wlan.of_row(found)


def _bands(raw: ApiRow) -> list[Any]:
    """Return the bands of a WLAN, from either key."""
    bands = list_of(raw.get("wlan_bands"))
    old = raw.get("wlan_band")
    return bands or ([] if is_nothing(old) else _BANDS.get(text_of(old), [text_of(old)]))


def _schedule(raw: ApiRow) -> list[str]:
    """Return when it is on, as `mon|0800-1800` in the old form, and the same from the new one.

    Raises `ValueError` for values of another type.
    """
    found = [text_of(each) for each in list_of(raw.get("schedule"))]
    for each in objects_of(raw.get("schedule_with_duration")):
        days = ",".join(sorted(map(text_of, list_of(each.get("start_days_of_week")))))
        start, minute, length = (
            text_of(each.get(key) or 0) for key in ("start_hour", "start_minute", "duration_minutes")
        )
        found.append(f"{days}|{start:0>2}{minute:0>2}+{length}m")
    return found


_DEFAULT = "default"
"""Stands for the network in the id of a WLAN that has the default one."""


def _names(row: Row) -> Iterator[str]:
    """Yield the name of a WLAN, plain, with its network, and with its groups of access points."""
    network, groups = row.get("network"), row.get("ap_groups")
    for ssid in row_name(row):
        yield ssid
        yield f"{ssid}:{network or _DEFAULT}"
        if isinstance(groups, list | tuple) and groups:
            yield f"{ssid}:{network or _DEFAULT}:{','.join(map(str, groups))}"


def _of_id(identity: str, row: Row) -> Row:
    """Return the name of an id, and the network where the id names it."""
    ssid, network = row.get("name"), row.get("network")
    if identity == ssid or ":" not in identity:
        return {"name": identity}
    if network and identity.endswith(f":{network}"):
        return {"name": identity.removesuffix(f":{network}"), "network": network}
    if not ssid or not identity.startswith(f"{ssid}:"):
        return {"name": identity.partition(":")[0]} if ssid else {"name": identity}
    place, _, groups = identity.removeprefix(f"{ssid}:").partition(":")
    on_default = not network and place == _DEFAULT
    return {"name": ssid, **({} if on_default else {"network": place}), **_groups(groups)}


def _groups(text: str) -> Row:
    return {"ap_groups": text.split(",")} if text else {}


_GATES = (
    Gate(
        "/security",
        ("/wpa_mode", "/wpa3_support", "/wpa3_transition", "/pmf_mode"),
        closed_by=frozenset({"open"}),
    ),
    Gate(
        "/security",
        ("/passphrase", "/private_passphrases_enabled", "/private_passphrases", "/sae_passphrases"),
        frozenset({"wpapsk"}),
    ),
    Gate("/private_passphrases_enabled", ("/private_passphrases",)),
    Gate("/wpa3_support", ("/wpa3_transition",)),
    Gate("/ap_group_mode", ("/ap_groups",), frozenset({"groups"})),
    Gate("/mac_filter_enabled", ("/mac_filter",)),
    *SETTINGS_GATES,
    Gate("/schedule_enabled", ("/schedule", "/schedule_reversed")),
)

KIND = Kind(
    within=in_network,
    name="wlan",
    plural="wlans",
    model=Wlan,
    unmanaged_severity="warning",
    fetch=fetch,
    normalise=normalise,
    naming=Naming(_names, siblings=True, of_id=_of_id),
    gates=_GATES,
)
