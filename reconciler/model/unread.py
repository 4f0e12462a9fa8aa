"""Fields of a row that cannot be read: an odd value costs its field, and the reason stays with it."""

import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from opcode import opname
from typing import Any

from pydantic import ValidationError

from reconciler.yamlfile.validation import first_error


def why_unparsed(error: Exception) -> str:
    """Return why something cannot be parsed, without any value of it: one may be a secret."""
    if isinstance(error, ValidationError):
        return first_error(error)
    if type(error) is ValueError:
        return str(error) if _is_our_text(error) else "part of it has an unexpected value"
    return f"part of it has an unexpected type ({type(error).__name__})"


def _is_our_text(error: ValueError) -> bool:
    """Return whether a statement of ours raised an error: the texts of Python's own errors repeat the value.

    That of `int(text)`, which fails in a line of ours, is one of Python's.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return True
    frame = trace.tb_frame
    raised = opname[frame.f_code.co_code[trace.tb_lasti]] == "RAISE_VARARGS"
    return raised and str(frame.f_globals.get("__name__")).partition(".")[0] not in sys.stdlib_module_names


def mark_unread(found: MutableMapping[str, Any], *fields: str) -> None:
    """Note fields of a row that could not be read."""
    if fields:
        found["unread"] = sorted({*(found.get("unread") or ()), *fields})


def mark_unparsed(found: MutableMapping[str, Any], reasons: Mapping[str, str]) -> None:
    """Note fields of a row whose values cannot be parsed, each with the reason."""
    if reasons:
        mark_unread(found, *reasons)
        found["unparsed"] = {**(found.get("unparsed") or {}), **reasons}


def read_into(found: MutableMapping[str, Any], field: str, read: Callable[[], Any]) -> None:
    """Set a field to the result of a function; unread where it raises `ValueError` for an odd value."""
    read_together(found, (field,), lambda: {field: read()})


def read_together(
    found: MutableMapping[str, Any], fields: Iterable[str], read: Callable[[], Mapping[str, Any]]
) -> None:
    """Set fields that are made of one value, by name; all are unread where `read` raises `ValueError`.

    It may return some of them as `unread` itself.
    """
    try:
        known = dict(read())
    except ValueError as error:
        first, *_ = names = tuple(fields)
        for name in names:
            found.pop(name, None)
        mark_unparsed(found, dict.fromkeys(names, f"{first}: {why_unparsed(error)}"))
        return
    mark_unread(found, *(known.pop("unread", None) or ()))
    found.update(known)
