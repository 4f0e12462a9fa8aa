"""Everything that a release holds: the documents, then the pages."""

from collections.abc import Iterator

from reconciler.publish.documents.form import PublishedFile
from reconciler.publish.documents.table import document_files
from reconciler.publish.view import View


def files_of(view: View) -> Iterator[PublishedFile]:
    """Yield every file of a release, folder by folder; one that cannot be made is a problem of its own."""
    from reconciler.publish.pages.render import page_files

    yield from document_files(view)
    yield from page_files(view)
