// Who is in which thread: this browser says what it shows (no gesture: X-Background), and shows who else is where, in the
// pane, beside the answer and on the rows. Hidden pages say nothing. Ids travel; names are those of the members.

import { mailbox, team } from "./members.js";

const BEAT_MS = 20000;
const tab = [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
let here = []; // [user, r or w, thread]
let said = null;
let timer = 0;

function doing() {
  const writes = [...document.querySelectorAll("[data-answers]")].map((form) => form.dataset.answers);
  const pane = document.querySelector("#pane[data-thread]")?.dataset.thread;
  return { writes, reads: pane && !document.hidden && !writes.includes(pane) ? [pane] : [] };
}

function body({ reads, writes }) {
  const form = new URLSearchParams({ action: "presence", tab });
  reads.forEach((one) => form.append("lit", one));
  writes.forEach((one) => form.append("ecrit", one));
  return form;
}

async function beat() {
  clearTimeout(timer);
  timer = setTimeout(beat, BEAT_MS);
  if (!mailbox()) return;
  const now = doing();
  if (document.hidden && !now.writes.length) return leave(); // who looks up something for an answer still writes it
  said = JSON.stringify(now);
  try {
    const headers = { "X-CSRFToken": token(), "X-Background": "1" };
    const answer = await fetch(`/b/${mailbox()}/presence/`, { method: "POST", body: body(now), headers, credentials: "same-origin" });
    if (answer.status === 401 || answer.status === 403 || answer.status === 404) return clearTimeout(timer); // no right any more
    if (answer.ok) show((await answer.json()).here);
  } catch {
    // the network is away: nobody is shown where they are not
    show([]);
  }
}

function leave() {
  if (!mailbox() || said === null) return;
  said = null;
  const headers = { "X-CSRFToken": token(), "X-Background": "1" };
  fetch(`/b/${mailbox()}/presence/`, { method: "POST", body: body({ reads: [], writes: [] }), headers, credentials: "same-origin", keepalive: true }).catch(() => {});
}

// --- Showing -----------------------------------------------------------------------------------------
async function show(found) {
  here = found;
  const known = found.length ? await team() : null;
  if (here !== found) return; // told anew meanwhile
  const others = known ? found.filter(([user]) => user !== known.me && known.byId.has(user)) : [];
  const threads = Map.groupBy ? Map.groupBy(others, ([, , thread]) => thread) : grouped(others);
  for (const line of document.querySelectorAll("[data-present]")) {
    const { answers } = line.closest("[data-answers]")?.dataset ?? {};
    say(line, threads.get(answers ?? line.closest("[data-thread]")?.dataset.thread) ?? [], known);
  }
  for (const row of document.querySelectorAll("#rows > .row")) avatars(row, threads.get(row.id.slice(2)) ?? [], known);
}
function grouped(rows) {
  const found = new Map();
  for (const row of rows) found.set(row[2], [...(found.get(row[2]) ?? []), row]);
  return found;
}

const names = (rows, known) => rows.map(([user]) => known.byId.get(user).name).join(", ").replace(/, ([^,]*)$/, " et $1");
function sentence(rows, known) {
  const [writing, reading] = ["w", "r"].map((kind) => rows.filter(([, what]) => what === kind));
  return [
    writing.length ? `${names(writing, known)} ${writing.length > 1 ? "rédigent" : "rédige"} une réponse…` : "",
    reading.length ? `${names(reading, known)} ${reading.length > 1 ? "lisent" : "lit"} ce fil.` : "",
  ].filter(Boolean).join(" ");
}
function say(line, rows, known) {
  const words = rows.length ? sentence(rows, known) : "";
  if (line.textContent === words) return;
  line.textContent = words;
  line.classList.toggle("writing", rows.some(([, what]) => what === "w"));
}
function avatars(row, rows, known) {
  const mark = rows.map(([user, what]) => user + what).join(" ");
  const shown = row.querySelector(".here");
  if ((shown?.dataset.mark ?? "") === mark) return;
  shown?.remove();
  if (!rows.length) return;
  const box = Object.assign(document.createElement("span"), { className: "here", title: sentence(rows, known) });
  box.dataset.mark = mark;
  const told = Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: sentence(rows, known) });
  box.append(...rows.slice(0, 3).map(([user, what]) => {
    const av = Object.assign(document.createElement("span"), { className: `av s${what === "w" ? " writes" : ""}`, textContent: known.byId.get(user).initials });
    av.setAttribute("aria-hidden", "true");
    return av;
  }), told);
  row.append(box);
}

document.addEventListener("mss:present", ({ detail }) => detail.mailbox === mailbox() && show(detail.here));
document.addEventListener("htmx:afterSettle", () => {
  if (said !== null && JSON.stringify(doing()) !== said) beat();
  else show(here);
});
document.addEventListener("mss:composers", () => said !== null && JSON.stringify(doing()) !== said && beat()); // one opened or closed
document.addEventListener("mss:fresh-rows", () => setTimeout(() => show(here)));
document.addEventListener("visibilitychange", beat);
addEventListener("pagehide", leave);
beat();
