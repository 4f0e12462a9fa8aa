"""Put reviews on pull requests: the only job that writes to the code host on demand."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reconciler.config.file import Config
from reconciler.errors import Problem, ReconcilerError
from reconciler.gitea.answers import PullRequest
from reconciler.gitea.client import Gitea
from reconciler.gitea.place import place_of
from reconciler.jobs.review import review
from reconciler.model.progress import Progress
from reconciler.review.answer import Review
from reconciler.review.comment import Posted, post


class ReviewedPullRequest(NamedTuple):
    """How a pull request was reviewed."""

    number: int
    posted: Posted | None
    """None: it could not be reviewed."""
    problems: tuple[Problem, ...] = ()


def comment(config: Config, environment: Mapping[str, str], number: int, reviewed: Review) -> Posted:
    """Set the commit status of a review and keep its one comment; raises `ReconcilerError`."""
    with connect(config, environment) as gitea:
        return post(gitea, number, reviewed)


def review_open(
    config: Config, environment: Mapping[str, str], progress: Progress
) -> Iterator[ReviewedPullRequest]:
    """Review every open pull request to the branch that people edit, those of forks too.

    For the scheduled job, whose token may comment where that of a fork may not. The heads are fetched and
    read, never checked out. Raises `ReconcilerError` where Gitea cannot be asked.
    """
    target = config.settings.publish.branch
    with connect(config, environment) as gitea:
        for each in gitea.list_open_pull_requests():
            if each.base.ref == target:
                yield _review_one(config, gitea, each, progress)


def _review_one(config: Config, gitea: Gitea, each: PullRequest, progress: Progress) -> ReviewedPullRequest:
    from reconciler import record
    from reconciler.record import queries

    progress.step(f"reviewing pull request {each.number}")
    remote = config.settings.history.push or "origin"
    try:
        repository = record.open_repository(config.root, secrets=config.secret_variables)
        head = queries.fetch_pull_request(repository, remote, each.number)
        reviewed = review(config, "HEAD", head, progress)
        return ReviewedPullRequest(each.number, post(gitea, each.number, reviewed))
    except ReconcilerError as error:
        return ReviewedPullRequest(each.number, None, tuple(error.problems))


def connect(config: Config, environment: Mapping[str, str]) -> Gitea:
    """Return the client of the configured repository; raises `ReconcilerError` where it cannot be made."""
    settings = config.settings.gitea
    place = place_of(config.settings, environment)
    token = settings.token.resolve(environment, "gitea.token")
    return Gitea(place, token, settings, config.root)
