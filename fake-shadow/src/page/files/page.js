// Shows the state of the cloud and acts through the control interface. What comes from elsewhere (names, documents,
// headers, bodies) is only ever put in as text.
"use strict";

const BASE = "/_shadowrig";
const ROWS_MAX = 300;
const POLL_MS = 3000;

const $ = (id) => document.getElementById(id);
const part = (root, selector) => root.querySelector(selector);

/** An element with text or children. */
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Sets a text only where it changes, so that a selection survives. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function form(id) {
  return $(id).content.firstElementChild.cloneNode(true);
}

// ---- The control interface ----

// One request after another: each connection that the page makes is one that a fault for the next connection could hit.
let queue = Promise.resolve();

/** Calls the control interface; a refusal is thrown with the words of the service. */
function call(method, path, body) {
  const run = async () => {
    const sent = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const answer = await fetch(BASE + path, { method, body: sent, cache: "no-store", signal: AbortSignal.timeout(15000) });
    const text = await answer.text();
    let told = null;
    try { told = JSON.parse(text); } catch { /* Not JSON: a fault or another program answered. */ }
    if (!answer.ok) throw new Error(`${answer.status}: ${told?.error ?? (text || answer.statusText)}`);
    return told;
  };
  const result = queue.then(run);
  queue = result.catch(() => {});
  return result;
}

/** Does something that the cloud may refuse, and says how it went. */
async function attempt(output, done, action) {
  output.className = "";
  output.textContent = "";
  try {
    await action();
    output.textContent = done;
    await refresh();
    return true;
  } catch (refused) {
    output.className = "refused";
    output.textContent = refused.message;
    return false;
  }
}

// ---- JSON that keeps its digits ----

const digits = (_, value, context) =>
  typeof value === "number" && JSON.rawJSON && context?.source ? JSON.rawJSON(context.source) : value;
const isObject = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !JSON.isRawJSON?.(value);

/** An object without a prototype, so that no key means anything else. */
const bare = () => Object.create(null);

/** What turns one object into another when the service merges it: what is gone becomes null. */
function patch(before, after) {
  const changes = bare();
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) changes[key] = null;
  for (const [key, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (JSON.stringify(old) === JSON.stringify(value)) continue;
    changes[key] = isObject(old) && isObject(value) ? patch(old, value) : value;
  }
  return changes;
}

/** The object that a text holds; {} for one that is not there. */
function read(text) {
  const value = text === null ? {} : JSON.parse(text, digits);
  if (!isObject(value)) throw new Error("an object is wanted, as {\"on\": true}");
  return value;
}

// ---- Things ----

const shown = new Map();

const shadowPath = ({ thing, name }) =>
  `/things/${encodeURIComponent(thing)}/shadow` + (name === null ? "" : `s/${encodeURIComponent(name)}`);

function showShadows(shadows, leftOut) {
  const here = new Set();
  let last = null;
  for (const shadow of shadows) {
    const path = shadowPath(shadow);
    here.add(path);
    if (!shown.has(path)) shown.set(path, newShadow(shadow));
    const { card } = shown.get(path);
    const place = last ? last.nextElementSibling : $("shadows").firstElementChild;
    if (place !== card) $("shadows").insertBefore(card, place);
    last = card;
    showShadow(shown.get(path), shadow);
  }
  for (const [path, { card }] of shown) {
    if (here.has(path)) continue;
    card.remove();
    shown.delete(path);
  }
  $("no-shadows").hidden = shadows.length > 0;
  $("left-out").hidden = leftOut === 0;
  say($("left-out"), `${leftOut} more are not shown here; ${BASE}/things lists all.`);
}

function newShadow(shadow) {
  const card = form("shadow-form");
  const entry = { card, shadow };
  say(part(card, "h3"), shadow.thing);
  say(part(card, ".tag"), shadow.name ?? "classic");
  for (const section of ["desired", "reported"]) {
    const button = part(card, `.${section} button`);
    button.setAttribute("aria-label", `Edit ${section} of ${shadow.thing}`);
    button.addEventListener("click", () => edit(entry, section, button));
  }
  const remove = part(card, ".delete");
  remove.setAttribute("aria-label", `Delete this shadow of ${shadow.thing}`);
  const calm = () => { remove.textContent = "Delete"; remove.classList.remove("sure"); };
  remove.addEventListener("blur", calm);
  remove.addEventListener("click", () => {
    if (remove.classList.contains("sure")) {
      calm();
      attempt(part(card, "output"), "", () => call("DELETE", shadowPath(shadow)));
    } else {
      remove.textContent = "Delete it?";
      remove.classList.add("sure");
    }
  });
  return entry;
}

function showShadow(entry, shadow) {
  const { card } = entry;
  const isNews = entry.shadow.version !== shadow.version;
  entry.shadow = shadow;
  say(part(card, ".version"), `version ${shadow.version}`);
  for (const section of ["desired", "reported", "delta"]) {
    const pre = part(card, `.${section} pre`);
    const nothing = section === "delta" ? "in step" : "nothing yet";
    const text = shadow[section] ?? nothing;
    if (isNews && pre.textContent !== text) flash(pre);
    pre.classList.toggle("nothing", shadow[section] === null);
    pre.setAttribute("aria-label", `${section} of ${shadow.thing}`);
    say(pre, text);
  }
  card.classList.toggle("differs", shadow.delta !== null);
}

function flash(element) {
  element.classList.remove("news");
  void element.offsetWidth; // Starts the animation anew.
  element.classList.add("news");
}

/** Opens a field for a section; what is sent is the difference to what stood there when it was opened. */
function edit(entry, section, button) {
  const place = part(entry.card, `.${section}`);
  if (part(place, "form")) return part(place, "textarea").focus();
  const { version } = entry.shadow;
  const before = entry.shadow[section];
  const editor = form("edit-form");
  const [field, output] = [part(editor, "textarea"), part(editor, "output")];
  field.value = before ?? "{\n  \n}";
  field.rows = Math.min(20, field.value.split("\n").length + 1);
  field.setAttribute("aria-label", `${section} of ${entry.shadow.thing}, as JSON`);
  const close = () => { editor.remove(); part(place, "pre").hidden = false; button.hidden = false; button.focus(); };
  part(editor, "[value=cancel]").addEventListener("click", close);
  editor.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) editor.requestSubmit();
  });
  editor.addEventListener("submit", async (event) => {
    event.preventDefault();
    const send = () => {
      const wanted = field.value.trim() === "null" ? null : patch(read(before), read(field.value));
      return call("POST", shadowPath(entry.shadow), { state: { [section]: wanted }, version });
    };
    if (await attempt(output, "", send)) close();
  });
  part(place, "pre").hidden = true;
  button.hidden = true;
  place.append(editor);
  field.focus();
}

function setUpNew() {
  const fields = $("new");
  const opener = $("new-open");
  const open = (isOpen) => {
    fields.hidden = !isOpen;
    opener.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) fields.elements.thing.focus(); else opener.focus();
  };
  opener.addEventListener("click", () => open(fields.hidden));
  part(fields, "[value=cancel]").addEventListener("click", () => open(false));
  fields.addEventListener("keydown", (event) => { if (event.key === "Escape") open(false); });
  fields.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { thing, name, desired } = fields.elements;
    const create = () => {
      const shadow = { thing: thing.value.trim(), name: name.value.trim() || null };
      return call("POST", shadowPath(shadow), { state: { desired: read(desired.value) } });
    };
    if (await attempt(part(fields, "output"), "", create)) open(false);
  });
}

// ---- Requests ----

const rows = new Map();
let lastNumber = 0;

function showRequests({ requests, first_request: first, last_request: last }) {
  const log = $("log");
  if (last === null || last < lastNumber) {
    // The cloud was reset, or is another one by now, whose numbers begin anew.
    first = null;
    isStale ||= last !== null;
    lastNumber = 0;
    requests = [];
  }
  for (const request of requests) {
    if (request.number <= lastNumber) continue;
    lastNumber = request.number;
    const row = newRow(request);
    rows.set(request.number, row);
    log.prepend(row);
  }
  for (const [number, row] of rows) {
    if (first !== null && number >= first && rows.size <= ROWS_MAX) break;
    row.remove();
    rows.delete(number);
  }
  log.hidden = rows.size === 0;
  $("no-requests").hidden = rows.size > 0;
  say($("request-count"), rows.size === 0 ? "" : `${rows.size} shown, newest first`);
}

const timeOf = (at) => at.slice(11, 23);

function verdictOf({ id, access_key_id: key, refused }) {
  if (id === null) return ["quiet", "the service never saw it"];
  if (key === null) return ["bad", refused ? `signature refused: ${refused}` : "signature refused"];
  return refused ? ["warn", `signed by ${key}; ${refused}`] : ["good", `signed by ${key}`];
}

const hueOf = (status) => (status === null || status >= 500 ? "bad" : status >= 400 ? "warn" : "good");

function newRow(request) {
  const row = form("request-form");
  const set = (selector, hue, text) => {
    const element = part(row, selector);
    element.textContent = text;
    if (hue) element.classList.add(hue);
  };
  set(".status", hueOf(request.status), request.status === null ? "none" : String(request.status));
  set("time", "", timeOf(request.at));
  set(".what", "", `${request.method} ${request.target}`);
  set(".verdict", ...verdictOf(request));
  set(".fault", "", request.fault ? request.fault.kind : "");
  part(row, ".fault").hidden = !request.fault;
  row.addEventListener("toggle", async () => {
    const told = part(row, ".told");
    if (!row.open || told.hasChildNodes()) return;
    try {
      told.append(...whole(await call("GET", `/requests/${request.number}`)));
    } catch (refused) {
      told.append(el("p", { class: "refused" }, refused.message));
    }
  });
  return row;
}

// ---- Faults and clock ----

let faultsShown = "";

function showFaults(faults) {
  $("faults").hidden = $("clear").hidden = faults.length === 0;
  $("no-faults").hidden = faults.length > 0;
  const now = JSON.stringify(faults);
  if (now === faultsShown) return;
  faultsShown = now;
  $("faults").replaceChildren(...faults.map((fault) => {
    const times = fault.times === null ? "no end" : `of ${fault.times}`;
    const button = el("button", { type: "button", class: "plain", "aria-label": `Take away fault ${fault.id}, ${fault.kind}` }, "Remove");
    button.addEventListener("click", () => attempt(part($("arm"), "output"), "", () => call("DELETE", `/faults/${fault.id}`)));
    return el("li", fault.spent ? { class: "spent" } : {},
      el("strong", {}, fault.kind), el("span", {}, fault.to),
      el("span", { class: "quiet" }, fault.spent ? `spent, met ${fault.met}` : `met ${fault.met}, ${times}`), button);
  }));
}

function setUpFaults() {
  const fields = $("arm");
  const { kind, params, to, times } = fields.elements;
  const output = part(fields, "output");
  const choose = () => {
    const { example, about } = kind.selectedOptions[0].dataset;
    params.value = example;
    say($("about"), about);
  };
  kind.addEventListener("change", choose);
  kind.value = "status";
  choose();
  fields.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(output, "Armed.", () => {
      const fault = { ...read(params.value.trim() || "{}"), kind: kind.value, to: to.value.trim() || "any" };
      if (times.value.trim() !== "") {
        if (!/^\d+$/.test(times.value.trim())) throw new Error("times: a number is wanted, 0 for no end");
        fault.times = Number(times.value);
      }
      return call("POST", "/faults", fault);
    });
  });
  $("clear").addEventListener("click", () => attempt(output, "Cleared.", () => call("DELETE", "/faults")));
}

let clock = null;

function showClock(told) {
  clock = { at: Date.parse(told.now), seen: performance.now(), offset: told.offset_ms };
  say($("offset"), told.offset_ms === 0 ? "in step with the machine it runs on" : `${span(told.offset_ms)} ${told.offset_ms < 0 ? "behind" : "ahead"}`);
  $("in-step").hidden = told.offset_ms === 0;
  tick();
}

/** Milliseconds as `1 h 6 min`. */
function span(ms) {
  let rest = Math.abs(ms) / 1000;
  const pieces = [];
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60]]) {
    if (rest >= size) pieces.push(`${Math.floor(rest / size)} ${unit}`);
    rest %= size;
  }
  if (rest > 0) pieces.push(`${rest} s`);
  return pieces.join(" ");
}

function tick() {
  if (!clock) return;
  const now = new Date(clock.at + performance.now() - clock.seen);
  if (Number.isNaN(now.getTime())) return;
  const text = now.toISOString();
  const middle = text.indexOf("T");
  say($("now"), text.slice(middle + 1, middle + 9));
  say($("day"), `${text.slice(0, middle)} UTC`);
}

function setUpClock() {
  const set = (ms) => attempt($("clock-said"), "", () => call("POST", "/clock", { offset: `${ms < 0 ? "-" : "+"}${Math.abs(ms)}ms` }));
  for (const button of $("shift").children) {
    button.addEventListener("click", () => set((clock?.offset ?? 0) + Number(button.value)));
  }
  $("in-step").addEventListener("click", () => set(0));
  setInterval(tick, 250);
}

// ---- What keeps it live ----

let isAsking = false;
let isStale = false;

/** Asks for the state; while that runs, further wishes are one. */
async function refresh() {
  if (isAsking) { isStale = true; return; }
  isAsking = true;
  try {
    const state = await call("GET", `/page/state?after=${lastNumber}`);
    showShadows(state.shadows, state.shadows_left_out);
    showRequests(state);
    showFaults(state.faults);
    showClock(state.clock);
    live(true);
  } catch (refused) {
    live(false, refused.message);
  }
  isAsking = false;
  if (isStale) { isStale = false; setTimeout(refresh, 200); }
}

function live(isLive, why) {
  $("live").classList.toggle("lost", !isLive);
  say($("live"), isLive ? "live" : /^401/.test(why) ? "the token is wanted: open this page anew" : "the cloud does not answer; trying again");
}

function setUpEvents() {
  const events = new EventSource(`${BASE}/events`);
  for (const name of ["request", "fault", "controlled", "lost"]) events.addEventListener(name, refresh);
  events.addEventListener("open", refresh);
  // A clock that runs, and a policy that another client sets, make no event.
  setInterval(() => { if (!document.hidden) refresh(); }, POLL_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
}

function setUpHints() {
  say($("endpoint"), location.origin);
  say($("curl"), [
    `curl ${location.origin}/things/lamp/shadow \\`,
    `  --aws-sigv4 aws:amz:${document.body.dataset.region}:iotdata \\`,
    "  --user \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\" \\",
    "  --data '{\"state\": {\"reported\": {\"on\": true}}}'",
  ].join("\n"));
  $("copy").addEventListener("click", async () => {
    const output = part($("no-shadows"), "output");
    try {
      await navigator.clipboard.writeText($("curl").textContent);
      output.textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren($("curl"));
      output.textContent = "Selected; copy it with the keyboard.";
    }
  });
}

setUpNew();
setUpFaults();
setUpClock();
setUpHints();
setUpEvents();
refresh();
