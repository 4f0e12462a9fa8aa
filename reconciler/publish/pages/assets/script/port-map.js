// Port map: show one path, all names behind a port, or the names that contain a text.
reconciler.screen("port-map", (main) => {
  const form = main.querySelector("[data-filters]");
  if (!form) return;
  const { element, read, filters } = reconciler;
  const MOST = 300;
  const [TALL, ROW, HEAD, HALF] = [600, 28, 26, 11];
  const status = main.querySelector(".port-map-status");
  const list = main.querySelector(".port-map-list");
  const body = list.querySelector("tbody");
  const more = list.querySelector(".port-map-more");
  const broken = main.querySelector(".port-map-broken");
  const titles = [...list.querySelectorAll("thead th")].map((each) => each.textContent);
  const total = Number(list.dataset.total);
  const sections = [...main.querySelectorAll(".port-map-section")].map((section) => ({ section, open: section.open }));
  const shapes = [...main.querySelectorAll(".port-map-picture [data-p]")]
    .map((shape) => ({ shape, routes: shape.dataset.p.split(" "), line: shape.getAttribute("d"),
      top: Number(shape.querySelector("rect")?.getAttribute("y")) }));
  const columns = { entry: 0, target: 1, host: 2, bridge: 3, interface: 3, nic: 4, "switch-port": 5, wlan: 5 };

  const anchor = (name, value) => `#${name}=${encodeURIComponent(value)}`;
  const filterOf = (link) => link.slice(1).split("=").map(decodeURIComponent).join("=");

  /** A row of the page: its text, and the filters that its links stand for. */
  const listed = (row) => ({
    row,
    number: row.dataset.p,
    entry: row.dataset.entry,
    name: row.querySelector("th a").textContent,
    text: row.textContent.toLowerCase(),
    filters: new Set([...row.querySelectorAll('a[href^="#"]')].map((link) => filterOf(link.getAttribute("href")))),
  });

  const reverse = (edge) => edge.step === "switch-port"
    ? anchor("port", edge.hop.split("/").slice(2).join("/")) : anchor("hop", edge.hop);

  /** A path of the document, as such a row; the row itself is made when it is shown. */
  const unlisted = (path) => ({
    path,
    entry: path.entry,
    name: path.name,
    text: [path.name, path.entry, ...path.edges.map((edge) => edge.hop ?? edge.reason ?? "")].join(" ").toLowerCase(),
    filters: new Set([anchor("name", path.name), ...path.edges.filter((edge) => edge.hop).map(reverse)].map(filterOf)),
  });

  const step = (edge) => element("div", { class: "port-map-step" }, edge.hop === null
    ? element("span", { class: "error" }, edge.reason ?? "unknown")
    : element("a", { href: reverse(edge) }, edge.hop.split("/").slice(-1)[0] + (edge.vlan ? ` VLAN ${edge.vlan}` : "")));

  const made = ({ path }) => element("tr", { class: path.complete ? false : "is-broken" },
    element("th", { scope: "row" }, element("a", { href: anchor("name", path.name) }, path.name),
      path.enabled ? null : element("span", { class: "quiet" }, " (disabled)")),
    ...titles.slice(1).map((title, column) => element("td", { "data-label": title },
      ...path.edges.filter((edge) => columns[edge.step] === column).map(step))));

  let items = [...body.rows].map(listed);
  let reading = items.length >= total ? Promise.resolve() : null;

  /** Add the paths that the page does not list, once. */
  const readAll = () => (reading ??= read("/v1/portmap/joined").then(({ data }) => {
    const known = new Set(items.map((item) => `${item.name}\n${item.entry}`));
    items = items.concat(data.paths.map(unlisted).filter((item) => !known.has(`${item.name}\n${item.entry}`)));
  }));

  const matches = (item, wanted) => (!wanted.q || item.text.includes(wanted.q.toLowerCase()))
    && ["name", "port", "hop"].every((name) => !wanted[name] || item.filters.has(`${name}=${wanted[name]}`));

  /** The text of what a filter stands for, as the picture or the table writes it. */
  const spoken = (wanted) => {
    const [name, value] = Object.entries(wanted).find(([each]) => each !== "q") ?? [];
    if (!name) return "";
    const shape = shapes.find((each) => each.shape.dataset.link === anchor(name, value))?.shape;
    return shape ? shape.getAttribute("aria-label") : value;
  };

  const sentence = (wanted, count) => {
    const names = `${count} of ${total} names`;
    if (wanted.name) return count ? `The path of ${wanted.name}` : `No name ${wanted.name} is in the port map.`;
    if (wanted.port || wanted.hop) return `${names} lead through ${spoken(wanted)}`;
    return wanted.q ? `${names} contain “${wanted.q}”` : "";
  };

  /** Close up a tall picture around what is chosen; with nothing chosen it is as the page has it. */
  const closeUp = (picture, chosen) => {
    const [, , width, height] = picture.dataset.box.split(" ");
    const own = shapes.filter(({ shape }) => picture.contains(shape));
    const close = chosen && Number(height) > TALL;
    const tops = [...new Set(own.filter(({ shape }) => shape.tagName === "g" && shape.classList.contains("is-chosen"))
      .map(({ top }) => top))].sort((one, two) => one - two);
    const moved = new Map();
    tops.forEach((top, at) => moved.set(top, at ? moved.get(tops[at - 1]) + Math.min(top - tops[at - 1], ROW) : HEAD));
    const up = (top) => moved.get(top) ?? top;
    for (const { shape, top, line } of own) {
      shape.classList.toggle("is-out", close && !shape.classList.contains("is-chosen"));
      if (line) shape.setAttribute("d", close ? line.replace(/(\d+) (\d+)/g, (_, x, y) => `${x} ${up(y - HALF) + HALF}`) : line);
      else shape.setAttribute("transform", close ? `translate(0 ${up(top) - top})` : "");
    }
    const last = close && tops.length ? up(tops[tops.length - 1]) + 2 * HALF + 2 : height;
    picture.setAttribute("viewBox", `-1 0 ${width} ${last}`);
    picture.setAttribute("height", last);
  };

  const draw = (routes) => {
    for (const { shape, routes: own } of shapes) {
      const chosen = routes !== null && own.some((each) => routes.has(each));
      shape.classList.toggle("is-chosen", chosen);
      if (shape.tagName === "g") shape.setAttribute("aria-pressed", String(chosen));
    }
    for (const { section, open } of sections) {
      const own = section.querySelector(".is-chosen") !== null;
      const picture = section.querySelector(".port-map-picture");
      picture.classList.toggle("has-choice", routes !== null);
      closeUp(picture, routes !== null && own);
      section.hidden = routes !== null && !own;
      section.open = routes === null ? open : own;
    }
  };

  const show = async (wanted) => {
    const active = ["q", "name", "port", "hop"].some((name) => wanted[name]);
    if (active) await readAll();
    const found = active ? items.filter((item) => matches(item, wanted)) : items.filter((item) => item.number);
    const shown = new Set(found.slice(0, MOST));
    for (const item of items) {
      if (!item.row && shown.has(item)) item.row = body.appendChild(made(item));
      if (item.row) item.row.hidden = !shown.has(item);
    }
    draw(active ? new Set(found.map((item) => item.number)) : null);
    if (more) more.hidden = active;
    if (broken) broken.hidden = active;
    const rest = found.length > MOST ? ` (the first ${MOST} are listed)` : "";
    const undrawn = found.some((item) => !shapes.some(({ routes }) => routes.includes(item.number)));
    status.textContent = sentence(wanted, found.length) + (active ? rest : "")
      + (active && undrawn ? "; those without a picture are in the list below" : "");
  };

  const choose = (link) => {
    location.hash = location.hash === link ? "" : link;
  };

  /** The line next to a point, as lines are thin. */
  const lineAt = (event) => [0, -3, 3, -6, 6]
    .map((off) => document.elementFromPoint(event.clientX, event.clientY + off)?.closest(".port-map-line"))
    .find((line) => line);

  const chooseLine = (line) => {
    const routes = line.dataset.p.split(" ");
    const item = items.find((each) => each.number === routes[0]);
    if (routes.length === 1 && item) choose(item.row.querySelector("th a").getAttribute("href"));
    else draw(new Set(routes));
  };

  const corner = (box) => ["x", "y"].map((name) => Number(box.querySelector("rect").getAttribute(name)));

  /** The box next to one, in the direction of an arrow key. */
  const neighbour = (boxes, box, key) => {
    const [x, y] = corner(box);
    const ahead = boxes.filter((each) => {
      const [other, height] = corner(each);
      return { ArrowUp: other === x && height < y, ArrowDown: other === x && height > y,
        ArrowLeft: other < x, ArrowRight: other > x }[key];
    });
    const distance = (each) => {
      const [other, height] = corner(each);
      return Math.abs(other - x) * 100 + Math.abs(height - y);
    };
    return ahead.sort((one, two) => distance(one) - distance(two))[0];
  };

  for (const picture of main.querySelectorAll(".port-map-picture")) {
    const boxes = [...picture.querySelectorAll(".port-map-box")];
    picture.setAttribute("role", "group");
    picture.dataset.box = picture.getAttribute("viewBox");
    boxes.forEach((box, at) => {
      box.setAttribute("role", "button");
      box.setAttribute("tabindex", at ? "-1" : "0");
      box.setAttribute("aria-label", (box.querySelector("title") ?? box.querySelector("text")).textContent);
    });
    picture.addEventListener("click", (event) => {
      const box = event.target.closest(".port-map-box");
      if (box) choose(box.dataset.link);
      else if (lineAt(event)) chooseLine(lineAt(event));
    });
    picture.addEventListener("keydown", (event) => {
      const box = event.target.closest(".port-map-box");
      if (!box) return;
      if (event.key === "Enter" || event.key === " ") choose(box.dataset.link);
      else if (!event.key.startsWith("Arrow")) return;
      else {
        const next = neighbour(boxes, box, event.key);
        if (next) {
          box.setAttribute("tabindex", "-1");
          next.setAttribute("tabindex", "0");
          next.focus();
        }
      }
      event.preventDefault();
    });
  }

  let done;
  filters.bind(form, (wanted) => {
    done = show(wanted).catch((error) => status.replaceChildren(element("span", { class: "error" }, error.message)));
  });
  return done;
});
