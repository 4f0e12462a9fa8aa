"""The base of every value that is written as JSON, and the time stamp they share."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer, WithJsonSchema


class Value(BaseModel):
    """A frozen value; an unknown field is an error, and a number is accepted for text.

    Its validator is built when it is first needed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, coerce_numbers_to_str=True)


def timestamp(moment: datetime) -> str:
    """Return a moment as RFC 3339 in UTC, to the second: `2026-11-23T21:05:00Z`."""
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return in_utc.isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def moment(seconds: int) -> datetime:
    """Return the moment this many seconds after the Unix epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def parse_timestamp(text: str) -> datetime:
    """Return the moment that prints as `text`; raises `ValueError` if it is not one."""
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
        if timestamp(found) == text:
            return found
    message = "does not match the form of a time: 2026-11-23T21:05:00Z"
    raise ValueError(message)


Timestamp = Annotated[
    datetime,
    AfterValidator(lambda moment: moment.astimezone(UTC).replace(microsecond=0)),
    PlainSerializer(timestamp, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-23T21:05:00Z"]}),
]
"""An absolute time in UTC, to the second."""

LIVE: Final[Mapping[str, Any]] = {"live": True}
"""The context in which what an API sent is validated: it has no null, which only desired state writes."""

Row = dict[str, object]
"""A resource as JSON values: what is compared, recorded and published."""
