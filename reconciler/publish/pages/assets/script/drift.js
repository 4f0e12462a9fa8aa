// The drift page: filters over all blocks, the address of one finding, and what is beyond the first blocks.
"use strict";

reconciler.screen("drift", async (main) => {
  const { element, filters, named, resourcePage, time } = reconciler;
  const form = main.querySelector("[data-filters]");
  const severities = ["info", "warning", "error"];
  const blocks = [...main.querySelectorAll(".block")].map((box) => ({
    box,
    severity: box.dataset.severity,
    kind: box.dataset.kind,
    types: box.dataset.type.split(" "),
    moved: box.dataset.moved.split(" "),
    fresh: "new" in box.dataset,
    text: box.textContent.toLowerCase(),
  }));
  const own = new Set(main.querySelector("[data-own]").dataset.own.split(" "));
  const rest = main.querySelector("[data-rest]");
  const count = main.querySelector("[data-count]");
  const none = main.querySelector("[data-none]");

  const test = (values) => {
    const words = (values.text ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    return (each) => severities.indexOf(each.severity) >= severities.indexOf(values.severity || "info")
      && (!values.kind || each.kind === values.kind)
      && (!values.type || each.types.includes(values.type))
      && (!values.moved || each.moved.includes(values.moved))
      && (!values.new || each.fresh)
      && words.every((word) => each.text.includes(word));
  };

  const shownValue = (value) => (value === null || value === undefined ? "none" : typeof value === "string" ? value : JSON.stringify(value));
  const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);
  const pathOf = (finding) => finding.change?.path ?? finding.pending?.path ?? "";
  const what = (finding) => (finding.change && finding.type === "drifted"
    ? `${pathOf(finding) || "exists"} ${shownValue(finding.change.desired)} → ${shownValue(finding.change.live)}` : finding.title);

  let report = null;
  const read = async () => {
    report ??= (await reconciler.read("/v1/inventory/drift")).data;
    return report;
  };

  const cell = (look, value) => element("td", { class: `value ${look}` }, element("span", { class: "col", "aria-hidden": "true" }, look), value);
  const changes = (finding) => finding.change && element("table", { class: "changes with-running" },
    element("thead", {}, element("tr", {}, ...["field", "desired", "live", "running", "declared at"].map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, element("tr", {}, element("th", { scope: "row" }, finding.change.path || "exists"),
      cell("desired", shownValue(finding.change.desired)), cell("live", shownValue(finding.change.live)), cell("running", "running" in finding.change ? shownValue(finding.change.running) : ""),
      element("td", { class: "at" }, place(finding)))));
  const place = (finding) => {
    const where = finding.change?.declared_at ?? finding.declared_at;
    return where && element("span", { class: "place" }, named(where, finding.links.declared), " ", finding.links.edit ? named("edit", finding.links.edit) : null);
  };
  const copied = (label, text) => element("div", { class: "step" }, element("span", { class: "label" }, label),
    element("div", { class: "cmd" }, element("code", {}, text), element("button", { type: "button", class: "copy", "data-copy": text }, "copy")));
  const steps = (finding) => {
    const fix = finding.fix;
    const made = [];
    const command = (fix?.commands ?? []).map((words) => words.map(quoted).join(" ")).join(" &&\n");
    if (command) made.push(reconciler.visible(command.replaceAll("\n", " ")) === command.replaceAll("\n", " ") ? copied("set back", command) : copied("set back", `reconciler fix ${finding.id}`));
    for (const text of [fix?.by_hand, fix?.why_not]) if (text) made.push(element("p", { class: "what" }, text));
    if (!finding.ignored_by) made.push(copied("more", `reconciler drift ${finding.id} --verbose`));
    return made;
  };

  /** One finding as a block, for one that the page does not have itself. */
  const block = (finding, state) => element("article", { class: `block ${finding.severity}`, id: `finding=${finding.id}` },
    element("h2", {}, named(finding.key, resourcePage(finding.links.resource)), " ", finding.name && element("span", { class: "name" }, finding.name),
      state && element("span", { class: "tag" }, state), element("span", { class: "since" }, "since ", time(finding.first_seen))),
    element("p", { class: "what" }, what(finding), finding.change ? null : " ", finding.change ? null : place(finding)),
    changes(finding), ...steps(finding));

  const look = async (id) => {
    const found = await read();
    for (const [name, state] of [["findings", ""], ["unconfirmed", "unconfirmed"], ["resolved", "resolved"]]) {
      const finding = found[name].find((each) => each.id === id);
      if (finding) return block(finding, finding.ignored_by ? `silenced by ${finding.ignored_by}` : state || (finding.type === "unverified" ? "unverified" : ""));
    }
    return element("p", { class: "empty" }, `Finding ${id} is not in this run. `, named("Its life, where it is known", `/v1/findings/${encodeURIComponent(id)}`), ".");
  };

  const alone = element("div", { class: "alone", hidden: true });
  main.querySelector(".blocks").before(alone);

  /** Show one finding and hide the others. */
  const showOne = async (id) => {
    const owner = document.getElementById(`finding=${id}`)?.closest(".block");
    for (const each of blocks) each.box.hidden = each.box !== owner;
    if (rest) rest.hidden = true;
    none.hidden = true;
    alone.hidden = false;
    const all = element("p", {}, element("a", { href: "/drift" }, "Show all findings"));
    for (const each of main.querySelectorAll(".target")) each.classList.remove("target");
    alone.replaceChildren(all);
    count.textContent = ", one of them shown";
    if (owner) document.getElementById(`finding=${id}`).classList.add("target");
    else alone.append(await look(id));
  };

  let list = null;
  const showRest = async (passes) => {
    if (!rest) return 0;
    if (!list) {
      list = reconciler.list({
        label: "Further findings",
        open: (row) => { location.hash = `finding=${row.id}`; },
        columns: [
          { name: "severity", title: "severity", cell: (row) => element("span", { class: row.severity }, row.severity === "info" ? "note" : row.severity), key: (row) => String(2 - severities.indexOf(row.severity)) },
          { name: "resource", title: "resource", cell: (row) => named(row.title, `#finding=${row.id}`), key: (row) => reconciler.natural(row.title) },
          { name: "what", title: "what", cell: (row) => row.what, key: (row) => row.what },
          { name: "since", title: "since", cell: (row) => time(row.since), key: (row) => row.since, wide: true },
        ],
      });
      rest.append(list.box);
    }
    list.rows ??= (await read()).findings.filter((each) => !own.has(each.id) && !each.ignored_by && each.type !== "unverified").map((each) => {
      const row = {
        id: each.id, severity: each.severity, kind: each.key.split("/").slice(0, 2).join("/"), types: [each.type], moved: [each.moved],
        fresh: (each.reopened ?? each.first_seen) >= rest.dataset.rest, title: each.name ? `${each.key} ${each.name}` : each.key, what: what(each), since: each.reopened ?? each.first_seen,
      };
      row.text = `${row.title} ${row.what} ${each.type}`.toLowerCase();
      return row;
    });
    const found = list.rows.filter(passes);
    list.show(found);
    rest.hidden = found.length === 0;
    return found.length;
  };

  const apply = async (values) => {
    if (values.finding) return showOne(values.finding);
    alone.hidden = true;
    alone.replaceChildren();
    const passes = test(values);
    let shown = 0;
    for (const each of blocks) {
      each.box.hidden = !passes(each);
      shown += each.box.hidden ? 0 : 1;
    }
    const more = await showRest(passes);
    const filtered = Object.values(values).some(Boolean);
    count.textContent = filtered ? `, ${shown + more} shown` : "";
    none.hidden = shown + more > 0 || !blocks.length;
    return undefined;
  };
  filters.bind(form, (values) => apply(values).catch((error) => { alone.hidden = false; alone.replaceChildren(element("p", { class: "error", role: "alert" }, error.message)); }));
});
