// The inventory: every resource in a list that filters and sorts, with its state in the address.
"use strict";

reconciler.screen("inventory", async (main) => {
  const { element, named, resourcePage, filters, natural } = reconciler;
  const form = main.querySelector("[data-filters]");
  const rows = await reconciler.resources();
  const words = { in_sync: "in sync", drifted: "drifted", missing: "missing", unmanaged: "not declared", unverified: "unverified" };
  const rank = ["missing", "drifted", "unverified", "unmanaged", "in_sync"];
  const looks = { missing: "error", drifted: "warning", unverified: "warning", unmanaged: "info", in_sync: "good" };
  const column = (name, title, cell, key, wide = false) => ({ name, title, cell, key, wide });
  const text = (name) => (row) => row[name] ?? "";
  const list = reconciler.list({
    label: "Resources",
    open: (row) => { if (row.link) location.href = resourcePage(row.link); },
    columns: [
      column("name", "name", (row) => named(row.name, resourcePage(row.link)), (row) => natural(row.name)),
      column("kind", "kind", (row) => `${row.source}/${row.kind}`, (row) => natural(`${row.source}/${row.kind}`)),
      column("id", "id", text("id"), (row) => natural(row.id), true),
      column("verdict", "verdict", (row) => (row.verdict ? element("span", { class: looks[row.verdict] }, words[row.verdict] ?? row.verdict) : "inventory"), (row) => (row.verdict ? String(rank.indexOf(row.verdict)) : "")),
      column("health", "health", text("health"), (row) => row.health ?? "", true),
      column("node", "node", text("node"), (row) => natural(row.node), true),
      column("address", "address", (row) => row.addresses.join(", "), (row) => natural(row.addresses[0]), true),
      column("tags", "tags", (row) => row.tags.join(", "), (row) => natural(row.tags.join(" ")), true),
      column("since", "drift since", (row) => (row.since ? reconciler.time(row.since) : ""), (row) => row.since ?? "", true),
    ],
  });
  const choices = { kind: (row) => `${row.source}/${row.kind}`, source: (row) => row.source, verdict: (row) => row.verdict ?? "inventory", node: (row) => row.node, tag: (row) => row.tags };
  for (const [name, value] of Object.entries(choices)) {
    const counts = new Map();
    for (const row of rows) for (const each of [value(row)].flat()) if (each) counts.set(each, (counts.get(each) ?? 0) + 1);
    const order = [...counts.keys()].sort((one, other) => (natural(one) < natural(other) ? -1 : 1));
    form.elements[name].append(...order.map((each) => element("option", { value: each }, `${name === "verdict" ? words[each] ?? each : each} (${counts.get(each)})`)));
    form.elements[name].closest("label").hidden = !order.length;
  }
  main.querySelector("[data-list]").replaceChildren(list.box);
  const count = main.querySelector("[data-count]");
  const none = main.querySelector("[data-none]");

  /** The rows that values of the filters leave. */
  const chosen = (values) => {
    const wanted = (values.text ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const tests = Object.entries(choices).filter(([name]) => values[name]);
    if (!wanted.length && !tests.length) return rows;
    return rows.filter((row) => wanted.every((word) => row.text.includes(word)) && tests.every(([name, value]) => {
      const each = value(row);
      return Array.isArray(each) ? each.includes(values[name]) : each === values[name];
    }));
  };

  const apply = (values) => {
    const found = chosen(values);
    list.show(found);
    count.textContent = found.length === rows.length ? `${rows.length} resources` : `${found.length} of ${rows.length} resources`;
    none.hidden = found.length > 0;
  };
  filters.bind(form, apply);
  reconciler.filtering = { rows, apply };
});
