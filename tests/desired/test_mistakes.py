"""A mistake is one message, with its place, the unit and the fix; another spelling of the same is none."""

import json

import pytest

from reconciler.errors import DesiredStateError
from tests.casefiles import cases
from tests.desired.test_contradictions import loaded


@cases("mistakes")
def test_each_mistake_is_one_message(case):
    for each in (each for each in case["mistakes"] if "problem" in each):
        with pytest.raises(DesiredStateError) as caught:
            loaded({each["file"]: each["text"]})
        assert list(map(str, caught.value.problems)) == [f"wanted/{each['file']}:{each['problem']}"]


@cases("mistakes")
def test_another_spelling_is_none(case):
    for each in (each for each in case["mistakes"] if "is" in each):
        desired = loaded({each["file"]: each["text"]})
        found = {str(key): declared.fields for key, declared in desired.resources.items()}
        assert found == json.loads(each["is"])
