"""Which repository is meant: by configuration, by workflow, by the address of the pages' links."""

import pytest

from reconciler.config.gitea import GiteaSettings
from reconciler.config.settings import FileSettings, PublishSettings
from reconciler.errors import ConfigError
from reconciler.gitea.place import HostedPlace, place_of

WORKFLOW = {"GITHUB_SERVER_URL": "http://gitea:3000", "GITHUB_REPOSITORY": "ops/site"}
ADDRESS = "https://git.lan.example/ops/site"


def settings(of_gitea=None, of_publish=None):
    return FileSettings(
        site="lan-main",
        sources=[{"name": "pve"}],
        gitea=GiteaSettings(repository=of_gitea),
        publish=PublishSettings(repository=of_publish),
    )


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        (settings(), WORKFLOW, HostedPlace("http://gitea:3000", "", "ops", "site")),
        (settings(ADDRESS), WORKFLOW, HostedPlace("https://git.lan.example", "", "ops", "site")),
        (settings(None, ADDRESS), {}, HostedPlace("https://git.lan.example", "", "ops", "site")),
        (settings(None, ADDRESS), WORKFLOW, HostedPlace("http://gitea:3000", "", "ops", "site")),
        (
            settings(),
            {**WORKFLOW, "GITHUB_SERVER_URL": "https://lan.example/git/"},
            HostedPlace("https://lan.example", "/git", "ops", "site"),
        ),
    ],
)
def test_the_repository_by_where_it_is_named(given, environment, expected):
    place = place_of(given, environment)
    assert place == expected
    assert place.repository == f"{expected.prefix}/api/v1/repos/ops/site"


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"GITHUB_SERVER_URL": "https://lan.example"},
        {**WORKFLOW, "GITHUB_SERVER_URL": "ftp://lan.example"},
        {**WORKFLOW, "GITHUB_REPOSITORY": "site"},
        {**WORKFLOW, "GITHUB_REPOSITORY": "../../admin"},
        {**WORKFLOW, "GITHUB_REPOSITORY": "ops/site?x=1"},
        {**WORKFLOW, "GITHUB_REPOSITORY": "ops/site\nX: y"},
        {**WORKFLOW, "GITHUB_SERVER_URL": "https://user:word@lan.example"},
    ],
)
def test_an_address_that_cannot_be_used_is_one_problem(environment):
    with pytest.raises(ConfigError) as raised:
        place_of(settings(), environment)
    (problem,) = raised.value.problems
    assert problem.remedy
    assert "word" not in str(problem)
