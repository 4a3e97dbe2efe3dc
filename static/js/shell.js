// The shell of every page: menus, dialogs, toasts, counters, the tab's title and icon. Says when a request failed.

document.documentElement.classList.add("js");
document.querySelector('main [aria-invalid="true"]')?.focus(); // what was wrong is written again

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const announcer = () => document.getElementById("announcer");

document.addEventListener("mss:announce", (event) => {
  if (announcer()) announcer().textContent = event.detail;
});

// Menus are <details>: one open at a time, closed by a click elsewhere or Escape.
document.addEventListener("click", (event) => {
  for (const menu of all("details[data-menu][open]")) {
    if (!menu.contains(event.target) || event.target.closest("[popovertarget], [data-print]")) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of all("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  if (event.target.closest("[data-print]")) window.print();
  const dismissed = event.target.closest("[data-dismiss]");
  if (dismissed) dismissed.closest("[data-toast]").remove();
});

// Toasts leave by themselves, unless somebody is reading or about to press «Annuler».
const STAY_MS = 10000;
function schedule(toast) {
  toast.dataset.timed = "1";
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
  setTimeout(leave, toast.dataset.stay ? Number(toast.dataset.stay) * 1000 : STAY_MS);
}
function timeToasts() {
  all("[data-toast]:not([data-timed])").forEach(schedule);
}

function say(text, isError = false) {
  const toast = document.createElement("div");
  toast.className = isError ? "toast danger" : "toast";
  toast.dataset.toast = "";
  const words = document.createElement("span");
  words.textContent = text;
  toast.append(words);
  document.getElementById("toasts")?.replaceChildren(toast);
  schedule(toast);
}
document.addEventListener("mss:say", (event) => say(event.detail.text, event.detail.isError));

// Counters: one element holds them all; the rest of the page follows it.
const told = (count) => (count >= 999 ? "999+" : String(count));

function applyCounts() {
  const source = document.getElementById("counts");
  if (!source) return;
  const counts = new Map(source.value.split(" ").map((pair) => pair.split(":")));
  for (const element of all("[data-count]")) {
    const count = Number(counts.get(element.dataset.count) ?? 0);
    element.textContent = told(count);
    element.hidden = count === 0;
  }
  const unread = Number(source.dataset.unread);
  for (const words of all("[data-unread-words]")) {
    words.textContent = unread ? `${told(unread)} non lu${unread > 1 ? "s" : ""}` : "";
  }
  const others = all(".switcher .sheet [data-count]:not([hidden])").some((el) => el.dataset.count !== source.dataset.inbox);
  const dot = document.querySelector("[data-others]");
  if (dot) {
    dot.hidden = !others;
    dot.textContent = "•";
    dot.title = "Messages non lus dans une autre boîte";
  }
  document.title = (unread ? `(${told(unread)}) ` : "") + document.title.replace(/^\(\d+\+?\) /, "");
  const icon = document.querySelector("link[data-icon]");
  icon.dataset.plain ??= icon.href;
  const wanted = unread ? icon.dataset.unread : icon.dataset.plain;
  if (icon.getAttribute("href") !== wanted) icon.setAttribute("href", wanted);
}

const settled = () => {
  applyCounts();
  timeToasts();
};
document.addEventListener("htmx:afterSettle", settled);
document.addEventListener("mss:counted", settled);
settled();

// What failed is said, with what to do; nothing on the page is lost.
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status === 401) return; // HX-Redirect leads to the lock or to sign-in
  const words = { 403: "Votre rôle ne permet pas cette action.", 404: "Ce message n’est plus là : il a été déplacé ou supprimé.", 413: "C’est trop volumineux." };
  say(words[status] ?? "La messagerie n’a pas pu le faire. Réessayez dans un instant.", true);
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => say("Connexion perdue : rien n’a été changé. Réessayez dès qu’elle revient.", true));
}
