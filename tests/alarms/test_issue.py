"""The issue that lists what is open: one, edited in place, closed while nothing is."""

import pytest

from reconciler.gitea.marker import find_marker
from reconciler.lab import Lab
from tests.gitea.fake import serve
from tests.site_repository import SiteRepository

TITLE = "Current drift"
DRIFT = "113: {memory: 1234}\n"


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
    repository.configure(repository.source(lab), more=f"gitea: {{issue: {TITLE}}}\n")
    repository.commit()
    return repository


def declare(site, text):
    site.write("desired-state/pve/guest.yaml", text)
    site.commit()


@pytest.mark.parametrize("shows_user", [True, False])
def test_it_is_opened_edited_closed_and_opened_again(shows_user, site, gitea):
    gitea.state.shows_user = shows_user
    site.run("run")
    assert not gitea.state.issues
    declare(site, DRIFT)
    assert site.run("run") == 2
    (issue,) = gitea.state.issues.values()
    assert (issue["title"], issue["state"]) == (TITLE, "open")
    assert "- ⚠ `pve/guest/113` `db-01` `/memory`" in issue["body"]
    marker = find_marker(issue["body"])
    assert marker is not None
    assert (marker.kind, marker.author) == ("issue", -2)
    declare(site, "{}\n")
    assert site.run("run") == 0
    assert issue["state"] == "closed"
    assert "Nothing is open." in issue["body"]
    declare(site, DRIFT)
    site.run("run")
    assert issue["state"] == "open"
    assert len(gitea.state.issues) == 1


def test_a_run_that_finds_the_same_writes_nothing(site, gitea):
    declare(site, DRIFT)
    site.run("run")
    before = [each for each in gitea.state.requests if each[0] != "GET"]
    site.run("run")
    assert [each for each in gitea.state.requests if each[0] != "GET"] == before


def test_a_copy_by_another_account_is_left(site, gitea):
    declare(site, DRIFT)
    site.run("run")
    (ours,) = gitea.state.issues.values()
    copy = {**ours, "number": 1, "id": 1, "user": {"id": 66, "login": "mallory"}}
    gitea.state.issues = {1: dict(copy), **gitea.state.issues}
    declare(site, "{}\n")
    site.run("run")
    assert gitea.state.issues[1] == copy
    assert ours["state"] == "closed"


def test_a_source_that_cannot_be_read_keeps_it_open(site, gitea, lab):
    declare(site, DRIFT)
    site.run("run")
    site.configure(
        site.source(lab),
        site.source(lab, name="other", hosts="127.0.0.1:1"),
        more=f"gitea: {{issue: {TITLE}}}\n",
    )
    declare(site, "{}\n")
    assert site.run("run") == 3
    (issue,) = gitea.state.issues.values()
    assert issue["state"] == "open"
    assert "- `other` could not be read" in issue["body"]


@pytest.mark.parametrize("fault", [401, 403, 404, 423, 500])
def test_a_gitea_that_refuses_is_one_warning(fault, site, gitea, capsys):
    declare(site, DRIFT)
    gitea.state.fault = lambda method, _path: fault if method == "POST" else None
    assert site.run("run") == 2
    (line,) = [each for each in capsys.readouterr().err.splitlines() if "cannot open an issue" in each]
    assert line.startswith("warning: ")


@pytest.mark.parametrize("field", ["body", "title"])
def test_what_a_person_changes_in_it_is_replaced(field, site, gitea):
    declare(site, DRIFT)
    site.run("run")
    (issue,) = gitea.state.issues.values()
    ours = dict(issue)
    first = ours["body"].partition("\n")[0]
    issue[field] = f"{first}\nAll is well." if field == "body" else "All is well"
    site.run("run")
    assert issue["title"] == TITLE
    assert "`pve/guest/113`" in issue["body"]
