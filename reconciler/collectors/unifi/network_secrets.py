"""The secrets of a VPN or WAN, as fingerprints."""

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.redaction import redacted_in
from reconciler.collectors.unifi.networks import LANS
from reconciler.model.fingerprint import folded

_REQUIRED = {
    "wireguard": "x_wireguard_private_key",
    "ipsec": "x_ipsec_pre_shared_key",
    "l2tp": "x_ipsec_pre_shared_key",
    "openvpn-server": "x_server_key",
    "pppoe": "x_wan_password",
}
"""Part of the type of a VPN or WAN → the secret that none is without."""


def network_secrets(raw: ApiRow) -> dict[str, str] | None:
    """Return the secrets of a VPN or WAN; None where they are not shown. Those of another type are stale."""
    kinds = f"{raw.get('vpn_type') or ''} {raw.get('wan_type') or ''}"
    purpose = str(raw.get("purpose"))
    if purpose in LANS or (purpose == "wan" and "pppoe" not in kinds):
        return {}
    required = {key for kind, key in _REQUIRED.items() if kind in kinds}
    if required and required.isdisjoint(raw):
        return None
    return {key: folded(marks) for key, value in raw.items() if (marks := redacted_in(value))}
