// One resource: its verdict, findings, fields, addresses, its way out, what hangs on it, and its diary.
"use strict";

reconciler.screen("resource", (main) => {
  const { element, read, clock } = reconciler;
  const place = main.querySelector("[data-resource]");
  const heading = main.querySelector("h1");
  const words = { in_sync: "in sync", drifted: "drifted", missing: "missing", unmanaged: "unmanaged", unverified: "unverified" };
  const tone = { in_sync: "good", drifted: "warning", missing: "error", unmanaged: "info", unverified: "warning" };

  const link = (route) => `/resource#${route}`;
  const time = (text, dataset) => element("time", { datetime: text, ...dataset }, clock(text));
  const shown = (value) => {
    if (value === null || value === undefined) return element("span", { class: "quiet" }, "none");
    if (typeof value === "boolean") return value ? "yes" : "no";
    if (typeof value === "object") return element("code", {}, JSON.stringify(value));
    return String(value);
  };
  const panel = (id, title, ...content) => element("section", { class: "panel", id, "aria-labelledby": `${id}-title` },
    element("h2", { id: `${id}-title` }, title), ...content);
  const scroll = (label, table) => element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table);
  const named = (each) => element("li", {}, each.link ? element("a", { href: link(each.link) }, each.title) : each.title,
    " ", element("span", { class: "quiet" }, each.key));

  /** Rows of a nested value, each with its path: /nics/net0/tag. */
  const facts = (value, path = []) => {
    if (Array.isArray(value) && value.every((item) => item === null || typeof item !== "object")) {
      return [[path, value.length ? value.join(", ") : null]];
    }
    if (value !== null && typeof value === "object") {
      const inner = Object.entries(value);
      if (!inner.length) return [[path, null]];
      return inner.flatMap(([name, each]) => facts(each, [...path, name]));
    }
    return [[path, value]];
  };

  const copyable = (text) => {
    const button = element("button", { type: "button", class: "copy" }, "Copy");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(button.parentElement.querySelector("code"));
        button.textContent = "Selected";
      }
    });
    return element("p", { class: "resource-command" }, element("code", {}, text), button);
  };

  /** A command as a shell takes it. */
  const quoted = (words) => words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");

  const settled = (fix) => {
    if (!fix) return [];
    const effect = [fix.where ? `on ${fix.where}` : "", fix.effect, fix.right ? `needs ${fix.right}` : ""].filter(Boolean).join("; ");
    const text = fix.by_hand ?? fix.why_not;
    return [
      text ? element("p", {}, text) : null,
      ...fix.commands.map((words) => copyable(quoted(words))),
      fix.commands.length ? element("p", { class: "quiet" }, effect) : null,
    ].filter(Boolean);
  };

  const sides = (change, first, second) => element("table", { class: "resource-sides" },
    element("thead", {}, element("tr", {}, ...["Field", first, second].map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, element("tr", {}, element("td", {}, element("code", {}, change.path)),
      element("td", {}, shown(change[first.toLowerCase()])), element("td", {}, shown(change[second.toLowerCase()])))));

  const finding = (row) => {
    const item = element("li", { class: `resource-finding ${row.severity}` },
      element("p", {}, element("strong", {}, row.severity), " ", row.title, " ",
        element("a", { href: `/drift#finding=${encodeURIComponent(row.id)}` }, row.id)));
    if (row.change) item.append(sides(row.change, "Desired", "Live"));
    if (row.pending) item.append(sides(row.pending, "Configured", "Running"));
    item.append(element("p", { class: "quiet" }, "since ", time(row.reopened ?? row.first_seen, { "data-age": true }),
      row.moved && row.moved !== "never" ? ` · ${row.moved === "both" ? "both sides" : row.moved} moved` : "",
      row.declared_at ? " · declared in " : "",
      row.declared_at ? (row.links?.declared ? element("a", { href: row.links.declared }, row.declared_at) : element("code", {}, row.declared_at)) : "",
      row.ignored_by ? ` · silenced by ${row.ignored_by}` : ""));
    for (const act of row.who ?? []) {
      item.append(element("p", { class: "quiet" }, `${act.account}: ${act.what} at `, time(act.at)));
    }
    item.append(...settled(row.fix));
    return item;
  };

  const factsTable = (fields) => scroll("Fields", element("table", { class: "resource-facts" },
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Field"), element("th", { scope: "col" }, "Value"))),
    element("tbody", {}, ...facts(fields).map(([path, value]) => element("tr", {},
      element("th", { scope: "row" }, element("code", {}, path.join(" / "))), element("td", {}, shown(value)))))));

  const diary = (rows) => element("ol", { class: "resource-diary" }, ...rows.map((row) => element("li", {},
    time(row.at), " ", row.text, row.run ? element("a", { href: `/history#run=${row.run}`, class: "quiet" }, ` run ${row.run.slice(0, 16)}`) : "")));

  const show = async (route) => {
    place.replaceChildren();
    if (!route) {
      heading.textContent = "Resource";
      place.append(element("p", {}, "No resource is named. Choose one in the ", element("a", { href: "/inventory" }, "inventory"), "."));
      return;
    }
    const document_ = await read(route);
    const data = document_.data;
    if (data.moved_to) {
      place.append(element("p", {}, "It is known as ", element("a", { href: link(data.moved_to.link) }, data.moved_to.title ?? data.moved_to.key),
        " since ", time(data.moved_to.since ?? document_.changed_at), "."));
      return;
    }
    const title = data.title ?? data.id;
    heading.textContent = title;
    document.title = `${title} · ${document_.site}`;
    place.append(element("p", { class: "resource-line" },
      element("span", { class: `chip ${tone[data.verdict] ?? "quiet"}` }, words[data.verdict] ?? "inventory"), " ",
      data.fields?.health?.state ? element("span", { class: "chip" }, data.fields.health.state) : "", " ",
      element("code", {}, data.key), " ",
      data.changed_at ? element("span", { class: "quiet" }, "changed ", time(data.changed_at, { "data-age": true })) : "",
      data.as_of ? element("span", { class: "warning" }, " last read ", time(data.as_of, { "data-age": true })) : "", " ",
      element("a", { href: route }, "JSON"), " ", element("a", { href: document_.links.list }, "all of its kind")));
    const findings = data.findings ?? [];
    place.append(panel("findings", `Findings (${findings.length})`,
      findings.length ? element("ul", { class: "resource-findings" }, ...findings.map(finding)) : element("p", {}, "Nothing is wrong with it.")));
    const addresses = data.addresses ?? [];
    const names = data.portmap_names ?? [];
    if (addresses.length || names.length) {
      place.append(panel("way", "Addresses and names",
        addresses.length ? element("ul", { class: "columns" }, ...addresses.map((each) => {
          const address = each.address ?? each;
          return element("li", {}, element("a", { href: `/addresses#text=${encodeURIComponent(address)}` }, address));
        })) : null,
        names.length ? element("p", {}, "Names that lead to it or through it:") : null,
        names.length ? element("ul", { class: "columns" }, ...names.map((each) => {
          const name = each.name ?? each;
          return element("li", {}, element("a", { href: `/port-map#name=${encodeURIComponent(name)}` }, name));
        })) : null));
    }
    if (data.within?.length) place.append(panel("within", "It is on or in", element("ul", { class: "columns" }, ...data.within.map(named))));
    if (data.holds?.count) {
      place.append(panel("holds", `On or in it (${data.holds.count})`, element("ul", { class: "columns" }, ...data.holds.resources.map(named)),
        data.holds.count > data.holds.resources.length
          ? element("p", { class: "quiet" }, `and ${data.holds.count - data.holds.resources.length} more`) : null));
    }
    if (data.diary?.length) place.append(panel("diary", "Diary", diary(data.diary)));
    place.append(panel("fields", "Fields", data.fields ? factsTable(data.fields) : element("p", {}, "It is not live.")));
    reconciler.showTimes(place);
  };

  const fromAddress = async () => {
    try {
      await show(decodeURIComponent(location.hash.slice(1)));
    } catch (error) {
      heading.textContent = "Resource";
      place.replaceChildren(element("p", { class: "error", role: "alert" }, error.message));
    }
  };
  addEventListener("hashchange", fromAddress);
  return fromAddress();
});
