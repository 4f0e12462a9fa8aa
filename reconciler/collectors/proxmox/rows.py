"""Rows of Proxmox VE as fields of a model."""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.credentials import WithoutCredentials
from reconciler.collectors.http.values import is_nothing, is_true, read_notes, text_if_any, whole_number
from reconciler.collectors.ignored_fields import IgnoredFields
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.property_string import Items, take_unknown
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Notes
from reconciler.model.resource import Health
from reconciler.model.unread import read_into
from reconciler.text import clean

NO_ITEMS: Mapping[str, Items] = {}
COMMENT = ("has_comment", "comment")
"""The fields of a kind with notes, which `read_comment` reads."""
HasComment = Annotated[Flag, Field(description="true if there is a comment")]
CommentText = Annotated[Notes | None, Field(description="Comment; stored only with store_descriptions")]


def key_names(fields: Iterable[str]) -> dict[str, str]:
    """Return the API's key of each field → the field: `max-relocate` and `max_relocate` alike."""
    names = list(fields)
    return {name.replace("_", "-"): name for name in names} | {name: name for name in names}


def read_fields(
    raw: Mapping[str, Any],
    names: Mapping[str, str],
    ignored: IgnoredFields,
    context: ProxmoxContext,
    bags: Mapping[str, Items] = NO_ITEMS,
) -> dict[str, Any]:
    """Return what a row sets, by field; keys that are neither read nor ignored are `unmodelled`.

    So are the items of `bags` (the fields that are property strings) that those do not have.
    """
    found = {names[key]: value for key, value in raw.items() if key in names and not is_nothing(value)}
    unmodelled = ignored.unmodelled(raw, names.keys(), context.fingerprints)
    for key in raw:
        name = names.get(key)
        if name in bags and name in found:
            found[name], unknown = take_unknown(key, found[name], bags[name])
            unmodelled |= ignored.items(unknown, context.fingerprints)
    found["unmodelled"] = unmodelled
    return found


def read_errors(errors: object) -> str:
    """Return the `errors` of a row, for which Proxmox VE skips it, as one line; empty where it has none.

    They are an object, field → message or messages; a list or a text is read as well.
    """
    if isinstance(errors, Mapping):
        return "; ".join(
            f"{clean(name)}: {text}" for name, each in sorted(errors.items()) if (text := read_errors(each))
        )
    if isinstance(errors, list):
        return "; ".join(filter(None, map(read_errors, errors)))
    return clean(str(errors)) if errors else ""


def skipped_rules(rules: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the rules of a firewall that are on and that Proxmox VE skips, with the reason."""
    for row in rules:
        if is_true(row.get("enable", 1)) and (errors := read_errors(row.get("errors"))):
            yield f"rule {row.get('pos', 0)} ({errors})"


def health_of(skipped: Iterable[str]) -> Health | None:
    """Return the health of a list some of whose rows Proxmox VE skips; None where it skips none."""
    what = "; ".join(skipped)
    return Health(state="degraded", reason=f"Proxmox VE skips {what}", alarm=True) if what else None


def read_comment(found: dict[str, Any], raw: Mapping[str, Any], context: ProxmoxContext, *keys: str) -> None:
    """Set the fields of a row's notes, which are under one of `keys`, or `comment`."""
    read_notes(found, raw, *keys, field="comment", stored=context.store_descriptions)


def sealed(value: object, key: str, context: ProxmoxContext) -> str:
    """Return the fingerprint of a text that may hold a secret or name a person: `none` where there is none.

    Raises `ValueError` for what is not text.
    """
    text = value.whole if isinstance(value, WithoutCredentials) else text_if_any(value)
    return context.fingerprints.secret(f"/{key}", text.strip())


def read_sealed(
    found: MutableMapping[str, Any],
    raw: Mapping[str, Any],
    names: Mapping[str, str],
    context: ProxmoxContext,
) -> None:
    """Set the fields of `names` (key → field) to the fingerprints of their texts; an odd one is unread."""
    for key, name in names.items():
        read_into(found, name, partial(sealed, raw.get(key), key, context))


def mebibytes(size: object) -> object:
    """Return a number of bytes in MiB; what is not one as text, which costs the field."""
    if is_nothing(size):
        return None
    number = whole_number(size)
    return f"{size}" if number is None else number // 2**20
