"""Put a review on its pull request: the only command that writes to the code host on demand."""

from collections.abc import Mapping

from reconciler.config.file import Config
from reconciler.gitea.client import Gitea
from reconciler.gitea.place import place_of
from reconciler.jobs import steps
from reconciler.review.answer import Review
from reconciler.review.comment import Posted, post


def comment(config: Config, environment: Mapping[str, str], number: int, review: Review) -> Posted:
    """Set the commit status of a review and keep its one comment; raises `ReconcilerError`."""
    with connect(config, environment) as gitea:
        return post(gitea, number, review, steps.now())


def connect(config: Config, environment: Mapping[str, str]) -> Gitea:
    """Return the client of the configured repository; raises `ReconcilerError` where it cannot be made."""
    settings = config.settings.gitea
    place = place_of(config.settings, environment)
    token = settings.token.resolve(environment, "gitea.token")
    return Gitea(place, token, settings, config.root)
