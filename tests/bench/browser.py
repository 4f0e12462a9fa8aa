"""What people wait for in a browser: the overview's first paint, and a filter over the whole inventory."""

import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, Page

from reconciler.jobs.publish import view_of
from reconciler.model.recorded import Recorded
from reconciler.publish.serve.server import ReleaseServer
from tests.bench.measure import FULL, Ratio
from tests.pages.browser import chromium, until
from tests.pages.sites import publish_site, with_day

_LOADS = 9
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
_EMPTY = "<!doctype html>\n<title>Empty</title>\n<p>Empty\n<!--{}-->\n"
_FILTER = """async () => {
  const { rows, apply } = reconciler.filtering;
  const wanted = ["vm-", "7", "web", "x9", "192.168", "no such thing", "a", "node", "10"];
  const box = document.querySelector(".window");
  const calls = Math.ceil(10000 / rows.length);  // the clock has steps of 0.1 ms
  const took = (call) => {
    const times = [];
    for (let round = 0; round < 15; round += 1) for (const text of wanted) {
      const start = performance.now();
      for (let made = 0; made < calls; made += 1) call(text);
      times.push((performance.now() - start) / calls);
    }
    return times.sort((one, other) => one - other)[times.length >> 1];
  };
  return {
    bare: took((text) => rows.filter((row) => row.text.includes(text)).length),
    ours: took((text) => apply({ text })),
    painted: took((text) => { apply({ text }); return box.offsetHeight; }),
  };
}"""


def steps(recorded: Recorded, guests: int) -> Iterator[Ratio]:
    """The budgets in the browser, of a recorded site."""
    view = view_of(with_day(recorded))
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        public = Path(folder)
        publish_site(view, public, only_shared=True)
        overview = public / "current" / "index.html"
        (overview.parent / "empty.html").write_text(_EMPTY.format("x" * overview.stat().st_size))
        with ReleaseServer(public) as server:
            paints = {
                path: statistics.median(_paint(browser, f"{server.url}{path}") for _ in range(_LOADS))
                for path in ("/empty", "/")
            }
            yield Ratio(
                "overview: first paint", guests, paints["/"], paints["/empty"], 2, "an empty page", (FULL,)
            )
            filtered = _filtered(browser, f"{server.url}/inventory")
        for name, budget in (("ours", 3), ("painted", 3)):
            step = "inventory: filter" if name == "ours" else "inventory: filter, laid out"
            yield Ratio(step, guests, filtered[name], filtered["bare"], budget, "bare filter", (FULL,))


def _paint(browser: Browser, url: str) -> float:
    """Seconds until something is seen, in a window that has nothing cached."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(url, wait_until="load")
        until(page, f"{_PAINT} > 0")
        return float(page.evaluate(_PAINT)) / 1000
    finally:
        context.close()


def _filtered(browser: Browser, url: str) -> dict[str, float]:
    page: Page = browser.new_page()
    page.goto(url, wait_until="load")
    until(page, "document.documentElement.dataset.ready === ''")
    return {name: took / 1000 for name, took in page.evaluate(_FILTER).items()}


def main() -> int:
    """Print the budgets in the browser for a site of 10,000 guests; 1 when one is not met."""
    from tests.bench import cpu, io

    with tempfile.TemporaryDirectory() as folder:
        bench = cpu.Bench(*io.snapshot(Path(folder), FULL), FULL)
    found = list(steps(replace(cpu.undrifted_run(bench)), FULL))
    print("\n".join(each.line() for each in found))
    return 0 if all(each.met for each in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
