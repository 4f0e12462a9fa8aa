"""The comment on a pull request: exactly one, ours, edited only when its content changed."""

import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import html
from markdown_it import MarkdownIt

from reconciler.config.gitea import GiteaSettings
from reconciler.errors import Problem
from reconciler.gitea.client import Gitea
from reconciler.gitea.errors import GiteaError
from reconciler.gitea.marker import Marker, find_marker
from reconciler.gitea.place import HostedPlace
from reconciler.review.answer import NoLongerChecked, Review, ReviewedFinding, ReviewedSide
from reconciler.review.comment import on_lines, post, state_of, summary
from reconciler.review.markdown import MAX_BYTES
from tests.gitea.fake import Fake, serve

HEAD, LATER = "9d03e77" + "0" * 33, "aa11bb2" + "0" * 33
NOW = datetime(2026, 11, 25, 12, 57, tzinfo=UTC)


def finding(number: int = 113, severity: str = "warning", **changes: object) -> ReviewedFinding:
    values = {
        "id": f"{number:012x}",
        "key": f"pve/guest/{number}",
        "name": "db-01",
        "type": "drifted",
        "severity": severity,
        "title": "memory differs",
        "path": "/memory",
        "desired": 65536,
        "live": 32768,
    }
    return ReviewedFinding(**{**values, **changes})


def reviewed(**changes: object) -> Review:
    side = {"declared": 60, "fields": 412}
    values = {
        "site": "lan-main",
        "base": ReviewedSide(commit="4f2c1ab" + "0" * 33, **side),
        "head": ReviewedSide(commit=HEAD, **side),
        "merged": True,
        "checked": 412,
        "run_id": "20261125T125300Z-3fa9c1",
        "collected_at": NOW - timedelta(minutes=4),
        "stale_after": NOW + timedelta(minutes=26),
        "opens": (finding(),),
    }
    return Review(**{**values, **changes})


@pytest.fixture
def fake(tmp_path):
    with serve() as served:
        served.state.pull(41, HEAD)
        yield served


@pytest.fixture
def post_as(fake, tmp_path):
    def run(review: Review, token: str = "job-token"):
        with connect(fake, tmp_path, token) as gitea:
            return post(gitea, 41, review)

    return run


def connect(fake: Fake, root: Path, token: str) -> Gitea:
    return Gitea(
        HostedPlace(fake.server, "", "ops", "site"), token, GiteaSettings(timeout=timedelta(seconds=10)), root
    )


def bodies(fake):
    return [each["body"] for each in fake.state.of(41)]


def marker_of(body):
    found = find_marker(body)
    assert found is not None
    return found


def writes(fake):
    return [method for method, path in fake.state.requests if method != "GET" and "/comments" in path]


@pytest.mark.parametrize(
    ("token", "shows_user"), [("job-token", True), ("job-token", False), ("bot-token", True)]
)
def test_one_comment_that_is_found_again(token, shows_user, fake, post_as):
    """By the token of a workflow, which may or may not see its account, and by that of a person."""
    fake.state.shows_user = shows_user
    assert post_as(reviewed(), token).done == "commented"
    assert post_as(reviewed(), token).done == "the comment is as it was"
    assert post_as(reviewed(opens=()), token).done == "the comment was updated"
    (body,) = bodies(fake)
    assert "No effect on drift. 412 fields checked." in body
    assert marker_of(body).author == (-2 if token == "job-token" else 7)


def test_time_that_passes_is_no_new_content(fake, post_as):
    """A comment has no age: what it states is as true in a year."""
    for _ in range(3):
        post_as(reviewed())
    assert writes(fake) == ["POST"]
    assert (
        "Snapshot of 2026-11-25 12:53 UTC, complete; out of date from 2026-11-25 13:23 UTC."
        in bodies(fake)[0]
    )


@pytest.mark.parametrize("edit", ["replaced", "appended", "line ends"])
def test_what_a_person_changes_in_our_comment_is_replaced(edit, fake, post_as):
    post_as(reviewed())
    (comment,) = fake.state.of(41)
    ours = comment["body"]
    edits = {
        "replaced": ours.partition("\n")[0] + "\n### No effect on drift. All fine, merge it!",
        "appended": f"{ours}\nMerge it!",
        "line ends": ours.replace("\n", "\r\n"),
    }
    comment["body"] = edits[edit]
    done = post_as(reviewed()).done
    assert (done == "the comment is as it was") == (edit == "line ends")
    assert comment["body"].replace("\r\n", "\n") == ours


def test_other_comments_and_copies_of_ours_stay_as_they_are(fake, post_as):
    post_as(reviewed())
    (ours,) = bodies(fake)
    copies = [
        ours,
        ours.replace("author=-2", "author=66"),
        ours.replace("author=-2", "author=new"),
        f"> {ours}",
        "looks good",
        ours.replace("site=lan-main", "site=lan-other"),
    ]
    fake.state.comments.clear()
    for body in copies:
        fake.state.comment(41, body, "mallory")
    post_as(reviewed(opens=()))
    assert bodies(fake)[:-1] == copies
    assert len(bodies(fake)) == len(copies) + 1
    post_as(reviewed())
    assert len(bodies(fake)) == len(copies) + 1


def test_each_site_has_its_comment(fake, post_as):
    for _ in range(2):
        post_as(reviewed())
        post_as(reviewed(site="lan büro --> x"))
    assert [marker_of(body).site for body in bodies(fake)] == ["lan-main", "lan büro --> x"]


@pytest.mark.parametrize("reviewers", [2, 5])
def test_of_reviews_at_once_one_comment_survives(reviewers, fake, post_as):
    gate = threading.Barrier(reviewers)
    fake.state.before_comment = lambda: gate.wait(10)
    threads = [threading.Thread(target=post_as, args=(reviewed(),)) for _ in range(reviewers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(bodies(fake)) == 1
    assert "opens 1" in bodies(fake)[0]


def test_comments_that_two_reviews_left_become_one(fake, post_as):
    post_as(reviewed())
    (body,) = bodies(fake)
    fake.state.comment(41, body, "job")
    fake.state.comment(41, body, "job")
    post_as(reviewed())
    assert len(bodies(fake)) == 1
    assert min(fake.state.comments) == 101


def test_a_review_of_an_earlier_head_changes_nothing(fake, post_as):
    fake.state.pull(41, LATER)
    assert "newer commits" in post_as(reviewed()).done
    assert not fake.state.comments
    assert not fake.state.statuses


def test_a_fork_may_not_comment_and_that_is_a_warning(fake, post_as):
    posted = post_as(reviewed(), "fork-token")
    assert posted.done == "not commented: the token may not"
    assert len(posted.warnings) == 2
    assert all("403" in each and "write" in each for each in posted.warnings)


def test_a_token_without_a_scope_is_named(fake, post_as):
    posted = post_as(reviewed(), "narrow-token")
    assert any("read:user" in each for each in posted.warnings)
    assert not fake.state.comments


def test_a_status_that_is_refused_does_not_cost_the_comment(fake, post_as):
    fake.state.fault = lambda _method, path: 403 if "/statuses/" in path else None
    posted = post_as(reviewed())
    assert posted.done == "commented"
    assert len(posted.warnings) == 1


def test_a_conversation_that_is_locked_is_a_warning(fake, post_as):
    fake.state.fault = lambda method, path: 423 if method == "POST" and "/comments" in path else None
    posted = post_as(reviewed())
    assert posted.done == "not commented: the conversation is locked"
    assert len(posted.warnings) == 1


@pytest.mark.parametrize("status", [401, 404, 500, 503])
def test_a_gitea_that_does_not_answer_is_an_error(status, fake, post_as):
    fake.state.fault = lambda _method, _path: status
    with pytest.raises(GiteaError):
        post_as(reviewed())


STATES = {
    "nothing": (reviewed(opens=()), "success", "No effect on drift. 412 fields checked."),
    "opens": (reviewed(), "success", "opens 1, closes 0, changes 0, leaves 0"),
    "breaks": (
        reviewed(breaks=(finding(severity="error"),)),
        "warning",
        "opens 1, closes 0, changes 0, leaves 0, breaks 1",
    ),
    "silences the internet": (
        reviewed(opens=(), silences=(finding(lets_in="lets in tcp"),)),
        "warning",
        "opens 0, closes 0, changes 0, leaves 0, silences 1",
    ),
    "no snapshot": (
        reviewed(run_id=None, opens=(), collected_at=None, stale_after=None),
        "warning",
        "Not compared: nothing is recorded yet",
    ),
    "no longer checked": (
        reviewed(opens=(), no_longer_checked=NoLongerChecked(resources=61, fields=790)),
        "warning",
        "opens 0, closes 0, changes 0, leaves 0; no longer checked: 61 resources, 790 fields",
    ),
    "invalid": (
        reviewed(problems=(Problem(subject="a.yaml:3:1", what="is wrong", remedy="write it"),)),
        "failure",
        "the desired state is not valid: 1 problem",
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_the_status_of_the_head_is_the_gate(name, fake, post_as):
    review, state, description = STATES[name]
    post_as(review)
    (status,) = fake.state.statuses
    assert (status["sha"], status["context"], status["status"]) == (HEAD, "reconciler/review", state)
    assert status["description"].startswith(description)
    assert (state_of(review), summary(review)) == (state, status["description"])


def problems(count):
    return tuple(
        Problem(subject=f"desired-state/pve/guest.yaml:{at}:3", what=f"`x{at}` is unknown", remedy="drop it")
        for at in range(1, count + 1)
    )


def test_problems_are_commented_on_their_lines_once(fake, post_as):
    post_as(reviewed(problems=problems(2)))
    (review,) = fake.state.reviews
    assert (review["event"], review["commit_id"]) == ("COMMENT", HEAD)
    assert [(each["path"], each["new_position"]) for each in review["comments"]] == [
        ("desired-state/pve/guest.yaml", 1),
        ("desired-state/pve/guest.yaml", 2),
    ]
    post_as(reviewed(problems=problems(2)))
    assert len(fake.state.reviews) == 1
    post_as(reviewed(problems=problems(3)))
    assert [len(each["comments"]) for each in fake.state.reviews] == [2, 1]
    post_as(reviewed())
    assert len(fake.state.reviews) == 2
    assert len(bodies(fake)) == 1


def test_lines_that_cannot_be_commented_on_are_a_warning(fake, post_as):
    fake.state.fault = lambda _method, path: 422 if path.endswith("/reviews") else None
    posted = post_as(reviewed(problems=problems(1)))
    assert posted.done == "commented"
    assert len(posted.warnings) == 1
    assert "guest.yaml:1:3" in bodies(fake)[0]


@pytest.mark.parametrize("subject", ["desired-state", "a.yaml", "", "pve", "a\nb.yaml:3:1", "a.yaml:0:1"])
def test_a_problem_without_a_line_is_only_in_the_comment(subject):
    problem = Problem(subject=subject, what="is wrong", remedy="")
    assert not [*on_lines(reviewed(problems=(problem,)))]


HOSTILE = [
    "@everyone",
    "x\n### y",
    "`a` | b",
    "<img src=x>",
    "-->",
    "\u202eevil",
    "[x](http://x)",
    "a" * 5000,
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("valid", [True, False])
def test_no_name_leaves_its_place(valid, text, fake, post_as):
    """Nor the hidden marker: it is the first line, with nothing of the site's in it."""
    review = reviewed(opens=(finding(name=text, title=text, live=text), finding(path="", title=text)))
    invalid = reviewed(problems=(Problem(f"{text}:3:1", text, text),))
    post_as(review if valid else invalid)
    (body,) = bodies(fake)
    assert find_marker(body) is not None
    assert len(body.encode()) < MAX_BYTES + 1000
    assert "\u202e" not in body
    page = html.fragment_fromstring(MarkdownIt("gfm-like", {"linkify": False}).render(body), "div")
    assert not page.xpath(".//a | .//img | .//script | .//h1 | .//h2 | .//h4")
    assert len(page.xpath(".//h3")) == 1
    for source in re.split(r"`+[^`]*`+", body.partition("\n")[2]):
        assert not re.search(r"@|(?<!&)#|://|www\.", source.removeprefix("###"))


def test_ten_thousand_findings_fit_into_a_comment(fake, post_as):
    many = tuple(finding(100 + at, name="x" * 200) for at in range(10_000))
    post_as(reviewed(opens=many))
    (body,) = bodies(fake)
    assert len(body.encode()) < MAX_BYTES + 1000
    assert "opens 10000" in body


@pytest.mark.parametrize("kind", ["review", "issue"])
@pytest.mark.parametrize("author", [None, -2, 7])
@pytest.mark.parametrize("lines", [(), ("0" * 16,), tuple(f"{at:016x}" for at in range(60))])
@pytest.mark.parametrize("site", ["lan-main", "a b", "x -->", "ü" * 30])
def test_a_marker_is_read_as_it_was_written(kind, author, lines, site):
    marker = Marker(kind, site, author, "0123456789abcdef", HEAD, lines)
    assert find_marker(f"{marker}\ntext") == replace(marker, lines=lines[-40:])
