/* All trials: columns of numbers, and texts that stand once. */
async function inflated(block) {
  const text = atob(block.textContent);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

const ROW_PX = 36;
const AROUND = 12;
const TRIAL_LETTERS = 4;
const NO_FAULT = "(no fault)";
const SEVERAL = "several faults";
const ONLY = "only ";
const COLUMNS = [
  ["status", "Status", "138px"], ["scenario", "Scenario", "17%"], ["journey", "Journey", "13%"],
  ["schedule", "Schedule", "22%"], ["failed", "Broken", "16%"], ["seed", "Seed", "56px"],
  ["calls", "Calls", "60px"], ["seconds", "Time", "76px"], ["trial", "Trial", "146px"],
];
const NUMBERS = new Set(["seed", "calls", "seconds"]);
const CHOICES = ["fault", "journey", "scenario", "failed"];

class Trials {
  constructor(data, links) {
    this.data = data;
    this.links = links;
    this.length = data.trial.length;
    this.place = new Map(data.trial.map((trial, at) => [trial, at]));
    this.found = new Map();
  }

  text(name, at) {
    const { data } = this;
    if (name === "fault" || name === "failed") return data.lists[name][data[name][at]].map((one) => data.texts[name][one]).join(", ");
    return data.texts[name] ? data.texts[name][data[name][at]] : String(data[name][at]);
  }

  /** Of a column, which of its numbers pass: one byte for each. */
  passing(name, test) {
    const texts = this.data.lists[name] ?? this.data.texts[name];
    return Uint8Array.from(texts, (one) => (test(one) ? 1 : 0));
  }

  choice(name, value) {
    const { texts, lists } = this.data;
    if (!lists[name]) return this.passing(name, (text) => text === value);
    if (value === NO_FAULT) return this.passing(name, (list) => list.length === 0);
    if (value === SEVERAL) return this.passing(name, (list) => list.length > 1);
    const number = texts[name].indexOf(value);
    if (number >= 0 || !value.startsWith(ONLY)) return this.passing(name, (list) => list.includes(number));
    const label = value.slice(ONLY.length);
    return this.passing(name, (list) => list.map((one) => texts[name][one]).sort().join(" + ") === label);
  }

  /** The rows that a search word may mean: by any of their texts, or by how their trial begins. */
  word(word) {
    const { trial, texts } = this.data;
    const names = ["scenario", "journey", "schedule", "ended", "failed"];
    const columns = names.map((name) => this.data[name]);
    const broken = texts.failed.map((text) => text.toLowerCase().includes(word));
    const passes = names.map((name) => this.passing(name, (one) =>
      (name === "failed" ? one.some((text) => broken[text]) : one.toLowerCase().includes(word))));
    const isTrial = word.length >= TRIAL_LETTERS;
    return (at) => {
      for (let column = 0; column < columns.length; column += 1) if (passes[column][columns[column][at]]) return true;
      return isTrial && trial[at].startsWith(word);
    };
  }

  /** Indices of the rows that all of the filters let through. */
  filtered(filters) {
    const tests = CHOICES.filter((name) => filters[name]).map((name) => {
      const column = this.data[name];
      const passes = this.choice(name, filters[name]);
      return (at) => passes[column[at]];
    });
    if (filters.status.length) {
      const passes = this.data.texts.statusId.map((one) => filters.status.includes(one));
      tests.push((at) => passes[this.data.status[at]]);
    }
    for (const word of filters.q.toLowerCase().split(/\s+/).filter(Boolean)) tests.push(this.word(word));
    const found = [];
    for (const at of this.order(filters.sort)) if (tests.every((test) => test(at))) found.push(at);
    return found;
  }

  /** All rows in the order of a column, ``-`` before its name: the other way round. Each order is made once. */
  order(sort) {
    if (!this.found.has(sort)) this.found.set(sort, this.sorted(sort));
    return this.found.get(sort);
  }

  sorted(sort) {
    const rows = Uint32Array.from({ length: this.length }, (_, at) => at);
    const name = sort.replace("-", "");
    if (!COLUMNS.some(([column]) => column === name)) return rows;
    const { data } = this;
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    let ranks = data[name];
    if (name === "trial") {
      const by = Array.from(rows).sort((a, b) => (data.trial[a] < data.trial[b] ? -1 : 1));
      ranks = new Uint32Array(this.length);
      by.forEach((row, at) => { ranks[row] = at; });
    } else if (!NUMBERS.has(name) && name !== "status") {
      const texts = data.lists[name]?.map((list) => list.map((one) => data.texts[name][one]).join()) ?? data.texts[name];
      const by = texts.map((_, at) => at).sort((a, b) => compare(texts[a], texts[b]));
      const places = new Uint32Array(texts.length);
      by.forEach((text, at) => { places[text] = at; });
      ranks = data[name].map((one) => places[one]);
    }
    const sign = sort.startsWith("-") ? -1 : 1;
    return rows.sort((a, b) => sign * (ranks[a] - ranks[b]) || a - b);
  }
}

/* The table of all trials: only the rows that can be seen exist. */
function explorer(trials) {
  const box = find("#rows");
  const table = find("table", box);
  const body = table.tBodies[0];
  const gaps = [0, 1].map(() => make("tr", { class: "gap", "aria-hidden": "true" }, make("td", { colspan: COLUMNS.length })));
  const { texts } = trials.data;
  let filters = read("");
  let rows = [];
  let first = -1;
  let chosen = -1;
  let cursor = 0;

  function read(query) {
    const given = new URLSearchParams(query);
    const told = Object.fromEntries([...CHOICES, "q", "sort"].map((name) => [name, given.get(name) ?? ""]));
    return { ...told, status: (given.get("status") ?? "").split(",").filter((one) => texts.statusId.includes(one)) };
  }

  function written() {
    const told = new URLSearchParams();
    for (const name of [...CHOICES, "q", "sort"]) if (filters[name]) told.set(name, filters[name]);
    if (filters.status.length) told.set("status", filters.status.join(","));
    const query = told.toString();
    return query ? `#trials?${query}` : "#trials";
  }

  /** After a change of filters: their controls, the rows, the count, the address. */
  function show({ address = true } = {}) {
    for (const name of CHOICES) {
      const select = find(`#f-${name}`);
      if (filters[name] && ![...select.options].some((one) => one.value === filters[name])) select.append(new Option(filters[name]));
      select.value = filters[name];
    }
    if (find("#f-q").value !== filters.q) find("#f-q").value = filters.q;
    for (const button of all("#f-status button")) button.setAttribute("aria-pressed", String(filters.status.includes(button.value)));
    for (const head of all("th", table.tHead)) {
      const sorted = filters.sort.replace("-", "") === head.dataset.name;
      head.setAttribute("aria-sort", !sorted ? "none" : filters.sort.startsWith("-") ? "descending" : "ascending");
    }
    rows = trials.filtered(filters);
    const of = trials.length.toLocaleString("en");
    find("#shown").textContent = rows.length === trials.length ? `All ${of} trials` : `${rows.length.toLocaleString("en")} of ${of} trials`;
    table.setAttribute("aria-rowcount", String(rows.length + 1));
    box.scrollTop = 0;
    cursor = 0;
    first = -1;
    draw();
    if (address) history.replaceState(null, "", written());
  }

  function draw() {
    const from = Math.max(0, Math.floor(box.scrollTop / ROW_PX) - AROUND);
    if (from === first) return;
    first = from;
    const to = Math.min(rows.length, from + Math.ceil((box.clientHeight || 560) / ROW_PX) + 2 * AROUND);
    const isFocused = body.contains(document.activeElement);
    gaps[0].firstChild.style.height = `${from * ROW_PX}px`;
    gaps[1].firstChild.style.height = `${(rows.length - to) * ROW_PX}px`;
    body.replaceChildren(gaps[0], ...rows.slice(from, to).map((at, index) => row(at, from + index)), gaps[1]);
    stop(isFocused);
  }

  /** One link of all can be tabbed to: that of the cursor, or of the first row if the cursor is out of sight. */
  function stop(focus) {
    const links = all("a", body);
    const own = links.find((link) => link.closest("tr").ariaRowIndex === String(cursor + 2));
    for (const link of links) link.tabIndex = -1;
    const one = own ?? links[0];
    if (!one) return;
    one.tabIndex = 0;
    if (focus) one.focus({ preventScroll: true });
  }

  function walk(event) {
    const page = Math.max(1, Math.floor(box.clientHeight / ROW_PX) - 2);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length };
    const here = event.target.closest("tbody a");
    if (!here || !moves[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    cursor = Math.min(rows.length - 1, Math.max(0, Number(here.closest("tr").ariaRowIndex) - 2 + moves[event.key]));
    const room = box.clientHeight - table.tHead.offsetHeight - ROW_PX;
    box.scrollTop = Math.min(cursor * ROW_PX, Math.max(box.scrollTop, cursor * ROW_PX - room));
    draw();
    stop(true);
  }

  function row(at, index) {
    const made = make("tr", { "aria-rowindex": String(index + 2) });
    if (at === chosen) made.setAttribute("aria-current", "true");
    for (const [name] of COLUMNS) made.append(cell(name, at));
    return made;
  }

  function cell(name, at) {
    if (name === "status") {
      const badge = make("span", { class: "badge" }, icon(texts.statusId[trials.data.status[at]]), trials.text(name, at));
      return make("td", {}, badge);
    }
    const text = name === "seconds" ? `${trials.data.seconds[at].toFixed(2)} s` : trials.text(name, at);
    if (NUMBERS.has(name)) return make("td", { class: "n" }, text);
    if (name === "trial") return make("td", {}, make("a", { href: address(at) }, make("code", {}, text)));
    if (name === "journey") return make("td", { title: text }, short(text, trials.text("scenario", at)));
    return make("td", { title: text }, name === "schedule" ? make("code", {}, text || "no fault") : text);
  }

  /** A test stands in the file that the column beside it names. */
  const short = (journey, scenario) => (scenario && journey.startsWith(`${scenario}::`) ? journey.slice(scenario.length + 2) : journey);

  function address(at) {
    const trial = trials.data.trial[at];
    return Object.hasOwn(trials.links, trial) ? trials.links[trial] : `#trial-${encodeURIComponent(trial)}`;
  }

  /** All that is known of a trial whose timeline is not here. */
  function pick(at) {
    chosen = at;
    const panel = find("#picked");
    const trial = trials.data.trial[at];
    const close = make("button", { type: "button", class: "quiet" }, "Close");
    close.addEventListener("click", () => { panel.hidden = true; chosen = -1; first = -1; draw(); box.focus(); });
    const facts = [["Status", "status"], ["Ended", "ended"], ["Scenario", "scenario"], ["Journey", "journey"], ["Schedule", "schedule"],
      ["Broken", "failed"], ["Why", "why"], ["Seed", "seed"], ["Calls", "calls"], ["Virtual seconds", "seconds"], ["From", "source"]]
      .map(([word, name]) => [word, trials.text(name, at)]).filter(([, text]) => text && text !== "undefined")
      .map(([word, text]) => make("div", {}, make("dt", {}, word), make("dd", {}, text)));
    const source = texts.source[trials.data.source[at]];
    const parts = [make("header", {}, make("h3", {}, "Trial ", make("code", {}, trial)), close), make("dl", { class: "facts" }, ...facts)];
    if (source && /^[\w.:-]+$/.test(trial)) parts.push(command(`agentchaos replay ${quoted(`${source}#${trial}`)}`));
    panel.replaceChildren(...parts);
    panel.hidden = false;
    first = -1;
    const index = rows.indexOf(at);
    if (index >= 0) box.scrollTop = Math.max(0, (index - 4) * ROW_PX);
    draw();
    panel.focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
  }

  /** For a shell. */
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

  function command(line) {
    return make("div", { class: "command" }, make("pre", { tabindex: "0", role: "region", "aria-label": "Command" }, line),
      make("button", { type: "button", class: "quiet copy" }, "Copy"));
  }

  function save() {
    const names = ["trial", "status", "ended", "scenario", "journey", "schedule", "failed", "why", "seed", "calls", "seconds"];
    const told = rows.map((at) => Object.fromEntries(names.map((name) => [name, NUMBERS.has(name) ? trials.data[name][at] : trials.text(name, at)])));
    const link = make("a", { download: "trials.json", href: URL.createObjectURL(new Blob([JSON.stringify(told, null, 1)], { type: "application/json" })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function controls() {
    for (const name of CHOICES) {
      const select = find(`#f-${name}`);
      if (name === "fault" && trials.data.lists.fault.some((list) => !list.length)) select.append(new Option(NO_FAULT));
      for (const text of [...texts[name]].sort()) if (text) select.append(new Option(text));
      select.disabled = select.options.length < 2;
      select.addEventListener("change", () => { filters[name] = select.value; show(); });
    }
    const counts = texts.statusId.map(() => 0);
    for (const one of trials.data.status) counts[one] += 1;
    texts.statusId.forEach((status, at) => {
      if (!counts[at]) return;
      const button = make("button", { type: "button", value: status, "aria-pressed": "false" },
        icon(status), texts.status[at], " ", make("b", {}, counts[at].toLocaleString("en")));
      button.addEventListener("click", () => {
        const chosenOnes = filters.status.includes(status) ? filters.status.filter((one) => one !== status) : [...filters.status, status];
        filters = { ...filters, status: chosenOnes };
        show();
      });
      find("#f-status").append(button);
    });
    let waiting = 0;
    find("#f-q").addEventListener("input", (event) => {
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(() => { filters.q = event.target.value; show(); });
    });
    find(".filters").addEventListener("submit", (event) => event.preventDefault());
    find("#clear").addEventListener("click", () => { filters = read(""); show(); });
    find("#save").addEventListener("click", save);
    for (const [name, word] of COLUMNS) {
      const button = make("button", { type: "button" }, word);
      button.addEventListener("click", () => { filters.sort = filters.sort === name ? `-${name}` : name; show(); });
      table.tHead.rows[0].append(make("th", { scope: "col", "data-name": name, ...(NUMBERS.has(name) ? { class: "n" } : {}) }, button));
    }
    const widths = make("colgroup");
    for (const [, , width] of COLUMNS) widths.append(make("col", { width }));
    table.prepend(table.caption, widths);
    box.addEventListener("scroll", draw, { passive: true });
    box.addEventListener("keydown", walk);
    body.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link || link.getAttribute("href") !== location.hash) return;
      event.preventDefault();
      follow(location.hash);
    });
  }

  find("#explorer").hidden = false;
  controls();
  show({ address: false });
  return {
    /** The filters of an address. */
    read(query) { filters = read(query); show({ address: false }); },
    pick(trial) { const at = trials.place.get(trial); if (at !== undefined) pick(at); },
    /** What a cell of a heat map stands for. */
    filter(wanted) {
      filters = read("");
      for (const [name, value] of Object.entries(wanted)) {
        if (name === "fault") filters.fault = value === "no fault" ? NO_FAULT : value === SEVERAL ? SEVERAL : ONLY + value;
        else if (CHOICES.includes(name)) filters[name] = value;
        else filters.q = `${filters.q} ${value}`.trim();
      }
      show({ address: false });
      location.hash = written();
      find("#trials").scrollIntoView();
      find("#shown").setAttribute("tabindex", "-1");
      find("#shown").focus({ preventScroll: true });
    },
  };
}

