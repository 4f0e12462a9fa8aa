"""The URL of a sink, which the configuration writes out or refers to."""

from collections.abc import Callable

from reconciler.alarms.sinks.context import SinkContext, failed, subject
from reconciler.config.secret import Secret


def resolve(name: str, url: str | Secret, check: Callable[[str], str], context: SinkContext) -> str:
    """Return the URL; raises `ReconcilerError`, which does not repeat it, if it is missing or is not one."""
    if not isinstance(url, Secret):
        return url
    found = url.resolve(context.environment, subject(name))
    try:
        return check(found)
    except ValueError as error:
        what = f"the environment variable {url.variable} {str(error).partition(';')[0]}"
        raise failed(name, what, "set it to the whole URL", "misconfigured") from None
