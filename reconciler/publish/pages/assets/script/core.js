// What every page shares: times in the reader's zone, staleness by the reader's clock, documents, addresses.
"use strict";

const reconciler = (() => {
  const page = document.documentElement;
  const screens = new Map();

  /** Make an element; strings become text, so that nothing from a document is ever markup. */
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === false || value === null || value === undefined) continue;
      if (key === "onclick" || key === "oninput" || key === "onchange") made.addEventListener(key.slice(2), value);
      else made.setAttribute(key, value === true ? "" : String(value));
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  };

  /** Read a document of /v1; a failure is an Error whose message can be shown. */
  const read = async (route) => {
    if (!/^\/v1(\/|$)/.test(route)) throw new Error(`${route} is not a document`);
    const answer = await fetch(route, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${route} cannot be read: ${answer.status} ${answer.statusText}`);
    return answer.json();
  };

  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "long" });

  /** Say how long ago a moment was: "4 minutes ago". */
  const age = (text, now = Date.now()) => {
    const seconds = Math.round((Date.parse(text) - now) / 1000);
    const [unit, size] = units.find(([, each]) => Math.abs(seconds) >= each) ?? units[3];
    return relative.format(Math.trunc(seconds / size), unit);
  };

  /** A moment in the reader's zone, as 2026-11-25 12:53. */
  const clock = (text) => {
    const moment = new Date(text);
    if (Number.isNaN(moment.getTime())) return String(text);
    const two = (number) => String(number).padStart(2, "0");
    const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
    return `${day} ${two(moment.getHours())}:${two(moment.getMinutes())}`;
  };

  const showTimes = (root = document) => {
    for (const each of root.querySelectorAll("time[datetime]")) {
      each.title = `${clock(each.dateTime)} (${each.dateTime})`;
      each.textContent = "age" in each.dataset ? age(each.dateTime) : clock(each.dateTime);
    }
  };

  const showStaleness = () => {
    const staleAfter = Date.parse(page.dataset.staleAfter ?? "");
    if (Number.isNaN(staleAfter) || Date.now() > staleAfter) page.dataset.stale = "";
  };

  /** The filters in the address: /drift#severity=warning&kind=guest. */
  const filters = {
    read: () => Object.fromEntries(new URLSearchParams(location.hash.slice(1))),
    write: (values) => {
      const kept = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
      const text = new URLSearchParams(kept).toString();
      history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
    },
  };

  /** Say what a page does; called once when it is shown. */
  const screen = (name, show) => screens.set(name, show);

  document.addEventListener("DOMContentLoaded", async () => {
    showStaleness();
    showTimes();
    setInterval(() => { showStaleness(); showTimes(); }, 20000);
    const show = screens.get(document.body.dataset.screen);
    const main = document.getElementById("main");
    try {
      if (show) await show(main);
    } catch (error) {
      main.append(element("p", { class: "error", role: "alert" }, error.message));
    }
    showTimes();
  });

  return { element, read, age, clock, showTimes, filters, screen };
})();
