// Live arrival: hears the stream (through a SharedWorker, else directly) and refreshes list, counters and the open thread
// in place.
// Refreshing is no gesture (X-Background): it keeps no session alive.

const { live, liveWorker } = document.body.dataset;
const here = () => document.getElementById("list")?.dataset ?? {};

let waiting = 0;
let busy = false;

function soon(delay = 120) {
  clearTimeout(waiting);
  waiting = setTimeout(refresh, delay + Math.random() * 80);
}

async function refresh() {
  if (busy) return soon(300);
  if (document.hidden && !here().refresh) return;
  busy = true;
  try {
    await (here().refresh ? refreshList() : refreshCounts());
    await refreshPane();
  } catch {
    soon(5000); // the network is away: what is shown stays
  } finally {
    busy = false;
  }
}

async function fragment(url, target = "rows", whenGone = () => {}) {
  const answer = await fetch(url, { headers: { "HX-Request": "true", "HX-Target": target, "X-Background": "1" }, credentials: "same-origin" });
  if (answer.status === 401) {
    document.dispatchEvent(new CustomEvent("mss:leave", { detail: answer.headers.get("HX-Redirect") })); // lock.js goes
    return null;
  }
  if (answer.status === 404) whenGone();
  if (!answer.ok) return null;
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  return holder.content;
}

async function refreshList() {
  const shown = document.querySelectorAll("#rows > .row").length;
  const url = new URL(here().refresh, location.href);
  if (shown > 50) url.searchParams.set("n", shown);
  const before = answers;
  const content = await fragment(url, "rows", () => location.assign("/")); // this mailbox is theirs no more
  if (!content) return;
  if (answers !== before) return soon(0);
  count(content);
  for (const above of content.querySelectorAll("#held, #handover, #absent")) {
    above.remove();
    replace(above);
  }
  const rows = document.createElement("ol");
  rows.append(...content.children);
  if (shown <= 200) document.dispatchEvent(new CustomEvent("mss:fresh-rows", { detail: rows }));
}

// A list asked for before an act or an opening was answered may have been drawn before it too: it would take that back.
let answers = 0;
document.addEventListener("htmx:afterRequest", () => answers++);

async function refreshCounts() {
  const inbox = document.querySelector("[data-go=inbox]");
  const content = inbox && (await fragment(inbox.href));
  if (content) count(content);
}

// What became of what was sent, and what joined the thread: told, never opened by itself (opening is audited).
async function refreshPane() {
  const asked = document.getElementById("pane")?.dataset.news;
  const content = asked && (await fragment(asked, "news"));
  if (!content || document.getElementById("pane")?.dataset.news !== asked) return;
  for (const fresh of [...content.children]) replace(fresh);
}

function replace(fresh) {
  const shown = document.getElementById(fresh.id);
  if (!shown || shown.textContent === fresh.textContent) return; // a form's token alone is no change
  if (shown.querySelector("details[data-editing][open]")) return; // somebody types there
  shown.replaceChildren(...fresh.childNodes);
  window.htmx.process(shown);
}

function count(content) {
  const fresh = content.querySelector("#counts");
  fresh?.remove();
  if (!fresh) return;
  fresh.removeAttribute("hx-swap-oob");
  document.getElementById("counts")?.replaceWith(fresh);
  document.dispatchEvent(new CustomEvent("mss:counted"));
}

// What happened between the drawing of this page and the opening of its stream was told to nobody: the page knows its
// modseq, the stream says how far each mailbox has got (`mailbox:modseq,…`, the id of its last event).
function isBehind(reached) {
  const drawn = document.getElementById("counts")?.dataset;
  const pair = drawn && reached.split(",").find((one) => one.startsWith(`${drawn.mailbox}:`));
  return Boolean(pair) && Number(pair.split(":")[1]) > Number(drawn.modseq);
}

// Is mail late? The stream says how the service stands; a page that shows something else asks for the banner.
async function refreshService(state) {
  const shown = document.getElementById("service");
  if (!shown || shown.dataset.state === state) return;
  const content = await fragment(shown.dataset.address, "service");
  const fresh = content?.querySelector("#service");
  if (!fresh) return;
  shown.replaceChildren(...fresh.childNodes);
  shown.dataset.state = fresh.dataset.state;
}

function hear({ kind, mailboxes, reached, state, present }) {
  if (kind === "present") return document.dispatchEvent(new CustomEvent("mss:present", { detail: present }));
  if (kind === "service") return refreshService(state).catch(() => {}); // the network is away: the next one tells
  if (kind === "changed" || (kind === "hello" && (mailboxes.length || isBehind(reached)))) {
    document.body.dispatchEvent(new CustomEvent("mss:changed", { detail: mailboxes, bubbles: true }));
    soon();
  }
  if (kind === "ended" || kind === "closed") document.dispatchEvent(new CustomEvent("mss:look")); // lock.js asks the door
  if (kind === "ended") soon(400); // the rights changed
}

function directly() {
  const source = new EventSource(live);
  for (const kind of ["hello", "changed", "end"]) {
    source.addEventListener(kind, (event) => hear({ kind: kind === "end" ? "ended" : kind, mailboxes: JSON.parse(event.data), reached: event.lastEventId }));
  }
  source.addEventListener("present", (event) => hear({ kind: "present", present: JSON.parse(event.data) }));
  source.addEventListener("service", (event) => hear({ kind: "service", state: JSON.parse(event.data) }));
  source.addEventListener("error", () => source.readyState === EventSource.CLOSED && hear({ kind: "closed" }));
  addEventListener("pagehide", () => source.close());
}

function shared() {
  const worker = new SharedWorker(liveWorker, { name: "mssweb-live" });
  worker.port.addEventListener("message", ({ data }) => hear(data));
  worker.port.start();
  worker.port.postMessage({ kind: "open", address: new URL(live, location.href).href });
  addEventListener("pagehide", () => worker.port.postMessage({ kind: "bye" }));
}

document.body.addEventListener("mss:refresh", () => soon(0));
document.addEventListener("visibilitychange", () => document.hidden || soon());
addEventListener("pageshow", (event) => event.persisted && location.reload());

if (window.SharedWorker) shared();
else if (window.EventSource) directly();
