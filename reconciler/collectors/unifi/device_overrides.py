"""Nested settings of a device: ports of a gateway, UPS, redundant power, SIM cards, and its secrets."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.redaction import secret_under
from reconciler.collectors.http.values import is_nothing, object_of, objects_of, text_of
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Text
from reconciler.model.fingerprint import NONE, SecretFingerprint
from reconciler.model.gate import Gate
from reconciler.model.unread import read_into
from reconciler.model.value import Value


class EthernetPort(Value):
    """A port of a gateway."""

    networkgroup: Annotated[
        Text | None, Field(description="Role of the port: WAN, WAN2, … or LAN, LAN2, …")
    ] = None
    disabled: Annotated[Flag, Field(description="Port is disabled")] = False


class NutServer(Value):
    """The UPS server for Network UPS Tools (NUT) clients."""

    enabled: Annotated[Flag, Field(description="NUT server is on")] = False
    id: Annotated[Text | None, Field(description="Name of the UPS")] = None
    port: Annotated[Count | None, Field(description="TCP port of the NUT server")] = None
    credential_required: Annotated[Flag, Field(description="Clients must log in")] = False
    username: Annotated[Text | None, Field(description="User name that clients log in with")] = None
    password_fingerprint: Annotated[
        SecretFingerprint,
        Field(description="Password that clients log in with: none, set or its keyed fingerprint"),
    ] = NONE


class RpsPort(Value):
    """A port of a redundant power system."""

    name: Annotated[Text | None, Field(description="Port name")] = None
    port_mode: Annotated[Text, Field(description="Port mode: auto, force_active, manual or disabled")] = (
        "auto"
    )


class Rps(Value):
    """The settings of a redundant power system."""

    power_management_mode: Annotated[
        Text | None, Field(description="Power management: dynamic or static")
    ] = None
    ports: Annotated[
        dict[str, RpsPort], Field(default_factory=dict, description="Ports of the power system, by number")
    ]


class Sim(Value):
    """Settings of a SIM card."""

    use_custom_apn: Annotated[Flag, Field(description="Use a custom APN")] = False
    apn: Annotated[Text | None, Field(description="Access point name (APN)")] = None
    auth_type: Annotated[
        Text | None, Field(description="APN authentication: PAP, CHAP, PAP-CHAP or NONE")
    ] = None
    pdp_type: Annotated[Text | None, Field(description="PDP type: IPv4, IPv6 or both")] = None
    roaming: Annotated[Flag, Field(description="Allow data roaming")] = False
    username: Annotated[Text | None, Field(description="APN user name")] = None
    password_fingerprint: Annotated[
        SecretFingerprint, Field(description="APN password: none, set or its keyed fingerprint")
    ] = NONE
    data_limit_enabled: Annotated[Flag, Field(description="Limit data usage")] = False
    data_hard_limit_bytes: Annotated[
        Count | None, Field(description="Data limit in bytes; the connection stops there")
    ] = None
    data_soft_limit_bytes: Annotated[
        Count | None, Field(description="Data usage in bytes that raises a warning")
    ] = None
    data_soft_limit_display_unit: Annotated[
        Text | None, Field(description="Unit shown for the warning: MB or GB")
    ] = None
    data_warning_threshold: Annotated[
        Count | None, Field(description="Data usage that raises a warning, in percent")
    ] = None
    reset_policy: Annotated[Text | None, Field(description="Billing period: day, week or month")] = None
    reset_date: Annotated[
        Count | None, Field(description="Day of the billing period on which the count is reset")
    ] = None


class MobileNetwork(Value):
    """Settings of a mobile router."""

    primary_slot: Annotated[Count | None, Field(description="Primary SIM slot: 1 or 2")] = None
    sims: Annotated[dict[str, Sim], Field(default_factory=dict, description="SIM cards, by slot")]


_OF_APN = ("apn", "auth_type", "pdp_type", "roaming", "username")
_OF_SIM = tuple(name for name in Sim.model_fields if name not in {*_OF_APN, "password_fingerprint"})
_OF_NUT = tuple(name for name in NutServer.model_fields if name != "password_fingerprint")
_SECRETS = ("lte_password", "lte_sim_pin", "snmp_contact", "x_baresip_password")
OVERRIDE_KEYS = (
    *_SECRETS,
    *(f"ethernet_overrides[].{name}" for name in ("ifname", *EthernetPort.model_fields)),
    *(f"nut_server.{name}" for name in (*_OF_NUT, "password")),
    "rps_override.power_management_mode",
    *(f"rps_override.rps_port_table[].{name}" for name in ("port_idx", *RpsPort.model_fields)),
    "mbb_overrides.primary_slot",
    *(f"mbb_overrides.sim[].{name}" for name in ("slot", *_OF_SIM)),
    *(f"mbb_overrides.sim[].current_apn.{name}" for name in (*_OF_APN, "password")),
)
"""The keys that are read."""
OVERRIDE_FIELDS = ("ethernet", "nut_server", "rps", "mobile", "secrets")
OVERRIDE_GATES = (
    Gate(
        "/nut_server/enabled",
        ("/nut_server/id", "/nut_server/port", "/nut_server/credential_required"),
    ),
    Gate(
        "/nut_server/credential_required",
        ("/nut_server/username", "/nut_server/password_fingerprint"),
    ),
)


def read_overrides(found: dict[str, Any], raw: ApiRow) -> None:
    """Set the fields; an odd value costs only its field."""
    readers: Mapping[str, Callable[[], Any]] = {
        "ethernet": lambda: dict(_ethernet(raw.get("ethernet_overrides"))),
        "nut_server": lambda: _nut_server(object_of(raw.get("nut_server"))),
        "rps": lambda: _rps(object_of(raw.get("rps_override"))),
        "mobile": lambda: _mobile(object_of(raw.get("mbb_overrides"))),
    }
    for field, read in readers.items():
        read_into(found, field, read)
    found["secrets"] = {key: mark for key in _SECRETS if (mark := secret_under(raw, key)) != NONE}


def _present(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names if not is_nothing(row.get(name))}


def _ethernet(table: object) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in objects_of(table):
        if not is_nothing(row.get("ifname")):
            yield text_of(row["ifname"]), _present(row, tuple(EthernetPort.model_fields))


def _nut_server(row: Mapping[str, Any]) -> dict[str, Any]:
    return _present(row, _OF_NUT) | {"password_fingerprint": secret_under(row, "password")}


def _rps(row: Mapping[str, Any]) -> dict[str, Any]:
    ports = {
        text_of(each["port_idx"]): _present(each, tuple(RpsPort.model_fields))
        for each in objects_of(row.get("rps_port_table"))
        if not is_nothing(each.get("port_idx"))
    }
    return _present(row, ("power_management_mode",)) | {"ports": ports}


def _mobile(row: Mapping[str, Any]) -> dict[str, Any]:
    sims = {
        text_of(each["slot"]): _sim(each)
        for each in objects_of(row.get("sim"))
        if not is_nothing(each.get("slot"))
    }
    return _present(row, ("primary_slot",)) | {"sims": sims}


def _sim(row: Mapping[str, Any]) -> dict[str, Any]:
    apn = object_of(row.get("current_apn"))
    secret = secret_under(apn, "password")
    return {**_present(row, _OF_SIM), **_present(apn, _OF_APN), "password_fingerprint": secret}
