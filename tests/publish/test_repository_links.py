"""Links into the web pages of the repository."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reconciler.config.settings import PublishSettings
from reconciler.model.snapshot import Run
from reconciler.model.web_repository import WebRepository
from reconciler.publish.repository_links import NO_REPOSITORY, RepositoryLinks, links_of
from reconciler.publish.view import view
from tests.publish import site

ADDRESS = "https://gitea.lan/ops/site"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
GUESTS = "desired-state/pve/guest.yaml"
WEB = WebRepository(
    address=ADDRESS, branch="main", directory="desired-state", files={"pve/guest": (GUESTS, "other.yaml")}
)
LINKS = RepositoryLinks(WEB, COMMIT)


def test_links():
    assert LINKS.line(f"{GUESTS}:952") == f"{ADDRESS}/src/commit/{COMMIT}/{GUESTS}#L952"
    assert LINKS.history(f"{GUESTS}:952") == f"{ADDRESS}/commits/branch/main/{GUESTS}"
    assert LINKS.edit(GUESTS) == LINKS.edit(f"{GUESTS}:1") == f"{ADDRESS}/_edit/main/{GUESTS}"
    assert LINKS.edit_kind("pve", "guest") == f"{ADDRESS}/_edit/main/{GUESTS}"
    assert LINKS.edit_kind("site", "cable") == f"{ADDRESS}/_new/main/desired-state/site"


@pytest.mark.parametrize("where", [None, "", ":3", GUESTS, f"{GUESTS}:", f"{GUESTS}:x"])
def test_what_is_not_a_line_has_no_link(where):
    assert LINKS.line(where) is None


def test_uncommitted_edits_have_no_line_and_can_be_edited():
    links = RepositoryLinks(WEB, None)
    assert links.line(f"{GUESTS}:952") is None
    assert links.edit(f"{GUESTS}:952") is not None


def test_without_a_repository_there_are_no_links():
    each = (NO_REPOSITORY.line("a:1"), NO_REPOSITORY.history("a"), NO_REPOSITORY.edit("a"))
    assert (*each, NO_REPOSITORY.edit_kind("site", "cable")) == (None,) * 4


@given(st.text(min_size=1).filter(lambda text: text.strip("/")), st.integers(1, 10**6))
def test_a_path_stays_a_path(path, line):
    """No file name leaves its place in the link, and each comes back as it is."""
    link = LINKS.line(f"{path}:{line}")
    assert link is not None
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("https", "gitea.lan", "", f"L{line}")
    below = parts.path.removeprefix(f"/ops/site/src/commit/{COMMIT}/")
    assert unquote(below, errors="surrogatepass") == path
    assert not set(below) & set(" \"'<>\\^`{|}")


@pytest.mark.parametrize(
    "address",
    [
        "https://gitea.lan/ops/site",
        "http://10.0.0.5:3000/ops/site",
        "https://[fd00::1]:3000/ops/site",
        "https://lan.example/git/ops/my.site-1_x",
    ],
)
def test_addresses(address):
    for written in (address, f"{address}/", f"{address}.git"):
        assert PublishSettings(repository=written).repository == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "gitea.lan/ops/site",
        "https://gitea.lan",
        "https://gitea.lan/",
        "ssh://git@gitea.lan/ops/site",
        "git@gitea.lan:ops/site.git",
        "https://user:password@gitea.lan/ops/site",
        "https://gitea.lan/ops/site?token=x",
        "https://gitea.lan/ops/site#readme",
        "https://gitea.lan/ops/../site",
        "https://gitea.lan/ops/..",
        "https://gitea.lan/ops site",
        'https://gitea.lan/"onload="x',
        "javascript:alert(1)",
        "https://gitea.lan/ops/site\n",
    ],
)
def test_what_is_not_the_address_of_a_repository_is_an_error(address):
    with pytest.raises(ValidationError, match="web address of a repository"):
        PublishSettings(repository=address)


def test_a_recorded_address_that_cannot_be_linked_to_costs_only_the_links():
    row = site.run().model_copy(update={"repository": WEB}).model_dump(mode="json", exclude_none=True)
    assert Run.model_validate(row).repository == WEB
    for broken in ({**row["repository"], "address": "javascript:alert(1)"}, "x", None, {"address": ADDRESS}):
        assert links_of(Run.model_validate({**row, "repository": broken})).edit(GUESTS) is None


def test_findings_link_to_their_declaration():
    recorded = site.recorded()
    run = recorded.report.run.model_copy(update={"repository": WEB})
    report = recorded.report.model_copy(update={"run": run})
    rows = view(site.recorded(report=report), site.PLURALS).report["findings"]
    assert isinstance(rows, list)
    links = {row["key"]: row["links"] for row in rows}
    assert links["pve/guest/101"]["declared"] == f"{ADDRESS}/src/commit/{COMMIT}/pve/guest.yaml#L2"
    assert links["pve/guest/101"]["edit"] == f"{ADDRESS}/_edit/main/pve/guest.yaml"
    assert links["pve/guest/666"]["declared"] is None
