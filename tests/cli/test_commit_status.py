"""`run --commit-status`: what Gitea shows beside the commit, for each way in which a run ends."""

import pytest

from reconciler.jobs.commit_status import state_of
from reconciler.lab import Lab
from tests.gitea.fake import serve
from tests.site_repository import SiteRepository


@pytest.fixture(scope="module")
def lab():
    with Lab() as lab:
        yield lab


@pytest.fixture
def gitea(monkeypatch):
    with serve() as served:
        monkeypatch.setenv("GITHUB_SERVER_URL", served.server)
        monkeypatch.setenv("GITHUB_REPOSITORY", "ops/site")
        monkeypatch.setenv("GITEA_TOKEN", "job-token")
        yield served


@pytest.fixture
def site(tmp_path, monkeypatch, lab):
    repository = SiteRepository(tmp_path / "site", monkeypatch)
    repository.write("desired-state/pve/pool.yaml", "{}\n")
    repository.configure(repository.source(lab))
    repository.commit()
    return repository


def in_sync(site, lab):
    return 0


def drifted(site, lab):
    site.write("desired-state/pve/guest.yaml", "113: {memory: 1234}\n")
    site.commit()
    return 2


def invalid(site, lab):
    site.write("desired-state/pve/guest.yaml", "113: {memroy: 1234}\n")
    site.commit()
    return 1


def not_read(site, lab):
    site.configure(site.source(lab, hosts="127.0.0.1:1"))
    site.commit()
    return 1


WAYS = {in_sync: "success", drifted: "warning", invalid: "failure", not_read: "failure"}


@pytest.mark.parametrize("way", WAYS)
def test_the_status_of_each_way_to_end(way, site, lab, gitea):
    code = way(site, lab)
    assert site.run("run", "--commit-status") == code
    (status,) = gitea.state.statuses
    assert (status["context"], status["status"]) == ("reconciler/drift", WAYS[way])
    assert status["sha"] == str(site.git("rev-parse", "HEAD")).strip()
    assert status["description"].startswith("lan")
    assert len(status["description"]) <= 250
    assert "\n" not in status["description"]


def test_incomplete_is_a_failure():
    assert [state_of(code) for code in (0, 2, 1, 3, 64)] == ["success", "warning", *["failure"] * 3]


@pytest.mark.parametrize("fault", [401, 403, 404, 500])
def test_a_status_that_cannot_be_set_is_a_warning(fault, site, gitea, capsys):
    gitea.state.fault = lambda _method, _path: fault
    assert site.run("run", "--commit-status") == 0
    (line,) = [each for each in capsys.readouterr().err.splitlines() if "cannot set the status" in each]
    assert line.startswith("warning: ")
    assert str(fault) in line


def test_without_the_option_nothing_is_asked(site, gitea):
    assert site.run("run") == 0
    assert not gitea.state.requests
