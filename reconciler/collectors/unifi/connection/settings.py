"""Settings under `sources:` of a UniFi Network controller."""

from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from reconciler.collectors.http.settings import WebSettings
from reconciler.config.secret import Secret, Username

_SITE = r"^[A-Za-z0-9_-]{1,64}$"


class UnifiSettings(WebSettings):
    """A site of a UniFi Network controller: a UniFi OS console, or a controller of its own."""

    site: Annotated[
        str,
        StringConstraints(pattern=_SITE),
        Field(description="Short name of the site, as in the URLs of UniFi Network"),
    ] = "default"
    username: Annotated[
        Username | None, Field(description="User name of a local account without 2FA, or a reference to it")
    ] = None
    password: Annotated[Secret | None, Field(description="Reference to the password: ${UNIFI_PASSWORD}")] = (
        None
    )
    store_descriptions: Annotated[
        bool, Field(description="Record notes of clients and descriptions of policies")
    ] = False
    api_key: Annotated[
        Secret | None,
        Field(
            description="Reference to an API key: ${UNIFI_API_KEY}; tried before the account",
            validate_default=True,
        ),
    ] = None

    @field_validator("api_key", mode="after")
    @classmethod
    def _some_way_in(cls, value: Secret | None, info: ValidationInfo) -> Secret | None:
        named, secret = info.data.get("username"), info.data.get("password")
        if (named is None) != (secret is None) and {"username", "password"} <= info.data.keys():
            lacking = "password" if secret is None else "username"
            message = f"an account needs username and password, and {lacking} is missing"
            raise ValueError(message)
        if value is None and named is None:
            message = "is missing; set api_key, or username and password of a local account"
            raise ValueError(message)
        return value
