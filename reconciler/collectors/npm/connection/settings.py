"""Settings under `sources:` of an Nginx Proxy Manager or NPMplus."""

from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.settings import WebSettings
from reconciler.config.secret import Secret, Username


class NpmSettings(WebSettings):
    """An Nginx Proxy Manager or NPMplus, read with a read-only account."""

    username: Annotated[
        Username, Field(description="E-mail address of an account without 2FA, or a reference to it")
    ]
    password: Annotated[Secret, Field(description="Reference to the password: ${NPM_PASSWORD}")]
    store_descriptions: Annotated[bool, Field(description="Record descriptions of streams (NPMplus)")] = False
