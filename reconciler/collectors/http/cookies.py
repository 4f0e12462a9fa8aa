"""The cookies of a login, which go back to the one server that set them."""

from collections.abc import Iterable


class SessionCookies:
    """Name → value, for as long as one client lives.

    Of the attributes only two matter here: with `Secure` a cookie never goes over plain HTTP, and
    `Max-Age=0`, as an empty value, ends it. Domain and path cannot lead elsewhere: there is one server.
    """

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure
        self._values: dict[str, str] = {}

    def keep(self, headers: Iterable[str]) -> None:
        """Take over what `Set-Cookie` headers say."""
        values = dict(self._values)  # other threads may be reading them
        for header in headers:
            pair, *attributes = (part.strip() for part in header.split(";"))
            name, _, value = pair.partition("=")
            words = {attribute.lower().replace(" ", "") for attribute in attributes}
            if not value or "max-age=0" in words:
                values.pop(name, None)
            elif name and (self._secure or "secure" not in words):
                values[name] = value
        self._values = values

    @property
    def header(self) -> str:
        """The value of the `Cookie` header; empty without any cookie."""
        return "; ".join(f"{name}={value}" for name, value in self._values.items())

    @property
    def cookie_names(self) -> frozenset[str]:
        """The names of the cookies that are kept."""
        return frozenset(self._values)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Their values, which must not appear in any message."""
        return tuple(self._values.values())
