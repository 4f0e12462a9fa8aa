"""Each change of the desired state, and what its review tells."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler import files
from reconciler.cli.main import run
from reconciler.config.file import load_config
from reconciler.jobs.review import review
from reconciler.kinds import settings
from reconciler.model.progress import Silent
from reconciler.review.markdown import MAX_BYTES, to_markdown
from reconciler.review.text import to_text
from reconciler.text import counted

GUESTS = "desired-state/pve/guest.yaml"


def keys(findings):
    return [f"{each.key}{each.path}" for each in findings]


def replaced(old, new):
    def edit(text):
        assert old in text
        return text.replace(old, new, 1)

    return edit


def appended(more):
    return lambda text: f"{text}{more}"


def in_guest(identity, old, new):
    """An edit of one guest's block."""

    def edit(text):
        head, start, rest = text.partition(f"\n{identity}:\n")
        assert start
        block, blank, after = rest.partition("\n\n") if "\n\n" in rest else (rest, "", "")
        assert old in block
        return f"{head}{start}{block.replace(old, new, 1)}{blank}{after}"

    return edit


def test_a_change_of_nothing_has_no_effect(site):
    found = site.change({"README": "x"})
    assert (found.outcome, found.merged) == ("none", True)
    assert to_markdown(found).startswith("### No effect on drift. ")
    assert found.leaves
    assert found.incomplete == {"pve": "partial"}


def test_a_changed_field_opens_with_what_setting_it_does(site):
    found = site.change({GUESTS: in_guest(111, "memory: 8192", "memory: 65536")})
    assert keys(found.opens) == ["pve/guest/111/memory"]
    (one,) = found.opens
    assert (one.live, one.desired, one.fix.effect) == (8192, 65536, "waits")
    assert not found.closes
    assert not found.changes
    assert "takes effect after a stop and start" in to_text(found, found.collected_at)


def test_accepting_what_is_live_closes(site):
    found = site.change({GUESTS: in_guest(113, "memory: 32768", "memory: 16384")})
    assert keys(found.closes) == ["pve/guest/113/memory"]
    assert not found.opens
    assert "closes ✓" in to_markdown(found)


def test_another_wish_for_a_field_that_drifts_changes_its_finding(site):
    found = site.change({GUESTS: in_guest(113, "memory: 32768", "memory: 8192")})
    assert keys(found.changes) == ["pve/guest/113/memory"]
    (one,) = found.changes
    assert (one.before, one.live, one.desired) == (32768, 16384, 8192)


def test_what_the_snapshot_does_not_show_is_not_decidable(site):
    """Guests of a node that is offline: nothing about them is opened or closed."""
    unread = sorted(
        key for key, verdict in site.repository.report()["verdicts"].items() if verdict == "unverified"
    )
    guest = next(key.rpartition("/")[2] for key in unread if key.startswith("pve/guest/"))
    found = site.change({GUESTS: in_guest(guest, "memory: ", "balloon: 0\n  memory: ")})
    assert [str(each.key) for each in found.undecided] == [f"pve/guest/{guest}"]
    assert found.undecided[0].why
    assert not found.opens
    assert not found.closes
    addresses = "desired-state/site/address.yaml"
    gone = site.change(
        {
            GUESTS: lambda text: _without(text, guest),
            addresses: lambda text: "".join(
                line for line in text.splitlines(keepends=True) if f"pve/guest/{guest}" not in line
            ),
        }
    )
    assert f"pve/guest/{guest}" in [str(each.key) for each in gone.undecided]
    assert not any(guest in str(each.key) for each in gone.closes)


def _without(text, identity):
    head, _, rest = text.partition(f"\n{identity}:\n")
    lines = rest.split("\n")
    end = next((at for at, line in enumerate(lines) if line and not line.startswith((" ", "#"))), len(lines))
    return "\n".join([head, *lines[end:]])


def test_a_new_port_forward_says_what_it_opens(site):
    forward = (
        "\nwan:tcp:2222:\n  name: ssh\n  fwd: 192.168.11.115\n  fwd_port: ['22']\n  dst_port: ['2222']\n"
    )
    found = site.change({"desired-state/unifi/port-forward.yaml": appended(forward)})
    (one,) = found.opens
    assert (str(one.key), one.type) == ("unifi/port-forward/wan:tcp:2222", "missing")
    assert one.lets_in == "opens 192.168.11.115:22 to the internet"
    assert "**opens 192.168.11.115:22 to the internet**" in to_markdown(found)


def test_an_address_that_is_taken_breaks_a_rule_before_it_exists(site):
    guest = (
        "\n9001:\n  name: neu\n  type: lxc\n  node: r630-01\n"
        "  nics: {net0: {bridge: vmbr0, tag: 11, ip: 192.168.11.111/24}}\n"
    )
    found = site.change({GUESTS: appended(guest)})
    assert "pve/guest/9001" in keys(found.opens)
    assert any(each.type == "duplicate-ip" for each in (*found.breaks, *found.opens))


@pytest.mark.parametrize("left", ["", "115: {absent: true}\n"], ids=["no longer declared", "absent"])
def test_a_guest_that_public_names_lead_to_is_missed_once_it_is_gone(complete_site, left):
    addresses = "desired-state/site/address.yaml"
    found = complete_site.change(
        {
            GUESTS: lambda text: f"{_without(text, '115')}\n{left}",
            addresses: lambda text: "".join(
                line for line in text.splitlines(keepends=True) if "pve/guest/115" not in line
            ),
        }
    )
    broken = [str(each.key) for each in found.breaks if each.type == "target-unknown"]
    assert broken == ["npm/proxy-host/git.lan.example", "npm/stream/2222/tcp"]


def test_an_ignore_rule_silences(site):
    rule = "- target: pve/guest/113\n  reason: tested\n  expires: 2099-01-01\n"
    found = site.change({"config/ignore.yaml": rule})
    assert keys(found.silences) == ["pve/guest/113/memory"]
    assert not found.closes


INVALID = {
    "misspelt": ({GUESTS: appended("\n9001:\n  memroy: 5\n")}, "memroy"),
    "not YAML": ({GUESTS: "a: [\n"}, "pve/guest.yaml"),
    "a bomb": ({GUESTS: "a: &a [x]\nb: *a\n"}, "guest.yaml"),
    "a symbolic link": ({"desired-state/pve/evil.yaml": Path("/etc/passwd")}, "symbolic link"),
    "a name with a newline": ({"desired-state/pve/a\nb.yaml": "{}\n"}, "unprintable"),
    "a bad ignore rule": ({"config/ignore.yaml": "- target: pve/guest/113\n"}, "reason"),
}


@pytest.mark.parametrize("name", INVALID)
def test_what_is_not_valid_is_listed_and_nothing_else(site, name, capsys):
    edits, words = INVALID[name]
    found = site.change(edits)
    assert found.outcome == "invalid"
    assert words in " ".join(map(str, found.problems))
    assert not found.opens
    shown = to_markdown(found)
    assert shown.startswith("### The desired state is not valid: ")
    assert words.split()[0] in shown.replace("\\", "")
    assert run(["review", "--base", "main", "--head", "change"]) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_a_change_that_deletes_every_file_is_refused(site):
    edits = {str(path.relative_to(site.repository.root)): None for path in site.repository.yaml_files()}
    found = site.change(edits)
    assert found.outcome == "invalid"
    assert found.problems


def test_renamed_files_have_no_effect(site):
    text = (site.repository.root / GUESTS).read_text()
    found = site.change({GUESTS: None, "desired-state/pve/guest/all.yaml": text})
    assert found.outcome == "none"


def test_a_branch_behind_base_is_compared_as_merged(site):
    root = site.repository.root
    start = site.repository.git("rev-parse", "main")
    try:
        edited = in_guest(111, "memory: 8192", "memory: 4096")((root / GUESTS).read_text())
        site.repository.write(GUESTS, edited)
        site.repository.commit("moved on")
        found = site.change({GUESTS: in_guest(113, "memory: 32768", "memory: 16384")}, base=start)
        assert found.merged
        assert keys(found.closes) == ["pve/guest/113/memory"]
        assert not found.opens, "what base changed in between is not the branch's"
        conflict = site.change({GUESTS: in_guest(111, "memory: 8192", "memory: 2048")}, base=start)
        assert conflict.outcome == "invalid"
        assert "conflicts with base" in str(conflict.problems[0])
    finally:
        site.repository.git("reset", "--quiet", "--hard", start)


def test_nothing_of_the_change_is_checked_out_or_run(site):
    root = site.repository.root
    marker = root.parent / "ran"
    evil = f"touch {marker}; cat"
    site.repository.git("config", "filter.evil.smudge", evil)
    site.repository.git("config", "diff.evil.textconv", evil)
    attributes = "*.yaml merge=evil filter=evil diff=evil\n"
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*.yaml")}
    found = site.change(
        {".gitattributes": attributes, GUESTS: in_guest(113, "memory: 32768", "memory: 16384")}
    )
    assert keys(found.closes) == ["pve/guest/113/memory"]
    marker.unlink(missing_ok=True)  # this test itself checked the branch out
    config = load_config(Path("config/reconciler.yaml"), settings())
    assert keys(review(config, "main", "change", Silent()).closes) == ["pve/guest/113/memory"]
    assert not marker.exists()
    assert site.repository.git("status", "--porcelain") == ""
    assert before.keys() == set(root.rglob("*.yaml"))


def test_hostile_names_stay_in_their_cells(site):
    name = '"@everyone | [x](http://evil) `a` <img src=x>"'
    found = site.change({GUESTS: appended(f"\n9001:\n  name: {name}\n  type: qemu\n")})
    row = next(line for line in to_markdown(found).splitlines() if "9001" in line)
    assert "``@everyone \\| [x](http://evil) `a` <img src=x>``" in row


def test_ten_thousand_new_resources_make_a_short_comment(site):
    more = "".join(f"\n{100000 + number}:\n  name: n{number}\n  type: qemu\n" for number in range(3000))
    found = site.change({GUESTS: appended(more)})
    assert len(found.opens) == 3000
    comment = to_markdown(found)
    assert len(comment.encode()) <= MAX_BYTES
    assert "opens 3000" in comment
    assert "more" in comment


def test_before_the_first_run_only_the_files_are_checked(tmp_path, monkeypatch, site, capsys):
    copy = tmp_path / "clone"
    clone = [
        "git",
        "clone",
        "--quiet",
        "--branch",
        "main",
        "--single-branch",
        str(site.repository.root),
        str(copy),
    ]
    subprocess.run(clone, check=True)
    monkeypatch.chdir(copy)
    assert run(["review", "--base", "HEAD", "--head", "HEAD", "--format", "json"]) == 0
    answer = files.parse_json(capsys.readouterr().out)
    assert answer["run_id"] is None
    assert "nothing is recorded yet" in answer["notes"][0]


@pytest.mark.parametrize("which", ["--base", "--head"])
def test_a_name_that_leads_nowhere_is_one_line(site, which, capsys):
    names = {"--base": "main", "--head": "main", which: "no-such"}
    assert run(["review", *(word for pair in names.items() for word in pair)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: no-such: is neither a branch")


def test_an_old_snapshot_says_so(site):
    found = site.change({"README": "y"})
    late = found.stale_after + timedelta(hours=3)
    assert "out of date" in to_text(found, late)
    assert "not complete: pve partial" in to_text(found, late)


def test_the_command_writes_each_form(site, tmp_path, capsys):
    site.change({GUESTS: in_guest(113, "memory: 32768", "memory: 16384")})
    file = tmp_path / "effect.md"
    arguments = ["review", "--base", "main", "--head", "change", "--output", f"markdown:{file}"]
    assert run(arguments) == 0
    assert capsys.readouterr().out.startswith("This change opens 0, closes 1, changes 0, leaves ")
    assert file.read_text().startswith("### Drift if merged: opens 0 · closes 1 · changes 0 · leaves ")
    assert run([*arguments, "--output", "pdf:x"]) == 64


CONFIG = "config/reconciler.yaml"


def test_a_configuration_that_is_not_valid_is_a_problem_at_its_line(site):
    found = site.change({CONFIG: lambda text: f"{text}intervall: 15m\n"})
    assert found.outcome == "invalid"
    (problem,) = found.problems
    assert problem.subject.startswith(f"{CONFIG}:")
    assert "intervall" in problem.what


def test_a_configuration_that_is_removed_is_a_problem(site):
    (problem,) = site.change({CONFIG: None}).problems
    assert (problem.subject, problem.what) == (CONFIG, "is removed")


def test_a_secret_that_would_be_sent_elsewhere_is_named(site):
    found = site.change({CONFIG: replaced("hosts: ", "hosts: evil.example:8006 #")})
    shown = to_markdown(found)
    assert found.outcome == "none"
    assert f"{CONFIG} changes too; drift is shown by the configuration of base" in found.notes
    assert any("its secrets would be sent to evil.example:8006" in note for note in found.notes)
    assert "its secrets would be sent to evil" in shown


def test_a_configuration_that_stays_is_not_mentioned(site):
    assert site.change({GUESTS: in_guest(111, "memory: 8192", "memory: 65536")}).notes == ()


IGNORES = "config/ignore.yaml"
INTERNET = "\nwan:tcp:2222:\n  name: ssh\n  fwd: 192.168.11.115\n  fwd_port: ['22']\n  dst_port: ['2222']\n"


def silenced(target):
    return f"- target: {target}\n  reason: wip\n  expires: 2027-01-01\n"


def without_guest(identity):
    """Edits that take a guest out of the desired state, and what refers to it."""

    def addresses(text):
        lines = text.splitlines(keepends=True)
        return "".join(line for line in lines if f"pve/guest/{identity}" not in line)

    return {
        GUESTS: lambda text: _without(text, identity),
        "desired-state/site/address.yaml": addresses,
    }


@pytest.mark.parametrize("target", ["unifi/port-forward", "{source: unifi}"])
def test_a_change_cannot_hide_what_it_opens_behind_an_ignore_rule(target, site):
    change = {"desired-state/unifi/port-forward.yaml": appended(INTERNET), IGNORES: silenced(target)}
    found = site.change(change)
    assert keys(found.silences) == ["unifi/port-forward/wan:tcp:2222"]
    assert found.silences[0].lets_in is not None
    assert found.outcome == "effect"
    for shown in (to_markdown(found), to_text(found, found.collected_at)):
        assert "192.168.11.115:22" in shown


def test_declarations_that_a_change_removes_are_counted(site):
    found = site.change(without_guest("111"))
    assert not found.problems
    gone = found.no_longer_checked
    assert gone.resources >= 1
    assert gone.fields > 3
    assert found.outcome == "effect"
    for shown in (to_markdown(found), to_text(found, found.collected_at)):
        assert f"o longer checked: {counted(gone.resources, 'resource')}, {gone.fields} fields" in shown


def test_no_longer_exact_is_no_longer_checked(site):
    found = site.change({GUESTS: lambda text: text.replace("exact: true", "exact: false", 1)})
    assert found.no_longer_checked.exact > 0
    assert "no longer exact" in to_markdown(found)


@pytest.mark.parametrize(
    ("edits", "closed_by", "words"),
    [
        ({GUESTS: in_guest(113, "memory: 32768", "memory: 16384")}, "accepted", "accepted"),
        (without_guest("113"), "no_longer_declared", "no longer declared"),
    ],
)
def test_how_a_finding_closes_is_named(edits, closed_by, words, site):
    found = site.change(edits)
    one = next(each for each in found.closes if each.path == "/memory")
    assert one.closed_by == closed_by
    assert words in to_markdown(found)
    assert words in to_text(found, found.collected_at)


def test_only_fields_that_the_snapshot_shows_count_as_checked(site):
    found = site.change({"README": "x"})
    assert 0 < found.checked < found.head.fields
    assert to_markdown(found).startswith(f"### No effect on drift. {found.checked} of {found.head.fields} ")


def test_breaks_are_in_the_first_line_and_what_lets_in_comes_first(site):
    many = "".join(f"\n{9000 + at}:\n  name: n{at}\n  type: qemu\n" for at in range(60))
    found = site.change(
        {
            "desired-state/unifi/port-forward.yaml": appended(INTERNET),
            GUESTS: lambda text: in_guest(111, "memory: 8192", "memory: 999999")(f"{text}{many}"),
        }
    )
    assert found.breaks
    lines = to_markdown(found).splitlines()
    assert f"breaks {len(found.breaks)}" in lines[0]
    assert "to the internet**" in lines[4]


def test_a_changed_configuration_leaves_the_merge_as_it_is(site):
    found = site.change({CONFIG: lambda text: f"{text}\n# a comment\n", GUESTS: appended("\n")})
    assert found.merged
    assert any("changes too" in note for note in found.notes)
