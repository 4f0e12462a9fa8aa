// A long list: only the rows on the screen are in the page, so that 10,000 are as quick as 100.
"use strict";

/**
 * Make a list of rows of one height, with columns that sort. `columns`: name, title, cell(row) as text or a node,
 * key(row) to sort by, wide (left out on a phone); `open(row)`: what Enter and a click on a row do.
 * Returns the element, and show(rows), which replaces the rows.
 */
reconciler.list = ({ label, columns, open, height = 32 }) => {
  const { element } = reconciler;
  const beyond = 8;
  const body = element("tbody");
  const above = spacer();
  const below = spacer();
  const head = element("tr", { "aria-rowindex": 1 });
  const table = element("table", { role: "grid", tabindex: 0, "aria-label": label, "aria-colcount": columns.length }, element("thead", {}, head), body);
  const box = element("div", { class: "window" }, table);
  let rows = [];
  let sorted = [];
  let order = { column: null, down: false };
  let active = -1;
  let drawn = { from: 0, to: 0 };
  let pending = 0;

  function spacer() {
    return element("tr", { class: "spacer", "aria-hidden": "true" }, element("td"));
  }

  for (const column of columns) {
    const button = element("button", { type: "button", onclick: () => sortBy(column) }, column.title);
    column.head = element("th", { scope: "col", class: column.wide ? "wide" : null, "data-column": column.name }, button);
    head.append(column.head);
  }

  const sortBy = (column) => {
    order = { column, down: order.column === column && !order.down };
    for (const each of columns) each.head.removeAttribute("aria-sort");
    column.head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
    arrange();
  };

  const arrange = () => {
    sorted = rows;
    if (order.column) {
      const keyed = rows.map((row) => [order.column.key(row), row]);
      const sign = order.down ? -1 : 1;
      keyed.sort(([one], [other]) => (one === other ? 0 : one === "" ? 1 : other === "" ? -1 : one < other ? -sign : sign));
      sorted = keyed.map(([, row]) => row);
    }
    active = -1;
    table.removeAttribute("aria-activedescendant");
    table.setAttribute("aria-rowcount", sorted.length + 1);
    box.scrollTop = 0;
    draw(true);
  };

  const line = (row, number) => {
    const made = element("tr", { id: `${label.replace(/\W+/g, "-")}-${number}`, "aria-rowindex": number + 2, "aria-selected": number === active ? "true" : null });
    for (const column of columns) {
      const cell = document.createElement("td");
      if (column.wide) cell.className = "wide";
      const shown = column.cell(row);
      if (shown instanceof Node) cell.append(shown);
      else if (shown) { cell.textContent = reconciler.visible(shown); cell.title = cell.textContent; }
      made.append(cell);
    }
    made.reconcilerRow = row;
    return made;
  };

  const draw = (afresh = false, range = null) => {
    const view = Math.max(box.clientHeight, innerHeight * 0.8);
    const from = range ? 0 : Math.max(0, Math.floor(box.scrollTop / height) - beyond);
    const to = Math.min(sorted.length, range ?? from + Math.ceil(view / height) + 2 * beyond);
    if (!afresh && from === drawn.from && to === drawn.to) return;
    drawn = { from, to };
    above.firstChild.style.height = `${from * height}px`;
    below.firstChild.style.height = `${range ? 0 : (sorted.length - to) * height}px`;
    body.replaceChildren(above, ...sorted.slice(from, to).map((row, number) => line(row, from + number)), below);
  };

  const move = (number) => {
    if (!sorted.length) return;
    active = Math.min(Math.max(number, 0), sorted.length - 1);
    const top = active * height;
    const room = box.clientHeight - 2 * height;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top > box.scrollTop + room) box.scrollTop = top - room;
    draw(true);
    table.setAttribute("aria-activedescendant", `${label.replace(/\W+/g, "-")}-${active}`);
  };

  table.addEventListener("keydown", (event) => {
    if (event.target !== table) return;
    const page = Math.max(1, Math.floor(box.clientHeight / height) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in steps) move(steps[event.key] === -Infinity ? 0 : active + steps[event.key]);
    else if (event.key === "Enter" && active >= 0) open(sorted[active]);
    else return;
    event.preventDefault();
  });
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr")?.reconcilerRow;
    if (row && !event.target.closest("a") && !String(getSelection())) open(row);
  });
  box.addEventListener("scroll", () => {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(() => draw());
  }, { passive: true });
  addEventListener("resize", () => draw());
  addEventListener("beforeprint", () => draw(true, 1000));
  addEventListener("afterprint", () => draw(true));

  return { box, show: (found) => { rows = found; arrange(); }, sortBy: (name) => { const column = columns.find((each) => each.name === name); if (column) sortBy(column); } };
};

/** A text to sort by as people count: net2 before net10. */
reconciler.natural = (text) => String(text ?? "").toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, "0"));
