// What every page shares: times in the reader's zone, staleness by the reader's clock, documents, addresses.
"use strict";

const reconciler = (() => {
  const page = document.documentElement;
  const screens = new Map();

  /** All that is invisible or acts, as \uXXXX: names are chosen by whoever runs a guest. */
  const hidden = new RegExp("[" + [
    "\\u0000-\\u001f\\u007f-\\u009f\\u00ad", // controls, soft hyphen
    "\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2", // Arabic and Syriac format marks
    "\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u3164\\uffa0", // invisible joiners and fillers
    "\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb", // zero width, directions, separators
    "\\u{110bd}\\u{110cd}\\u{13430}-\\u{1343f}\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}",
    "\\ud800-\\udfff", // lone surrogates
  ].join("") + "]", "gu");
  const visible = (text) => String(text).replace(hidden, (each) => {
    const code = each.codePointAt(0);
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });

  /** Make an element; strings become visible text, so that nothing from a document is ever markup. */
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === false || value === null || value === undefined) continue;
      if (typeof value === "function") made.addEventListener(key.replace(/^on/, ""), value);
      else made.setAttribute(key, value === true ? "" : String(value));
    }
    for (const child of children.flat()) {
      if (child === null || child === undefined || child === false) continue;
      made.append(child instanceof Node ? child : visible(child));
    }
    return made;
  };

  const documents = new Map();

  /** Read a document of /v1; a failure is an Error whose message can be shown. */
  const read = (route) => {
    if (!/^\/v1(\/|$)/.test(route)) return Promise.reject(new Error(`${route} is not a document`));
    if (!documents.has(route)) {
      const found = fetched(route);
      documents.set(route, found);
      found.catch(() => documents.delete(route));
    }
    return documents.get(route);
  };

  const fetched = async (route) => {
    let answer;
    try {
      answer = await fetch(route, { headers: { Accept: "application/json" } });
    } catch {
      throw new Error(`${route} cannot be read: the web server does not answer`);
    }
    if (!answer.ok) throw new Error(`${route} cannot be read: ${answer.status} ${answer.statusText}`);
    try {
      return await answer.json();
    } catch {
      throw new Error(`${route} cannot be read: it is not JSON`);
    }
  };

  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "long" });

  /** How long ago a moment was: "4 minutes ago"; of the next and the last minute: "now". */
  const age = (text, now = Date.now()) => {
    const seconds = Math.round((Date.parse(text) - now) / 1000);
    if (Number.isNaN(seconds)) return String(text);
    if (Math.abs(seconds) < 60) return "just now";
    const [unit, size] = units.find(([name, each]) => Math.abs(seconds) >= each * (name === "day" ? 2 : 1));
    return relative.format(Math.trunc(seconds / size), unit);
  };

  const two = (number) => String(number).padStart(2, "0");

  /** A moment in the reader's zone, as 2026-11-25 12:53. */
  const clock = (text) => {
    const moment = new Date(text);
    if (Number.isNaN(moment.getTime())) return String(text);
    const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
    return `${day} ${two(moment.getHours())}:${two(moment.getMinutes())}`;
  };

  /** Of today, only the time of day. */
  const brief = (text) => {
    const shown = clock(text);
    return shown.slice(0, 10) === clock(new Date().toISOString()).slice(0, 10) ? shown.slice(11) : shown;
  };

  const showTimes = (root = document) => {
    for (const each of root.querySelectorAll("time[datetime]")) {
      each.title = `${clock(each.dateTime)} (${each.dateTime})`;
      const form = "age" in each.dataset ? age : each.dataset.clock === "time" ? brief : clock;
      const text = form(each.dateTime);
      if (each.textContent !== text) each.textContent = text;
    }
  };

  const showStaleness = () => {
    const staleAfter = Date.parse(page.dataset.staleAfter ?? "");
    if (Number.isNaN(staleAfter) || Date.now() > staleAfter) page.dataset.stale = "";
  };

  /** A moment as an element that follows the reader's clock. */
  const time = (text, attributes = { "data-age": true }) =>
    text ? element("time", { datetime: text, ...attributes }, "data-age" in attributes ? age(text) : clock(text)) : null;

  /** The filters in the address: /drift#severity=warning&kind=guest. */
  const filters = {
    read: () => Object.fromEntries(new URLSearchParams(location.hash.slice(1))),
    write: (values) => {
      const kept = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined && value !== false);
      const text = new URLSearchParams(kept).toString();
      history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
    },
    /** Keep a form and the address the same; `apply` gets the values whenever either changes. */
    bind: (form, apply) => {
      const settle = async (values) => {
        await apply(values);
        form.dataset.applied = location.hash;
      };
      const values = () => Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
      const fromAddress = () => {
        const wanted = filters.read();
        for (const field of form.elements) {
          if (!field.name) continue;
          const value = wanted[field.name] ?? "";
          if (field.type === "checkbox") field.checked = value === field.value;
          else {
            if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === value)) field.add(new Option(visible(value), value));
            field.value = value;
          }
        }
        settle({ ...wanted, ...values() });
      };
      let waiting = 0;
      const fromForm = () => {
        cancelAnimationFrame(waiting);
        waiting = requestAnimationFrame(() => { filters.write(values()); settle(values()); });
      };
      form.addEventListener("input", fromForm);
      form.addEventListener("reset", fromForm);
      form.addEventListener("submit", (event) => event.preventDefault());
      addEventListener("hashchange", fromAddress);
      fromAddress();
    },
  };

  const resourcePage = (link) => (link ? `/resource#${link}` : null);

  /** A link, or only the text where there is nothing to link to. */
  const named = (text, address) => (address ? element("a", { href: address }, text) : document.createTextNode(visible(text)));

  /** Put text on the clipboard; over plain HTTP, where browsers offer no clipboard, by a selection. */
  const copy = async (text) => {
    if (navigator.clipboard && isSecureContext) {
      try { return await navigator.clipboard.writeText(text); } catch { /* refused: by a selection */ }
    }
    const field = element("textarea", { readonly: true, class: "sr", "aria-hidden": "true", tabindex: "-1" });
    field.value = text;
    document.body.append(field);
    const before = document.activeElement;
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    before?.focus?.();
    if (!done) throw new Error("the browser refused");
    return undefined;
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const label = button.firstChild;
    try {
      await copy(button.dataset.copy);
      button.dataset.done = "";
      label.data = "copied";
    } catch {
      label.data = "select it";
    }
    setTimeout(() => { label.data = "copy"; delete button.dataset.done; }, 1500);
  });

  /** Say what a page does; called once when it is shown. */
  const screen = (name, show) => screens.set(name, show);

  const themes = ["system", "light", "dark"];
  const theme = () => {
    try { return themes.includes(localStorage.theme) ? localStorage.theme : "system"; } catch { return "system"; }
  };
  const showTheme = (chosen) => {
    if (chosen === "system") delete page.dataset.theme; else page.dataset.theme = chosen;
  };
  const themeButton = () => {
    const label = () => `Theme: ${theme()}`;
    const button = element("button", { type: "button", "aria-label": label(), title: label(), onclick: () => {
      const next = themes[(themes.indexOf(theme()) + 1) % themes.length];
      try { localStorage.theme = next; } catch { /* private window: for this page only */ }
      showTheme(next);
      button.title = `Theme: ${next}`;
      button.setAttribute("aria-label", button.title);
    } }, "◐");
    return button;
  };

  page.dataset.script = "";
  showTheme(theme());

  document.addEventListener("DOMContentLoaded", async () => {
    showStaleness();
    showTimes();
    setInterval(() => { showStaleness(); showTimes(); }, 15000);
    document.querySelector("[data-tools]")?.append(...(reconciler.search ? [reconciler.search()] : []), themeButton());
    for (const each of document.querySelectorAll("[data-zone]")) each.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const show = screens.get(document.body.dataset.screen);
    const main = document.getElementById("main");
    try {
      if (show) await show(main);
    } catch (error) {
      main.append(element("p", { class: "error", role: "alert" }, error.message));
    }
    showTimes();
    page.dataset.ready = "";
  });

  return { element, read, age, clock, brief, time, showTimes, showStaleness, filters, screen, visible, named, resourcePage, copy };
})();
