"""The file of ignore rules: what is wrong with it is told at once, by place."""

import pytest

from reconciler.drift.ignore import load
from reconciler.errors import ConfigError
from tests.casefiles import cases
from tests.drift import house

RULE = "- {target: {source: hall, kind: lamp, id: 1}, reason: x, expires: 2026-12-31}\n"


@cases("ignore")
def test_bad_file(case, tmp_path):
    file = tmp_path / "ignore.yaml"
    file.write_text(case["text"])
    with pytest.raises(ConfigError) as caught:
        load(file, house.KINDS)
    assert [str(problem).replace(str(file), "f") for problem in caught.value.problems] == case["problems"]


@pytest.mark.parametrize("text", ["", "# none\n", "[]\n"])
def test_no_rules(tmp_path, text):
    assert load(tmp_path / "ignore.yaml", house.KINDS) == ()
    (tmp_path / "ignore.yaml").write_text(text)
    assert load(tmp_path / "ignore.yaml", house.KINDS) == ()


def test_a_rule(tmp_path):
    file = tmp_path / "ignore.yaml"
    file.write_text("# first\n" + RULE)
    (ignore,) = load(file, house.KINDS)
    assert (ignore.where, ignore.about) == (f"{file}:2", "hall/lamp/1")


def test_a_link_is_refused(tmp_path):
    (tmp_path / "elsewhere").write_text(RULE)
    (tmp_path / "ignore.yaml").symlink_to("elsewhere")
    with pytest.raises(ConfigError, match="is a symbolic link"):
        load(tmp_path / "ignore.yaml", house.KINDS)
