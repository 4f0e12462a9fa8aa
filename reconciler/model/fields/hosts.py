"""The names, addresses and ports of hosts."""

import re
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from reconciler.model.fields.addresses import canonical_address
from reconciler.model.fields.text import sorted_set, split_words
from reconciler.model.host_name import host_name


@lru_cache(maxsize=4096)
def _host_set(values: tuple[str, ...]) -> tuple[str, ...]:
    return values and tuple(sorted(set(filter(None, map(host_name, values)))))


@lru_cache(maxsize=4096)
def _host_or_address(text: str) -> str:
    return canonical_address(text) or host_name(text)


Host = Annotated[
    str,
    AfterValidator(_host_or_address),
    Field(description="Host name in ASCII (xn--…) and lower case, or IP address"),
]
HostSet = Annotated[
    tuple[Host, ...],
    BeforeValidator(split_words),
    AfterValidator(sorted_set),
    Field(description="Host names and IP addresses; order does not matter"),
]
HostAddresses = Annotated[
    tuple[Host, ...],
    BeforeValidator(split_words),
    Field(description="Host names and IP addresses; order matters"),
]
DomainNames = Annotated[
    tuple[str, ...],
    BeforeValidator(split_words),
    AfterValidator(_host_set),
    Field(description="DNS names in ASCII (xn--…); order and case do not matter"),
]


def are_ports(text: str) -> bool:
    """Return whether all numbers in a text, such as `80,8000-8010`, can be ports (RFC 6335, section 6)."""
    return all(len(number) <= 5 and 1 <= int(number) <= 65535 for number in re.findall(r"\d+", text))
