/* What the page can do beyond being read. Texts of agents only ever become text nodes. */

const root = document.documentElement;
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/** An element with attributes and children; strings become text. */
function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function icon(status) {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawn.setAttribute("class", `icon ${status}`);
  drawn.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${status}`);
  drawn.append(use);
  return drawn;
}

/* Theme: the system's, until somebody chooses. */
function theme() {
  const button = find("#theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("agentchaos-theme", root.dataset.theme); } catch { /* then for this visit */ }
    show();
  });
  system.addEventListener("change", show);
  show();
}

/* Copying a command. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make("textarea", { class: "vh" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function copying() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    const done = await copied(find("pre", button.parentElement).textContent);
    button.textContent = done ? "Copied" : "Select and copy by hand";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
    button.focus();
  });
}

/* The section that is being read, in the navigation. */
function reading() {
  const links = new Map(all(".sections a").map((link) => [link.hash.slice(1), link]));
  if (!links.size) return;
  const seen = new Set();
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) seen[entry.isIntersecting ? "add" : "delete"](entry.target.id);
    const current = [...links.keys()].find((id) => seen.has(id));
    for (const [id, link] of links) {
      if (id === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "-96px 0px -50% 0px" });
  for (const id of links.keys()) { const one = document.getElementById(id); if (one) watcher.observe(one); }
}

/* Printing: what is closed on the screen is read on paper. */
function printing() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details:not([open]):not(.trial)");
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of opened) one.open = false; });
}

/* Heat maps: one at a time, arrow keys walk over the cells, a chosen cell filters the table. */
function heatMaps(filter) {
  const maps = all(".map");
  for (const button of all(".switch button")) {
    button.addEventListener("click", () => {
      for (const other of all(".switch button")) other.setAttribute("aria-pressed", String(other === button));
      for (const map of maps) map.hidden = map.id !== button.dataset.map;
    });
  }
  maps.forEach((map, at) => { map.hidden = at > 0; heatMap(map, filter); });
}

function heatMap(map, filter) {
  const readout = find(".readout", map);
  const rowName = (cell) => find("th > span", cell.closest("tr")).textContent;
  const columnName = (cell) => cell.closest("table").tHead.rows[0].cells[1 + Number(cell.dataset.c)].textContent;
  const tell = (cell) => {
    readout.replaceChildren(
      make("b", {}, `${rowName(cell)} × ${columnName(cell)}`), ": ", find(".vh", cell).textContent.trim());
  };
  for (const table of all("table", map)) {
    const cells = all("td a", table);
    cells.forEach((cell, at) => { cell.tabIndex = at ? -1 : 0; });
    table.addEventListener("keydown", (event) => {
      const cell = event.target.closest("td a");
      const next = cell && neighbour(cell, event.key);
      if (!next) return;
      event.preventDefault();
      cell.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
  }
  for (const name of ["pointerover", "focusin"]) {
    map.addEventListener(name, (event) => { const cell = event.target.closest("td a"); if (cell) tell(cell); });
  }
  map.addEventListener("click", (event) => {
    const cell = event.target.closest("td a");
    if (!cell || !filter || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    filter({ [map.dataset.rows]: rowName(cell), [map.dataset.columns]: columnName(cell) });
  });
}

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** The next cell in this direction that was run. */
function neighbour(cell, key) {
  const rows = [...cell.closest("tbody").rows];
  let row = rows.indexOf(cell.closest("tr"));
  let column = cell.closest("td").cellIndex;
  if (key === "Home" || key === "End") return all("td a", rows[row]).at(key === "Home" ? 0 : -1);
  if (!STEPS[key]) return null;
  const [down, right] = STEPS[key];
  for (;;) {
    row += down;
    column += right;
    const place = rows[row]?.cells[column];
    if (!place) return null;
    const found = find("a", place);
    if (found) return found;
  }
}

/* Where an address leads: filters, a timeline, a trial. */
let table = null;
function follow(hash) {
  const told = hash.slice(1);
  if (told.startsWith("trials?")) {
    table?.read(told.slice("trials?".length));
    find("#trials")?.scrollIntoView();
    return;
  }
  let id = told.split("/")[0];
  try { id = decodeURIComponent(id); } catch { /* then as it stands */ }
  const aim = document.getElementById(id);
  for (let one = aim; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
  if (aim && id.startsWith("trial-")) {
    for (const other of all(".aimed")) other.classList.remove("aimed");
    aim.classList.add("aimed");
    if (!told.includes("/")) aim.scrollIntoView();
  } else if (id.startsWith("trial-")) {
    table?.pick(id.slice("trial-".length));
  }
}

async function start() {
  theme();
  copying();
  reading();
  printing();
  const block = find("#trials-data");
  heatMaps(block ? (wanted) => table?.filter(wanted) : null);
  addEventListener("hashchange", () => follow(location.hash));
  if (block) {
    table = explorer(new Trials(await inflated(block), JSON.parse(find("#trials-links").textContent)));
    block.remove();
  }
  root.dataset.ready = "true";
  if (location.hash) follow(location.hash);
}

start();
