"""The answer to who has, or had, an address, a MAC address or a name."""

from typing import Literal

from pydantic import Field

from reconciler.model.key import KeyText
from reconciler.model.timeline import Answer
from reconciler.model.value import Timestamp, Value


class Holding(Value):
    """A resource that has, or had, an address or a name."""

    address: str | None = Field(None, description="null: of a MAC address or a name without an address")
    key: KeyText = Field(description="The resource that has it")
    name: str | None = Field(None, description="Its name then; untrusted text")
    how: tuple[str, ...] = Field(
        description="configured, reserved, declared, gateway, seen by its agent, seen by the controller, …"
    )
    at: tuple[str, ...] = Field(description="Where that stands: key and JSON pointer")
    macs: tuple[str, ...] = ()
    since: Timestamp | None = Field(None, description="First record with it; null: only seen now")
    since_first_record: bool = Field(
        default=False, description="Whether `since` is the oldest record: it may have been so before"
    )
    until: Timestamp | None = Field(None, description="First record without it; null: still so")


class Mention(Value):
    """A name or a rule that leads to an address."""

    key: KeyText
    address: str
    what: str = Field(description="DNS record, proxy host, stream or port forward")
    names: tuple[str, ...] = Field((), description="The names that it answers to; untrusted text")
    since: Timestamp | None = None
    since_first_record: bool = False
    until: Timestamp | None = None


class WhoAnswer(Answer):
    """Who has, or had, an address, a MAC address or a name."""

    query: str = Field(description="As it was understood")
    meant: Literal["address", "mac", "guest", "key", "name"]
    as_of: Timestamp = Field(description="When the run read the site whose record this is")
    now: bool = Field(description="Whether that is the last record; only then observed values are known")
    holdings: tuple[Holding, ...]
    earlier: tuple[Holding, ...] = Field((), description="Others that had it before or after")
    earlier_total: int = 0
    mentions: tuple[Mention, ...] = ()
