"""A resource, and how each of its fields is treated."""

from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, ValidationError
from pydantic.fields import FieldInfo

from reconciler.model.unread import mark_unparsed
from reconciler.model.value import LIVE, Value
from reconciler.yamlfile.validation import first_errors


class FieldClass(Enum):
    """How a field is treated. A mark in `Annotated` on a top-level field; without a mark it is `config`."""

    CONFIG = "config"
    """Compared and recorded in history."""
    OBSERVED = "observed"
    """Published and joined, kept in the pulse, never in history (an agent's addresses)."""
    METRIC = "metric"
    """Published only; worthless a day later (used memory)."""
    POLICY = "policy"
    """Only declared, and judged by the kind (`Kind.judge`): where a guest may be, how old its backup."""
    DERIVED = "derived"
    """Made from other rows or from the id (effective VLANs of a port): compared only where it is declared,
    never adopted, exact, an event, or in history."""


OBSERVED = FieldClass.OBSERVED
METRIC = FieldClass.METRIC
POLICY = FieldClass.POLICY
DERIVED = FieldClass.DERIVED
DECLARABLE = frozenset({FieldClass.CONFIG, FieldClass.POLICY, FieldClass.DERIVED})
"""The classes of fields that desired state may declare."""


class Health(Value):
    """The health of a resource, independent of drift."""

    state: Annotated[Literal["healthy", "degraded", "stopped", "unknown"], Field(description="Health state")]
    reason: Annotated[str | None, Field(description="Why the state is not healthy")] = None
    alarm: Annotated[
        Literal[True] | None,
        Field(description="true if an operator has to act; reported as a `degraded` finding"),
    ] = None


class Resource(Value):
    """One thing that a source has: normalised by its field types, without any secret."""

    unmodelled: dict[str, str | None] = Field(
        default_factory=dict,
        description="JSON pointer of each API key that this version does not read → keyed fingerprint of its "
        "value; null without fingerprint_key and for values that change by themselves",
    )
    pending: Annotated[
        dict[str, JsonValue] | None,
        Field(description="JSON pointer of each field with a change not active yet → value still in effect"),
    ] = None
    unread: Annotated[
        tuple[str, ...] | None, OBSERVED, Field(description="Fields that the last run could not read")
    ] = None
    unparsed: Annotated[
        dict[str, str] | None, OBSERVED, Field(description="Unread field → why its value could not be parsed")
    ] = None
    health: Annotated[
        Health | None,
        OBSERVED,
        Field(description="Health of the resource; null if the kind has none or it was not read"),
    ] = None
    upstream_id: Annotated[
        str | None, OBSERVED, Field(description="Id assigned by the source; a restore changes it")
    ] = None

    @classmethod
    def of_row(cls, fields: Mapping[str, Any]) -> Self:
        """Return the resource of what an API sent; one that cannot be parsed costs only its field.

        Raises `ValidationError` when that field has no default: a row without it means nothing.
        """
        try:
            return cls.model_validate(fields, context=LIVE)
        except ValidationError as error:
            odd = first_errors(error)
            if any(name not in cls.model_fields or cls.model_fields[name].is_required() for name in odd):
                raise
        known = {name: value for name, value in fields.items() if name not in odd}
        mark_unparsed(known, odd)
        return cls.model_validate(known, context=LIVE)


BASE_FIELDS = frozenset(Resource.model_fields)
"""The fields of every kind, which no API has as keys of a row."""


class StatusResource(Resource):
    """A resource that is read from status: its unread keys come and go, so only their names are kept."""

    unmodelled: Annotated[dict[str, str | None], OBSERVED] = Field(
        default_factory=dict,
        description="JSON pointer of each API key that this version does not read → null",
    )


def class_of(field: FieldInfo) -> FieldClass:
    """Return the class that a field is marked with."""
    return next((mark for mark in field.metadata if isinstance(mark, FieldClass)), FieldClass.CONFIG)


def own_fields(model: type[Resource], *but: str) -> frozenset[str]:
    """Return the fields of a kind that no other kind has, less some."""
    return frozenset(model.model_fields) - BASE_FIELDS - set(but)
