"""Text, and lists and sets of it."""

import re
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from reconciler.text import nfc


def split_words(value: object) -> object:
    """Return the words of a text, as a list; a number is one word."""
    if isinstance(value, list):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [value]
    return [word for word in re.split(r"[;,\s]+", value) if word] if isinstance(value, str) else value


@lru_cache(maxsize=4096)
def _folded_set(values: tuple[str, ...]) -> tuple[str, ...]:
    return values and tuple(sorted({nfc(value.strip().casefold()) for value in values if value.strip()}))


@lru_cache(maxsize=4096)
def sorted_set(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return a set of words in order, each once, with its case."""
    return values and tuple(sorted({nfc(value.strip()) for value in values if value.strip()}))


UpperCase = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True)]
Text = Annotated[str, Field(coerce_numbers_to_str=True), AfterValidator(nfc)]
"""Text in Unicode's composed form; a number is taken as it is written."""
Notes = Annotated[str, AfterValidator(lambda text: nfc(text).rstrip() or None)]
"""Free text. Blanks at its end depend on how an API or YAML stores text, and are ignored; empty is none."""
Words = Annotated[
    tuple[Text, ...],
    BeforeValidator(split_words),
    Field(description="A list; order matters"),
]
TextLines = Annotated[
    tuple[Annotated[str, StringConstraints(strip_whitespace=True)], ...],
    BeforeValidator(lambda value: value.splitlines() if isinstance(value, str) else value),
    Field(description="Lines of a file, unchanged; order matters"),
]
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(split_words),
    AfterValidator(sorted_set),
    Field(description="A set of names; order does not matter"),
]


def _texts(value: object) -> object:
    return ([value] if value else []) if isinstance(value, str) else value


Texts = Annotated[
    tuple[Text, ...],
    BeforeValidator(_texts),
    AfterValidator(sorted_set),
    Field(description="A set of texts; order does not matter"),
]
Tags = Annotated[
    tuple[str, ...],
    BeforeValidator(split_words),
    AfterValidator(_folded_set),
    Field(description="A set of tags; order and case do not matter"),
]
CasedTags = Annotated[
    tuple[str, ...],
    BeforeValidator(split_words),
    AfterValidator(sorted_set),
    Field(description="Tags; order does not matter; case matters only with a case-sensitive tag style"),
]
NumberNames = Annotated[
    tuple[Text, ...],
    BeforeValidator(split_words),
    AfterValidator(sorted_set),
    Field(description="A set; order does not matter"),
]
"""A set of numbers that are names."""
