// The search box: what may be typed next is proposed under it, and results come while one types. Without this script the
// form is sent by Enter. What is typed is posted, never in an address.

const WAIT_MS = 220;
const LEAST = 3; // letters of a word that is looked for while it is typed

for (const form of document.querySelectorAll("form[data-search]")) attend(form);
document.addEventListener("htmx:afterSettle", () => {
  for (const form of document.querySelectorAll("form[data-search]:not([data-attended])")) attend(form);
});

function attend(form) {
  form.dataset.attended = "";
  const field = form.elements.q;
  const list = document.createElement("ul");
  list.className = "find-options";
  list.id = `find-options-${document.querySelectorAll(".find-options").length}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Affiner la recherche");
  list.hidden = true;
  form.append(list);
  for (const [name, value] of Object.entries({ "aria-haspopup": "listbox", "aria-autocomplete": "list", "aria-controls": list.id })) field.setAttribute(name, value);
  let asked = 0, chosen = -1, hinting, looking;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const hide = () => {
    list.hidden = true;
    chosen = -1;
    field.removeAttribute("aria-activedescendant");
  };

  async function hint() {
    const number = ++asked;
    const body = new URLSearchParams({ q: field.value });
    try {
      const answer = await fetch(form.dataset.search, { method: "POST", body, headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "X-Background": "1" } });
      if (!answer.ok || number !== asked || document.activeElement !== field) return;
      list.innerHTML = await answer.text();
      hide();
      list.hidden = options().length === 0;
    } catch { hide(); } // the network is away: the form still works once it is back
  }

  function look() {
    const words = field.value.trim().split(/\s+/);
    const isWorth = words.some((word) => word.length >= LEAST && !word.endsWith(":"));
    if (form.hasAttribute("hx-post") && isWorth) window.htmx.trigger(form, "mss:typed");
  }

  function take(option) {
    const kept = field.value.slice(0, field.value.lastIndexOf(" ") + 1);
    const written = option.dataset.writes;
    field.value = kept + written + (written.endsWith(":") ? "" : " ");
    hide();
    field.focus();
    field.dispatchEvent(new Event("input"));
  }

  function mark(step) {
    const all = options();
    chosen = chosen < 0 && step < 0 ? all.length - 1 : (chosen + step + all.length) % all.length;
    all.forEach((option, index) => { option.id = `${list.id}-${index}`; option.setAttribute("aria-selected", String(index === chosen)); });
    field.setAttribute("aria-activedescendant", all[chosen].id);
  }

  field.addEventListener("input", () => {
    clearTimeout(hinting);
    clearTimeout(looking);
    hinting = setTimeout(hint, 90);
    looking = setTimeout(look, WAIT_MS);
  });
  field.addEventListener("focus", () => field.value || hint());
  field.addEventListener("blur", () => { asked++; setTimeout(hide, 150); });
  form.addEventListener("submit", () => { asked++; clearTimeout(looking); hide(); });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") mark(1);
    else if (event.key === "ArrowUp") mark(-1);
    else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) take(options()[chosen]);
    else if (event.key === "Escape") { event.stopPropagation(); hide(); }
    else return;
    event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
}
