"""The answer to who has, or had, an address, a MAC address or a name."""

from typing import Literal

from pydantic import Field

from reconciler.model.key import KeyText
from reconciler.model.timeline import Answer
from reconciler.model.value import Timestamp, Value


class Holding(Value):
    """A resource that has, or had, an address or a name."""

    address: str | None = Field(None, description="null for a MAC address or a name without an address")
    key: KeyText = Field(description="Resource that has it")
    name: str | None = Field(None, description="Name of the resource at that time; untrusted text")
    how: tuple[str, ...] = Field(
        description="configured, reserved, declared, gateway, seen by its agent, seen by the controller, …"
    )
    at: tuple[str, ...] = Field(description="Where this is configured or seen: key and JSON pointer")
    macs: tuple[str, ...] = ()
    since: Timestamp | None = Field(None, description="First record that has it; null: observed only now")
    since_first_record: bool = Field(
        default=False, description="true if `since` is the oldest record, so it may have begun earlier"
    )
    until: Timestamp | None = Field(None, description="First record without it; null if it still holds")


class Mention(Value):
    """A name or a rule that leads to an address."""

    key: KeyText
    address: str
    what: str = Field(description="DNS record, proxy host, stream or port forward")
    names: tuple[str, ...] = Field((), description="Names that it answers to; untrusted text")
    since: Timestamp | None = None
    since_first_record: bool = False
    until: Timestamp | None = None


class WhoAnswer(Answer):
    """The resource that has or had an address, a MAC address or a name."""

    query: str = Field(description="Query as it was understood")
    meant: Literal["address", "mac", "guest", "key", "name"]
    as_of: Timestamp = Field(description="When the record's run read the site")
    now: bool = Field(description="true for the latest record; only then are observed values known")
    holdings: tuple[Holding, ...]
    earlier: tuple[Holding, ...] = Field((), description="Other holders, before or after")
    earlier_total: int = 0
    mentions: tuple[Mention, ...] = ()
