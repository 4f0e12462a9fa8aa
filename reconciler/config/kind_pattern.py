"""Patterns of kinds, in which `*` is any source or any kind: `pve/guest`, `*/port-forward`, `npm/*`."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator

_PATTERN = re.compile(r"(?:\*|[A-Za-z0-9._-]+)/(?:\*|[a-z0-9-]+)")


def is_pattern(text: str) -> bool:
    """Return whether a text is a pattern."""
    return _PATTERN.fullmatch(text) is not None


def _pattern(text: str) -> str:
    if not is_pattern(text):
        message = "is not source/kind, such as */port-forward"
        raise ValueError(message)
    return text


KindPattern = Annotated[str, AfterValidator(_pattern)]
"""`source/kind`, either of which may be `*`."""


def matches(pattern: str, source: str, kind: str) -> bool:
    """Return whether a pattern covers a kind of a source; `*` as the kind stands for any."""
    of_source, _, of_kind = pattern.partition("/")
    return of_source in {"*", source} and (of_kind in {"*", kind} or kind == "*")


def unmatched(
    patterns: Iterable[str], kinds: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, list[str]]]:
    """Yield each pattern that matches no kind of these sources, with patterns that would."""
    for name in patterns:
        source, _, kind = name.partition("/")
        sources = kinds if source == "*" else {source} & kinds.keys()
        known = {each for one in sources for each in kinds[one]}
        if sources and (kind == "*" or kind in known):
            continue
        if sources:
            yield name, [f"{source}/{each}" for each in known]
        else:
            yield name, [f"{one}/{kind}" for one, each in kinds.items() if kind == "*" or kind in each]
