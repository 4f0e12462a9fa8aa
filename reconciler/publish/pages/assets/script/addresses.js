// Addresses: filter the table; rows and blocks beyond the page's come from the document.
reconciler.screen("addresses", (main) => {
  const form = main.querySelector("[data-filters]");
  const { element, read, filters } = reconciler;
  const MOST = 300;
  const status = main.querySelector(".addresses-status");
  const list = main.querySelector(".addresses-list");
  const body = list.querySelector("tbody");
  const more = list.querySelector(".addresses-more");
  const total = Number(list.dataset.total);
  const titles = [...list.querySelectorAll("thead th")].map((each) => each.textContent);
  const words = Object.fromEntries([...form.elements.state.options].map((each) => [each.value, each.textContent]));

  const listed = (row) => ({ row, ...row.dataset, text: row.textContent.toLowerCase() });

  const unlisted = (entry) => ({
    entry,
    address: entry.address,
    state: entry.state,
    network: entry.network ?? "",
    text: [entry.address, words[entry.state], ...entry.holders, entry.declared?.service ?? "", entry.network ?? ""]
      .join(" ").toLowerCase(),
  });

  const made = ({ entry }) => {
    const how = [...new Set(entry.evidence.map((each) => each.confidence))];
    const cells = [words[entry.state], entry.holders.join(", "), how.join(", "), entry.declared?.service ?? "",
      entry.network ?? ""];
    return element("tr", {}, element("th", { scope: "row" }, entry.address),
      ...cells.map((cell, at) => element("td", { "data-label": titles[at + 1] }, cell)));
  };

  let items = [...body.rows].map(listed);
  let reading = items.length >= total ? Promise.resolve() : null;

  /** Add the addresses that the page does not list, once. */
  const readAll = () => (reading ??= read("/v1/addresses").then(({ data }) => {
    const known = new Set(items.map((item) => item.address));
    items = items.concat(data.addresses.filter((entry) => !known.has(entry.address)).map(unlisted));
  }));

  const matches = (item, wanted) => (!wanted.q || item.text.includes(wanted.q.toLowerCase()))
    && ["address", "state", "network"].every((name) => !wanted[name] || item[name] === wanted[name]);

  const show = async (wanted) => {
    const active = ["q", "address", "state", "network"].some((name) => wanted[name]);
    if (active) await readAll();
    const found = active ? items.filter((item) => matches(item, wanted)) : items.filter((item) => !item.entry);
    const shown = new Set(found.slice(0, MOST));
    for (const item of items) {
      if (!item.row && shown.has(item)) item.row = body.appendChild(made(item));
      if (item.row) item.row.hidden = !shown.has(item);
    }
    if (more) more.hidden = active;
    const rest = found.length > MOST ? ` (the first ${MOST} are listed)` : "";
    status.textContent = active ? `${found.length} of ${total} addresses${rest}` : "";
    if (wanted.address || wanted.network) form.scrollIntoView();
  };

  const number = (address) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

  /** Draw a block that the page left out, as the page draws the others. */
  const draw = async (details) => {
    const [start, bits] = details.dataset.block.split("/");
    const first = number(start);
    const { addresses, subnets } = (await read("/v1/addresses")).data;
    const known = new Map(addresses.map((entry) => [entry.address, entry]));
    const inConflict = new Set(items.filter((item) => item.state === "conflict").map((item) => item.address));
    const pools = subnets.flatMap((each) => each.dhcp).filter((each) => !each.first.includes(":"))
      .map((each) => [number(each.first), number(each.last)]);
    const cells = Array.from({ length: 2 ** (32 - Number(bits)) }, (_, at) => {
      const address = [24, 16, 8, 0].map((shift) => Math.floor((first + at) / 2 ** shift) % 256).join(".");
      const entry = known.get(address);
      const inPool = pools.some(([low, high]) => low <= first + at && first + at <= high);
      const one = inConflict.has(address) ? "conflict" : entry && entry.state !== "dhcp" ? entry.state : inPool ? "dhcp" : "free";
      const title = `${[address, ...(entry?.holders ?? [])].join(" ")}: ${words[one] ?? one}`;
      const link = entry && element("a", { class: `addresses-cell is-${one}`, title,
        href: `#address=${encodeURIComponent(address)}` }, String((first + at) % 256));
      return link ? element("li", {}, link) : element("li", { class: `addresses-cell is-${one}`, title }, String((first + at) % 256));
    });
    details.querySelector("p").replaceWith(element("ol", { class: "addresses-grid", "aria-label": details.dataset.block }, ...cells));
    details.removeAttribute("data-block");
  };

  for (const details of main.querySelectorAll("details[data-block]")) {
    details.addEventListener("toggle", () => { if (details.open && details.dataset.block) draw(details); });
  }
  let done;
  filters.bind(form, (wanted) => {
    done = show(wanted).catch((error) => status.replaceChildren(element("span", { class: "error" }, error.message)));
  });
  return done;
});
