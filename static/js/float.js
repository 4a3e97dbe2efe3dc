// Floating composers: links to writing open a letter over the page one is on, up to four side by side; Escape makes one
// small, closing it keeps its draft. A reload finds them again by the ids of their drafts. Their own modules and styles are
// asked for when the first one opens; where anything fails, the link leads to the page of the letter.

const dock = document.getElementById("composers");
const STORE = "composers", MOST = 4;
const floats = () => [...dock.querySelectorAll("[data-float]")];
const isSmall = (float) => float.classList.contains("small");
const title = (float) => float.querySelector("[data-float-title]");
const announce = (words) => document.dispatchEvent(new CustomEvent("mss:announce", { detail: words }));
const tell = (text, isError = true) => document.dispatchEvent(new CustomEvent("mss:say", { detail: { text, isError } }));

let isRestoring = false;
function remember() {
  if (isRestoring) return; // what is not there yet is not forgotten
  const open = floats().map((float) => {
    const form = float.querySelector("form");
    return { draft: form.getAttribute("action"), from: float.dataset.from, small: isSmall(float), saved: Number(form.elements.version.value) > 0 };
  });
  sessionStorage.setItem(STORE, JSON.stringify(open));
  document.dispatchEvent(new CustomEvent("mss:composers"));
}

let ready = null;
function kit() {
  ready ??= Promise.all([
    ...dock.dataset.styles.split(" ").map((href) => new Promise((done) => {
      const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: done, onerror: done });
      document.head.append(sheet);
    })),
    ...dock.dataset.modules.split(" ").map((url) => import(url)),
  ]);
  return ready;
}

const ask = (url, more = {}) => fetch(url, { credentials: "same-origin", ...more, headers: { "X-Floating": "1", "HX-Request": "true", "HX-Current-URL": location.href, ...more.headers } });

// A lost session leads to its door; anything that is no composer, to its own page.
async function fragment(answer) {
  const door = answer.headers.get("HX-Redirect");
  if (door) { document.dispatchEvent(new CustomEvent("mss:leave", { detail: door })); return null; }
  return answer.headers.get("X-Composer") ? answer.text() : null;
}

function made(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html").querySelector("[data-float]");
  const first = parsed?.querySelector("[autofocus]");
  if (first) { // a browser would obey it as the float is put there: a letter that is found again takes no key from its page
    first.removeAttribute("autofocus");
    first.dataset.first = "";
  }
  return parsed && document.adoptNode(parsed);
}

function settle(float, { from, small = false, focus = true } = {}) {
  float.dataset.from = from ?? float.dataset.from ?? "";
  float.classList.toggle("small", small);
  label(float);
  document.dispatchEvent(new CustomEvent("mss:composer", { detail: float.querySelector("form") }));
  window.htmx?.process(float);
  if (focus && !small) enter(float);
  remember();
}

function enter(float) {
  const faulty = [...float.querySelectorAll("[aria-invalid=true]")].find((one) => one.offsetParent); // the first to be mended
  const wanted = faulty ?? float.querySelector(float.querySelector("[role=alert]") ? "[data-send]" : "[data-first]");
  (wanted ?? float).focus();
  faulty?.scrollIntoView({ block: "center" });
}

function label(float) {
  const subject = float.querySelector("[name=subject]").value.trim(), to = float.querySelector("[name=to]").value.trim();
  title(float).textContent = subject || (to && `À ${to.replace(/<[^>]*>|"/g, "").replace(/[\s,]+$/, "")}`) || title(float).dataset.otherwise;
  const button = float.querySelector("[data-float-min]");
  button.setAttribute("aria-expanded", String(!isSmall(float)));
}

async function open(url, { draft, small = false, focus = true, more } = {}) {
  if (floats().length >= MOST) { tell(`Quatre messages sont déjà ouverts : fermez-en un, son brouillon est gardé.`); return true; }
  const [answer] = await Promise.all([ask(url, more), kit()]);
  const html = await fragment(answer);
  if (!html) { if (answer.ok && answer.redirected) location.assign(answer.url); return false; }
  const float = made(html);
  if (draft) { // begun here, never saved: the same draft, so that what waits for it is found again
    const form = float.querySelector("form"), fresh = form.getAttribute("action");
    form.setAttribute("action", draft);
    form.dataset.filesTo = form.dataset.filesTo.replace(fresh, draft);
  }
  for (const other of floats()) if (innerWidth < 768 || floats().filter((one) => !isSmall(one)).length >= room()) shrink(other);
  dock.append(float);
  settle(float, { from: url, small, focus });
  if (focus) announce(`${title(float).textContent} : ouvert. Échap pour réduire.`);
  return true;
}

const room = () => Math.max(1, Math.floor((innerWidth - 260) / 580)); // how many stand side by side

function shrink(float, back = false) {
  float.classList.add("small");
  float.classList.remove("full");
  label(float);
  remember();
  if (back) float.querySelector("[data-float-min]").focus();
}

function grow(float) {
  const others = floats().filter((one) => one !== float && !isSmall(one));
  if (innerWidth < 768 || others.length >= room()) others.slice(0, innerWidth < 768 ? undefined : 1).forEach((one) => shrink(one));
  float.classList.remove("small");
  label(float);
  remember();
  enter(float);
}

function drop(float) {
  float.querySelector("form").dispatchEvent(new CustomEvent("mss:gone"));
  float.remove();
  remember();
  const next = floats().findLast((one) => !isSmall(one));
  if (next) enter(next);
  else document.querySelector("[data-focus], #rows .hit, #main")?.focus();
}

async function close(float) {
  const form = float.querySelector("form");
  const wanted = { answer: null };
  if (float.dataset.dirty === "1") {
    form.dispatchEvent(new CustomEvent("mss:save", { detail: wanted }));
    if (!(await wanted.answer)) { tell("Pas encore enregistré : ce message reste ouvert pour que rien ne se perde."); return; }
  }
  drop(float);
  document.dispatchEvent(new CustomEvent("mss:counted"));
}

// The letter is posted as its page would post it; what comes back takes its place.
async function submit(form, button) {
  const float = form.closest("[data-float]");
  const body = new FormData(form, button);
  float.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(form.getAttribute("action"), { method: "POST", body, headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value } });
    const html = await fragment(answer);
    if (html === null) {
      if (answer.ok && answer.redirected) { drop(float); location.assign(answer.url); return; }
      throw new Error(answer.status);
    }
    if (answer.headers.get("X-Composer") === "closed") {
      drop(float);
      document.getElementById("toasts").innerHTML = html;
      document.dispatchEvent(new CustomEvent("mss:counted"));
      return;
    }
    const next = made(html), from = float.dataset.from, isFull = float.classList.contains("full");
    form.dispatchEvent(new CustomEvent("mss:gone"));
    float.replaceWith(next);
    next.classList.toggle("full", isFull);
    settle(next, { from });
    next.querySelector("[role=alert]")?.scrollIntoView({ block: "nearest" });
  } catch {
    form.dispatchEvent(new CustomEvent("mss:stayed"));
    tell("La messagerie n’a pas répondu : rien n’est parti, votre message reste ouvert. Réessayez dans un instant.");
  } finally {
    float.removeAttribute("aria-busy");
  }
}

if (dock) {
  document.addEventListener("click", async (event) => {
    const link = event.target.closest?.("a[data-composes]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (link.dataset.busy) return;
    link.dataset.busy = "1";
    try { if (!(await open(link.getAttribute("href")))) location.assign(link.href); }
    catch { tell("Connexion perdue : le message n’a pas pu s’ouvrir. Réessayez dans un instant."); }
    finally {
      delete link.dataset.busy;
      document.dispatchEvent(new CustomEvent("mss:opened")); // keys.js
    }
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (form.matches("[data-reopens]")) { // a sending taken back: its letter floats again
      event.preventDefault();
      const token = form.elements.csrfmiddlewaretoken.value;
      form.closest("[data-toast]")?.remove();
      try { await open(form.getAttribute("action"), { more: { method: "POST", body: new URLSearchParams({ csrfmiddlewaretoken: token }) } }); }
      catch { tell("Connexion perdue : l’envoi n’a pas pu être annulé."); }
    } else if (dock.contains(form) && form.matches("[data-compose]")) {
      event.preventDefault();
      submit(form, event.submitter);
    }
  });
  dock.addEventListener("click", (event) => {
    const float = event.target.closest("[data-float]");
    if (!float) return;
    if (event.target.closest("[data-float-close]")) close(float);
    else if (event.target.closest("[data-float-min]")) { if (isSmall(float)) grow(float); else shrink(float, true); }
    else if (event.target.closest("[data-float-full]")) { const isFull = float.classList.toggle("full"); event.target.closest("button").setAttribute("aria-pressed", String(isFull)); }
    else if (isSmall(float)) grow(float);
  });
  dock.addEventListener("keydown", (event) => {
    const float = event.target.closest("[data-float]");
    if (event.key !== "Escape" || (event.defaultPrevented && !event.target.closest(".editor-words")) || !float || isSmall(float) || event.target.closest("details[data-menu][open]")) return;
    shrink(float, true);
    announce("Message réduit ; son brouillon est gardé.");
  });
  dock.addEventListener("input", (event) => { const float = event.target.closest("[data-float]"); if (float && /^(subject|to)$/.test(event.target.name)) label(float); });
  dock.addEventListener("mss:state", ({ target, detail }) => {
    const float = target.closest("[data-float]");
    float.dataset.dirty = detail ? "1" : "0";
    label(float);
    if (!detail) remember();
    float.querySelector("[data-float-state]").textContent = detail ? "Non enregistré" : "Enregistré";
  });
  // After a reload, or a lock: the same letters, as they were.
  const kept = JSON.parse(sessionStorage.getItem(STORE) ?? "[]");
  (async () => {
    isRestoring = true;
    const alone = { headers: { "X-Background": "1" } }; // nobody asked
    for (const { draft, from, small, saved } of kept.slice(0, MOST)) {
      // Saved or not is asked (204: it is not there), for it may have been saved as its page was left.
      // What was saved and is gone was sent or deleted elsewhere; what was never saved begins again, under the same id.
      const isWaiting = !saved || Object.keys(sessionStorage).some((name) => name.startsWith("unsaved ") && name.endsWith(` ${draft}`));
      try { if (!(await open(draft, { small, focus: false, more: alone })) && isWaiting && from) await open(from, { draft, small, focus: false, more: alone }); } catch { /* offline: their drafts are kept */ }
    }
    isRestoring = false;
    if (kept.length) remember();
  })();
}
