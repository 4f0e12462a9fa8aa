"""The committed facts are those of the published schemas. Not collected where there are no schemas."""

import pytest

from tests.contracts import extract


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    folder = extract.beside()
    assert folder is not None
    return extract.extract(folder)


@pytest.mark.parametrize("name", extract.FILES)
def test_the_committed_file_is_what_the_schemas_give(texts, name):
    assert texts[name] == (extract.HERE / name).read_text(encoding="utf-8")


def test_check_finds_a_file_that_differs(texts, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(extract, "extract", lambda folder: texts)
    folder = str(extract.beside())
    assert extract.main([folder, "--check"]) == 0
    monkeypatch.setattr(extract, "HERE", tmp_path)
    assert extract.main([folder, "--check"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == len(extract.FILES)
