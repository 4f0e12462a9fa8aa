// The search in the head of every page: / goes there, arrows choose, Enter opens.
"use strict";

reconciler.search = () => {
  const { element, named, resourcePage } = reconciler;
  const most = 12;
  const list = element("ul", { role: "listbox", id: "search-results", "aria-label": "Resources", hidden: true });
  const input = element("input", {
    type: "search", role: "combobox", placeholder: "Search  /", "aria-label": "Search resources by name, key, address or tag",
    "aria-expanded": "false", "aria-controls": "search-results", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
  });
  const box = element("div", { class: "search" }, input, list);
  let shown = [];
  let chosen = -1;

  const rank = (row, wanted) => {
    const name = row.name.toLowerCase();
    if (row.id.toLowerCase() === wanted || name === wanted || row.key.toLowerCase() === wanted || row.addresses.includes(wanted)) return 0;
    return name.startsWith(wanted) || row.id.startsWith(wanted) ? 1 : name.includes(wanted) ? 2 : 3;
  };

  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const choose = (number) => {
    chosen = number;
    [...list.children].forEach((each, at) => each.setAttribute("aria-selected", String(at === number)));
    const item = list.children[number];
    if (item) {
      item.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", item.id);
    }
  };

  const openRow = (row) => {
    if (!row?.link) return;
    close();
    location.href = resourcePage(row.link);
  };

  const option = (row, number) => element(
    "li", { role: "option", id: `search-${number}`, "aria-selected": "false", onclick: () => openRow(row), onmousemove: () => { if (chosen !== number) choose(number); } },
    element("span", {}, row.name), element("span", { class: "quiet" }, [row.key, row.addresses[0], row.node].filter(Boolean).join(" · ")),
  );

  const show = async () => {
    const words = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return close();
    let note = null;
    try {
      const rows = (await reconciler.resources()).filter((row) => words.every((word) => row.text.includes(word)));
      if (words.join(" ") !== input.value.trim().toLowerCase().split(/\s+/).join(" ")) return undefined;
      shown = rows.map((row) => [rank(row, words.join(" ")), row]).sort(([one], [other]) => one - other).slice(0, most).map(([, row]) => row);
      if (rows.length > most) note = element("li", { class: "note", role: "presentation" }, named(`all ${rows.length} in the inventory`, `/inventory#${new URLSearchParams({ text: words.join(" ") })}`));
      else if (!rows.length) note = element("li", { class: "note", role: "presentation" }, "no resource has that");
    } catch (error) {
      shown = [];
      note = element("li", { class: "note error", role: "presentation" }, error.message);
    }
    list.replaceChildren(...shown.map(option), ...(note ? [note] : []));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    choose(shown.length ? 0 : -1);
    return undefined;
  };

  input.addEventListener("input", show);
  input.addEventListener("focus", () => { reconciler.resources().catch(() => {}); if (input.value) show(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { input.value = ""; close(); input.blur(); return; }
    if (list.hidden || !shown.length) return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) { event.preventDefault(); choose((chosen + steps[event.key] + shown.length) % shown.length); }
    else if (event.key === "Enter") { event.preventDefault(); openRow(shown[chosen]); }
  });
  box.addEventListener("focusout", (event) => { if (!box.contains(event.relatedTarget)) setTimeout(close, 150); });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
  return box;
};
