"""The meaning of what `who` is asked: an address, a MAC address, a guest, a key or a name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from reconciler.desired.declaration_type import as_written
from reconciler.jobs.spans import Fact
from reconciler.model.fields.ethernet import Mac
from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.site.addresses import AddressEvidence
from reconciler.site.inputs import SiteInputs
from reconciler.site.mentions import mentions
from reconciler.site.subnets import canonical

Meant = Literal["address", "mac", "guest", "key", "name"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, as it was understood in one record."""

    meant: Meant
    text: str
    """In its one form: `BC:24:11:00:00:01`, `fd00::1`."""
    addresses: frozenset[str] = frozenset()
    """The addresses that are asked about, or that a name leads to."""
    keys: frozenset[Key] = field(default=frozenset())
    """The resources that are asked about."""

    @property
    def needles(self) -> frozenset[str]:
        """The texts of which one stands in each row that matters, unless that has one of the `ids`."""
        texts = {self.text} if self.meant in {"mac", "name"} else set()
        return frozenset(texts | self.addresses)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of rows that matter."""
        own = {self.text} if self.meant == "guest" else set()
        return frozenset(own | {key.id for key in self.keys})

    def wants(self, key: Key, row: Row, fact: Fact) -> bool:
        """Return whether a fact of a recorded row, now or then, is asked about."""
        if fact.address in self.addresses or key in self.keys:
            return True
        if isinstance(fact, AddressEvidence) and fact.holder in self.keys:
            return True
        if self.meant == "mac":
            return isinstance(fact, AddressEvidence) and self.text in {fact.mac, key.id}
        if self.meant == "guest":
            return key.kind == "guest" and key.id == self.text
        return self.meant == "name" and self.text in names_of(key, row)


def understand(text: str, inputs: SiteInputs) -> Question:
    """Return the meaning of a text; case and the notation of an address do not matter."""
    stripped = text.strip()
    address = canonical(stripped.partition("/")[0]) if stripped.count("/") <= 1 else None
    if address is not None:
        return Question("address", address, frozenset({address}))
    inventory = inputs.inventory
    rows = {**inventory.observed, **inventory.config}
    if stripped.count("/") >= 2:
        key = next((each for each in rows if str(each).casefold() == stripped.casefold()), None)
        key = key or Key(*stripped.split("/", 2))
        return Question("key", str(key), keys=frozenset({key}))
    named = set(_keys_with_name(stripped, inventory.config, inventory.observed))
    mac = None if named else _mac(stripped)
    if mac is not None:
        keys = {nic.guest for nic in inputs.nics_by_mac.get(mac, ())}
        return Question("mac", mac, keys=frozenset({*(key for key in rows if key.id == mac), *keys}))
    guests = {key for key in rows if key.kind == "guest" and key.id == stripped}
    if guests or (stripped.isdecimal() and not named):
        return Question("guest", stripped, keys=frozenset(guests))
    name = stripped.casefold().removesuffix(".")
    leads = frozenset(each.address for each in mentions(inputs) if name in map(str.casefold, each.names))
    return Question("name", name, leads, frozenset(named))


def names_of(key: Key, row: Row) -> set[str]:
    """Return the names of a resource, without regard to case."""
    found = {key.id, *(key.id.split(":")[1:2] if key.kind == "static-dns" else ())}
    found |= {each for name in ("name", "hostname") if isinstance(each := row.get(name), str)}
    domains = row.get("domain_names")
    if isinstance(domains, list | tuple):
        found |= {each for each in domains if isinstance(each, str)}
    return {each.casefold() for each in found}


def _keys_with_name(text: str, *parts: Mapping[Key, Row]) -> Iterator[Key]:
    """Yield the resources of a name; a number is the id of a guest, and not its name."""
    name = text.casefold().removesuffix(".")
    for rows in parts:
        for key, row in rows.items():
            if name in names_of(key, row) and not (key.kind == "guest" and name == key.id):
                yield key


def _mac(text: str) -> str | None:
    try:
        found: str = TypeAdapter(as_written(Mac)).validate_python(text)
    except (ValidationError, ValueError):
        return None
    return found
