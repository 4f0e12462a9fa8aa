// The history: one run, by its id in the address: /history#run=ID.
"use strict";

reconciler.screen("history", (main) => {
  const { element, read, filters, named, resourcePage, time, clock } = reconciler;
  const panel = main.querySelector("[data-chosen]");
  const heading = panel.querySelector("h2");
  const content = panel.querySelector("[data-content]");
  const lists = { new: "New", reopened: "Came back", changed: "Changed", resolved: "Resolved", unverified: "Could not be verified" };
  const stands = new Set(["new", "reopened", "changed", "unverified"]);
  const looks = { in_sync: "good", drifted: "warning", incomplete: "error" };
  const shown = (value) => (value === null || value === undefined ? "none" : typeof value === "string" ? value : JSON.stringify(value));
  const acts = (who) => (who ?? []).slice(0, 1).map((act) => element("span", { class: "quiet" }, ` ${act.account} (${act.what})`));

  /** The addresses of resources that there are now, by key; none where the index cannot be read. */
  const pages = async () => {
    try {
      return new Map((await reconciler.resources()).map((row) => [row.key, resourcePage(row.link)]));
    } catch {
      return new Map();
    }
  };

  const finding = (each, name, known) => element("li", {},
    named(each.name ? `${each.name} (${each.key})` : each.key, known.get(each.key)), ": ",
    stands.has(name) ? element("a", { href: `/drift#finding=${encodeURIComponent(each.id)}` }, each.title) : each.title, ...acts(each.who));

  const event = (each, known) => element("li", {},
    named(each.name ? `${each.name} (${each.key})` : each.key, known.get(each.key)), ` ${each.what.replaceAll("-", " ")}`,
    each.path ? ` ${each.path.slice(1)} ${shown(each.old)} → ${shown(each.new)}` : "",
    each.count > 1 ? `, and ${each.count - 1} more` : "", ...acts(each.who));

  const section = (title, items, more) => [
    element("h3", {}, title),
    element("ul", { class: "plain" }, ...items, more > 0 ? element("li", { class: "quiet" }, `and ${more} more`) : null),
  ];

  const changed = (run, known) => [
    ...(run.source_changes ?? []).map((each) => element("p", {}, `${each.source}: ${each.before} → ${each.now}${each.problem?.what ? `, ${each.problem.what}` : ""}`)),
    ...Object.entries(lists).flatMap(([name, title]) => {
      const found = run[name];
      return found?.count ? section(`${title}: ${found.count}`, found.findings.map((each) => finding(each, name, known)), found.count - found.findings.length) : [];
    }),
    ...(run.event_count ? section(`Changes that opened no finding: ${run.event_count}`, run.events.map((each) => event(each, known)), run.event_count - run.events.length) : []),
  ];

  const line = (verdict, at, sources, seconds) => element("p", {},
    element("strong", { class: looks[verdict] }, verdict.replace("_", " ")), " · read ", time(at, {}),
    ` · ${Object.entries(sources).map(([name, state]) => (state === "complete" ? name : `${name} ${state}`)).join(", ")}`,
    typeof seconds === "number" ? ` · took ${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s` : "");

  const of = async (id) => {
    const { data } = await read("/v1/history");
    const row = data.runs.find((each) => each.id === id);
    const route = `/v1/history/${id}`;
    if (row && !row.link) return [line(row.verdict, row.at, row.sources, row.seconds), element("p", {}, "It changed nothing that is kept.")];
    if (!row && !document.getElementById(`run=${id}`)) return [element("p", {}, "Nothing is known of it any more: runs are kept for 32 days, those that changed something longer.")];
    const { data: run } = await read(route);
    return [line(run.verdict, run.collected_at, run.sources, row?.seconds), element("p", {}, run.headline),
      ...changed(run, await pages()), element("p", { class: "quiet" }, element("a", { href: route }, "the document"))];
  };

  let latest = "";
  const show = async () => {
    const id = filters.read().run ?? "";
    latest = id;
    for (const each of main.querySelectorAll(".history-runs li")) each.toggleAttribute("data-current", each.id === `run=${id}`);
    panel.hidden = !id;
    if (!id) return;
    heading.textContent = reconciler.visible(`Run ${id}`);
    let made;
    try {
      made = /^[0-9A-Za-z-]+$/.test(id) ? await of(id) : [element("p", {}, "No run has such an id.")];
    } catch (error) {
      made = [element("p", { class: "error", role: "alert" }, error.message)];
    }
    if (latest !== id) return;
    content.replaceChildren(...made);
    heading.scrollIntoView({ block: "nearest" });
  };

  addEventListener("hashchange", show);
  return show();
});
