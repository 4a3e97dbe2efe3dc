// Writing: saves within two seconds, leaves the page with nothing unsaved (people.js: recipients; files.js: files; rich.js:
// the editor). A form is on its page, or floats over another one (float.js); each has its own life here.
// What is not saved yet waits in this tab, sealed: its key is in the page of its author and nowhere in the browser, so
// that what is left on a shared computer opens for nobody else. It is taken away once it is saved.

const utf8 = (text) => new TextEncoder().encode(text);
const opened = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const closed = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const PATIENCE = [5, 10, 20, 40, 60]; // seconds between two tries without network

// Whose save was last: this tab's own, which it may not have heard of, is no conflict. A tab that was duplicated has the
// same storage; the lock is held by one of them alone.
let tab = "";
async function claim(name) {
  if (!navigator.locks || !name) return;
  const how = { signal: AbortSignal.timeout(800) };
  navigator.locks.request(`composer ${name}`, how, () => { sessionStorage.setItem("composer tab", tab = name); return new Promise(() => {}); })
    .catch(() => claim(crypto.randomUUID?.()));
}
claim(sessionStorage.getItem("composer tab") ?? crypto.randomUUID?.());

function attach(form) {
const float = form.closest("[data-float]");
const gone = new AbortController(); // the form is replaced or closed
const until = { signal: gone.signal };
form.addEventListener("mss:gone", () => gone.abort(), { once: true });
const status = form.querySelector("[data-saved]");
const { author, key } = form.dataset;
const TYPED = ["to", "cc", "bcc", "subject", "text"];
const DOCUMENT = [...form.querySelectorAll("[data-health] [name^=doc_]:not([type=checkbox])")].map((field) => field.name); // structured.js
const TEXTS = [...TYPED, "kind", "source", "veiled", "quote", "html", "signature", "importance", "reply_to", ...DOCUMENT].filter((name) => form.elements[name]);
let edits = 0, savedUpTo = 0; // how often something was typed, and how often when it was last saved
let saving = null, isConflict = false, isLeaving = false, isKept = true, timer = 0, tries = 0;

const isDirty = () => edits !== savedUpTo;
const target = () => form.getAttribute("action");
const say = (...words) => { status.replaceChildren(...words); form.dispatchEvent(new CustomEvent("mss:state", { bubbles: true, detail: isDirty() })); };
const banner = form.querySelector("[data-offline]");

function post(extra = {}) {
  if (tab) form.elements.tab.value = `${tab} ${Date.now()}`;
  const body = new FormData(form);
  body.delete("files");
  body.set("action", "save");
  const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "X-Background": "1" };
  return fetch(target(), { method: "POST", body, headers, credentials: "same-origin", ...extra });
}

// --- What waits in the tab -----------------------------------------------------------------------
const sealing = (async () => crypto.subtle.importKey("raw", opened(key), "AES-GCM", false, ["encrypt", "decrypt"]))();
sealing.catch(() => {}); // no secure context: nothing is kept, and the page asks before it is left
const nameOf = (draft) => `unsaved ${author} ${draft}`;
const forget = () => { sessionStorage.removeItem(nameOf(target())); isKept = true; };

const boxes = () => [...form.querySelectorAll("input[type=checkbox]")], mark = (box) => `${box.name} ${box.value}`;

function typed() {
  const ticked = boxes().filter((box) => box.checked).map(mark);
  return { ...Object.fromEntries(TEXTS.map((name) => [name, form.elements[name].value])), ticked };
}

const isSame = (one, other) => JSON.stringify({ ...one, veiled: "" }) === JSON.stringify({ ...other, veiled: "" }); // a box is never sealed twice alike

async function keep() {
  const name = nameOf(target()), words = { ...typed(), version: form.elements.version.value };
  try {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const how = { name: "AES-GCM", iv, additionalData: utf8(name) };
    const box = new Uint8Array(await crypto.subtle.encrypt(how, await sealing, utf8(JSON.stringify(words))));
    if (!isDirty() || name !== nameOf(target())) return; // saved meanwhile
    sessionStorage.setItem(name, [location.pathname, closed(iv), closed(box)].join(" "));
    isKept = true;
  } catch {
    isKept = false;
  }
}

async function open(name) {
  try {
    const [, iv, box] = sessionStorage.getItem(name).split(" ");
    const how = { name: "AES-GCM", iv: opened(iv), additionalData: utf8(name) };
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, await sealing, opened(box))));
  } catch {
    return null;
  }
}

// What was typed here and never saved comes back: on the page of its draft, or on the page where it was begun when one
// returns from the lock or reloads. A message that is begun anew is never filled with the words of another.
async function recall() {
  if (!float && location.pathname !== target()) sessionStorage.removeItem(nameOf(location.pathname)); // kept beside, as a draft of its own
  const draft = await begunHere();
  const words = draft && await open(nameOf(draft));
  if (!words || edits) return;
  const { version, ...texts } = words;
  if (draft !== target()) {
    const there = await fetch(draft, { headers: { "X-Background": "1" }, credentials: "same-origin" });
    if (there.ok) return location.replace(draft); // it was saved on leaving after all
    form.setAttribute("action", draft);
  }
  if (isSame(texts, typed())) return forget();
  for (const name of TEXTS) form.elements[name].value = texts[name] ?? "";
  form.dispatchEvent(new CustomEvent("mss:recalled"));
  for (const box of boxes()) box.checked = texts.ticked.includes(mark(box));
  form.elements.version.value = Math.max(version, form.elements.version.value);
  for (const more of form.querySelectorAll("details.more:not(.options)")) more.open ||= Boolean(texts.cc || texts.bcc);
  form.dispatchEvent(new CustomEvent("recipients"));
  edits += 1;
  say("Votre texte, qui n’était pas enregistré, est revenu.");
  schedule(1200);
}

async function begunHere() {
  if (sessionStorage.getItem(nameOf(target()))) return target();
  if (float) return null;
  const from = document.referrer && new URL(document.referrer);
  const isBack = from && from.host === location.host && /^\/(connexion|verrou)\//.test(from.pathname);
  const [entry] = performance.getEntriesByType("navigation");
  if (!isBack && entry?.type !== "reload") return null;
  const here = (name) => name.startsWith(nameOf("")) && sessionStorage.getItem(name).startsWith(`${location.pathname} `);
  const name = Object.keys(sessionStorage).find(here);
  return name ? name.slice(nameOf("").length) : null;
}

// --- Saving --------------------------------------------------------------------------------------
// True when everything that was typed is on the server.
function save() {
  if (!saving) saving = attempt().finally(() => { saving = null; });
  return saving;
}

async function attempt() {
  const upTo = edits;
  if (!status.querySelector("a")) say("Enregistrement…");
  let answer;
  try {
    answer = await post();
    if (answer.status === 403 && await renew()) answer = await post();
  } catch {
    banner.hidden = false;
    return fail("Pas encore enregistré");
  }
  banner.hidden = true;
  if (answer.status === 413) {
    say("Ce brouillon est trop long pour être enregistré : raccourcissez-le, tout le reste est gardé.");
    return false;
  }
  if (answer.status === 401 || answer.status === 403) return refuse(answer);
  if (answer.status === 409) {
    isConflict = true; // changed, sent or deleted in another tab
    say(`${(await answer.json()).why} Enregistrez pour garder votre version à part.`);
    return false;
  }
  if (!answer.ok) return fail("L’enregistrement a échoué : votre texte est gardé ici, nouvel essai dans un instant.");
  const told = await answer.json();
  form.elements.version.value = told.version;
  savedUpTo = upTo;
  tries = 0;
  if (!isDirty()) forget();
  if (!float && location.pathname !== target()) history.replaceState(history.state, "", target()); // a reload shows this draft
  if (told.files) form.querySelector("[data-picked-files]").textContent = told.files; // there was no room for them
  say(`Brouillon enregistré à ${told.at}`);
  if (isDirty()) schedule(1200);
  return true;
}

function fail(words) {
  say(words);
  schedule(PATIENCE[Math.min(tries++, PATIENCE.length - 1)] * 1000);
  return false;
}
addEventListener("online", () => { if (isDirty()) schedule(0); }, until);

// Locked or signed out: a way back, in this tab when the text waits there, else in another one.
async function refuse(answer) {
  await keep();
  schedule(5000);
  if (status.querySelector("a")) return false;
  const way = document.createElement("a");
  way.href = answer.headers.get("HX-Redirect") ?? document.body.dataset.lock;
  way.className = "link";
  way.textContent = "Me reconnecter";
  if (!isKept) way.target = "_blank";
  way.addEventListener("click", () => { isLeaving = isKept; });
  say(isKept ? "Session verrouillée : votre texte attend ici, scellé, votre retour. " : "Session verrouillée : gardez cette page ouverte. ", way);
  return false;
}

// Signed in again in another tab: the form's token is of the session before.
async function renew() {
  const page = await fetch(float ? location.href : location.pathname, { headers: { "X-Background": "1" }, credentials: "same-origin" });
  const other = page.ok && new DOMParser().parseFromString(await page.text(), "text/html");
  const token = other && other.querySelector("[name=csrfmiddlewaretoken]");
  const whose = other && other.querySelector("[data-author]")?.dataset.author;
  if (!token || whose !== author) return false;
  form.elements.csrfmiddlewaretoken.value = token.value;
  return true;
}

function schedule(wait) {
  clearTimeout(timer);
  timer = setTimeout(() => { if (isDirty() && !isLeaving && !isConflict && !gone.signal.aborted) save(); }, wait);
}

form.addEventListener("input", (event) => {
  if (event.target.type === "file") return;
  edits += 1;
  keep();
  form.dispatchEvent(new CustomEvent("mss:state", { bubbles: true, detail: true }));
  schedule(1200);
});
addEventListener("pagehide", () => { if (isDirty() && !isLeaving) post({ keepalive: true }); }, until);
addEventListener("beforeunload", (event) => { if (isDirty() && !isLeaving && (isConflict || !isKept)) event.preventDefault(); }, until);
addEventListener("pageshow", () => { isLeaving = false; }, until);
form.addEventListener("mss:stayed", () => { isLeaving = false; }); // what was asked did not reach the server

// --- Leaving by a button: only once the words are safe and the session is known to be there --------
let pressed = null;
form.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (isLeaving) return;
  clearTimeout(timer);
  if (button?.value === "delete") { isLeaving = true; forget(); return; }
  event.preventDefault();
  if (pressed) return;
  pressed = button;
  if (saving) await saving;
  const isSafe = await save();
  pressed = null;
  if (float && button?.value === "save" && !isConflict) return;
  if (isSafe || isConflict) { isLeaving = true; form.requestSubmit(button); }
  else if (status.querySelector("a")) { if (isKept) status.querySelector("a").click(); }
  else if (button?.value !== "save") document.dispatchEvent(new CustomEvent("mss:say", { detail: { text: "La messagerie ne répond pas : rien n’est parti, votre message reste ouvert. Réessayez dans un instant.", isError: true } }));
});
form.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") { event.preventDefault(); form.requestSubmit(form.querySelector("[data-send]")); }
});

// What was typed before this module was there is an edit like any other.
const isBegun = () => TYPED.some((name) => form.elements[name].value !== form.elements[name].defaultValue);
recall().then(() => { if (!edits && isBegun()) form.dispatchEvent(new Event("input")); });
form.addEventListener("mss:save", ({ detail }) => { detail.answer = isDirty() || !Number(form.elements.version.value) ? save() : Promise.resolve(true); });
const words = form.elements.text;
if (document.activeElement === words) words.setSelectionRange(0, 0);
}

document.querySelectorAll("[data-compose]").forEach(attach);
document.addEventListener("mss:composer", ({ detail }) => attach(detail));
