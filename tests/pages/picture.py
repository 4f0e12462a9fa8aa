"""`python -m tests.pages.picture`: docs/overview.png, the overview of the demo's site with a day of runs."""

import tempfile
from pathlib import Path

from reconciler.publish.serve.server import ReleaseServer
from tests.pages import sites
from tests.pages.browser import chromium, visiting

PICTURE = Path(__file__).parents[2] / "docs" / "overview.png"
MOST = 200_000
"""Bytes: README shows it on its first screen."""


def main() -> int:
    """Make the picture; 1 when it is too large or the page is not as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "public"
        sites.publish_site(sites.shown("lab", Path(folder)), directory)
        with (
            ReleaseServer(directory) as server,
            chromium() as browser,
            visiting(browser, server.url, viewport={"width": 1080, "height": 720}) as visit,
        ):
            visit.open("/").screenshot(path=PICTURE)
    size = PICTURE.stat().st_size
    print(f"{PICTURE}: {size:,} bytes")
    return 1 if size > MOST or visit.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
