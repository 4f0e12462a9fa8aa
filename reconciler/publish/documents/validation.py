"""Whether a published file is as its document's model states: before a release is served, and afterwards.

A file is found in the table by its path. Keys that no model names are allowed: a later version may add some.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache

from pydantic import BaseModel, TypeAdapter, ValidationError

from reconciler.errors import Problem
from reconciler.publish.documents.form import AnyDocument, Text, path_of
from reconciler.publish.documents.table import DOCUMENTS
from reconciler.yamlfile.validation import first_error

_REMEDY = "publish again; if it stays, report it"
_VARIABLE = re.compile(r"\\\{\w+\\\}")


def problems_of(path: str, data: bytes) -> Sequence[Problem]:
    """Return why a file of a release, named by its path below it, is not a document of ours; none if it is.

    Files outside `v1/` are pages and what belongs to them: they have no model.
    """
    if not path.startswith("v1/"):
        return ()
    document = document_of(path)
    if document is None:
        return (Problem(path, "is not the file of a document", "remove it, or publish again"),)
    if isinstance(document, Text):
        return ()
    try:
        adapter(document.body_model).validate_json(data, extra="ignore")
    except ValidationError as error:
        return (Problem(path, f"does not match its schema: {first_error(error)}", _REMEDY),)
    return ()


def document_of(path: str) -> AnyDocument | None:
    """Return the line of the table that a file belongs to; None for a file of no document."""
    exact, patterns = _paths()
    return exact.get(path) or next((each for matches, each in patterns if matches(path)), None)


@cache
def adapter(model: type[BaseModel]) -> TypeAdapter[BaseModel]:
    """Return the validator of a model, made once."""
    return TypeAdapter(model)


@cache
def _paths() -> tuple[dict[str, AnyDocument], list[tuple[Callable[[str], object], AnyDocument]]]:
    """Return the documents by path, and those whose paths have variables."""
    exact: dict[str, AnyDocument] = {}
    patterns: list[tuple[Callable[[str], object], AnyDocument]] = []
    for document in DOCUMENTS:
        path = path_of(document.route)
        if "{" in path:
            pattern = _VARIABLE.sub("[^/]+", re.escape(path))
            patterns.append((re.compile(pattern).fullmatch, document))
        else:
            exact[path] = document
    return exact, patterns
