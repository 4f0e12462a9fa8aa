"""References to secrets: `${NAME}` in the configuration, the value only in the environment."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, GetCoreSchemaHandler, PlainValidator, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from reconciler.errors import Problem, SourceError

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference to an environment variable that holds a secret; never the secret itself."""

    variable: str

    def resolve(self, environment: Mapping[str, str], subject: str) -> str:
        """Return the secret's value; raises `SourceError` naming the variable if it has none."""
        value = environment.get(self.variable, "").strip()
        if not value:
            what = f"the environment variable {self.variable} is not set"
            raise SourceError(
                Problem(
                    subject,
                    what,
                    f"export {self.variable} (in CI: add a secret of that name)",
                    "misconfigured",
                )
            )
        if not value.isprintable():
            what = f"the environment variable {self.variable} has a line break or another control character"
            raise SourceError(
                Problem(subject, what, "set it to just the secret, on one line", "misconfigured")
            )
        return value

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accept only `${NAME}`; the message for a literal never repeats it."""

        def parse(value: object) -> "Secret":
            if isinstance(value, Secret):
                return value
            match = _REFERENCE.fullmatch(value.strip()) if isinstance(value, str) else None
            if match is None:
                message = (
                    "is a secret and must not be written here; use a reference such as ${PVE_TOKEN_SECRET}"
                )
                raise ValueError(message)
            return cls(match[1])

        return core_schema.no_info_plain_validator_function(
            parse,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda secret: f"${{{secret.variable}}}"
            ),
            json_schema_input_schema=core_schema.str_schema(pattern=f"^{_REFERENCE.pattern}$"),
        )


def reference(text: str) -> Secret | None:
    """Return the secret that a whole value such as `${NAME}` refers to; None for any other text."""
    match = _REFERENCE.fullmatch(text.strip())
    return Secret(match[1]) if match else None


def _username(value: object) -> "str | Secret":
    text = value.strip() if isinstance(value, str) else ""
    if not text or not text.isprintable():
        message = "is not an account name; write the name, or a reference such as ${NPM_USER}"
        raise ValueError(message)
    return reference(text) or text


Username = Annotated[str | Secret, PlainValidator(_username), WithJsonSchema({"type": "string"})]
"""The name of an account, which is not a secret: written out, or as a reference."""


def username(value: str | Secret, environment: Mapping[str, str], subject: str) -> str:
    """Return the account name; raises `SourceError` if it is a reference that cannot be resolved."""
    return value.resolve(environment, subject) if isinstance(value, Secret) else value


def variables(value: object) -> Iterator[str]:
    """Yield the environment variables that a value of the configuration refers to, at any depth."""
    if isinstance(value, Secret):
        yield value.variable
    elif isinstance(value, str):
        yield from _REFERENCE.findall(value)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from variables(getattr(value, name))
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from variables(item)
