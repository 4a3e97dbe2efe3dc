// Writing: autosave within two seconds, people suggested from the annuaire, addresses checked in place, files dropped.
// What is typed never leaves for anywhere but our own forms, and is kept nowhere else in the browser.

const form = document.querySelector("[data-compose]");
const saved = form.querySelector("[data-saved]");
const target = form.getAttribute("action");
const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
let timer, dirty = false, saving = null, leaving = false;

const post = (url, body, extra = {}) => fetch(url, {
  method: "POST", body, headers: { "X-CSRFToken": token, "X-Background": "1" }, credentials: "same-origin", ...extra,
});

function fields() {
  const data = new FormData(form);
  data.delete("files");
  data.set("action", "save");
  return data;
}

async function save(extra = {}) {
  if (!dirty || leaving || saving) return;
  dirty = false;
  saved.textContent = "Enregistrement…";
  saving = post(target, fields(), extra);
  try {
    const answer = await saving;
    if (answer.status === 401) throw new Error("locked");
    if (answer.status === 409) { saved.textContent = "Modifié ailleurs : enregistrez pour garder votre version à part."; return; }
    if (!answer.ok) throw new Error("refused");
    const told = await answer.json();
    form.elements.version.value = told.version;
    if (told.files) picked.textContent = told.files; // there was no room for them
    const now = new Date();
    saved.textContent = `Brouillon enregistré à ${now.getHours()}:${String(now.getMinutes()).padStart(2, "0")}`;
  } catch (problem) {
    dirty = true;
    saved.textContent = problem.message === "locked"
      ? "Session verrouillée : votre texte est gardé ici et sera enregistré à votre retour."
      : "Hors ligne : votre texte est gardé ici, nouvel essai dans un instant.";
    clearTimeout(timer);
    timer = setTimeout(save, 5000);
  } finally {
    saving = null;
    if (dirty) schedule();
  }
}

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(save, 1200);
}

form.addEventListener("input", (event) => {
  if (event.target.type === "file") return;
  dirty = true;
  schedule();
});
addEventListener("pagehide", () => { if (dirty && !leaving) post(target, fields(), { keepalive: true }); });

let sending = false;
form.addEventListener("submit", (event) => {
  if (event.submitter?.value === "send") {
    if (sending) { event.preventDefault(); return; }
    sending = true;
  }
  clearTimeout(timer);
  if (saving) {
    event.preventDefault();
    const button = event.submitter;
    sending = false;
    saving.finally(() => setTimeout(() => form.requestSubmit(button), 0));
    return;
  }
  leaving = true;
});
form.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") { event.preventDefault(); form.requestSubmit(form.querySelector("[data-send]")); }
});

// Files: chosen, dropped or pasted; they travel with the next save.
const files = form.querySelector("[data-files]"), picked = form.querySelector("[data-picked-files]");
function keepFiles(list) {
  const holder = new DataTransfer();
  for (const file of [...files.files, ...list]) holder.items.add(file);
  const size = [...holder.files].reduce((sum, file) => sum + file.size, 0);
  if (size > Number(form.dataset.max)) { picked.textContent = "Trop volumineux : 25 Mo au plus par message."; return; }
  files.files = holder.files;
  upload();
}
function upload() {
  if (files.files.length) { picked.textContent = "Envoi des fichiers…"; form.requestSubmit(form.querySelector("button[value=save]")); }
}
files.addEventListener("change", upload);
form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("dropping"); });
form.addEventListener("dragleave", () => form.classList.remove("dropping"));
form.addEventListener("drop", (event) => { event.preventDefault(); form.classList.remove("dropping"); keepFiles(event.dataTransfer.files); });
form.addEventListener("paste", (event) => { if (event.clipboardData.files.length) { event.preventDefault(); keepFiles(event.clipboardData.files); } });

// People: after two letters, from the annuaire (combobox pattern of ARIA 1.2).
for (const input of form.querySelectorAll("[data-people]")) people(input);

function people(input) {
  const list = document.createElement("ul");
  list.className = "suggest";
  list.id = `${input.id}-suggestions`;
  list.setAttribute("role", "listbox");
  list.hidden = true;
  input.after(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) input.setAttribute(name, value);
  let wait, asked = 0, chosen = -1;

  const last = () => input.value.slice(input.value.lastIndexOf(",") + 1).trim();
  const options = () => [...list.querySelectorAll("[role=option]")];
  function show(open) { list.hidden = !open; input.setAttribute("aria-expanded", String(open)); if (!open) { chosen = -1; input.removeAttribute("aria-activedescendant"); } }
  function pick(option) {
    const kept = input.value.slice(0, input.value.lastIndexOf(",") + 1);
    input.value = `${kept}${kept ? " " : ""}"${option.dataset.name.replaceAll('"', "")}" <${option.dataset.address}>, `;
    show(false);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    check();
  }
  function mark(step) {
    const all = options();
    if (!all.length) return;
    chosen = (chosen + step + all.length) % all.length;
    all.forEach((option, index) => { option.id = `${list.id}-${index}`; option.setAttribute("aria-selected", String(index === chosen)); });
    input.setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  }
  async function ask() {
    const words = last();
    if (words.length < 2 || words.includes("@")) { show(false); return; }
    const number = ++asked;
    try {
      const answer = await post(form.dataset.suggest, new URLSearchParams({ q: words }));
      if (!answer.ok || number !== asked) return;
      list.innerHTML = await answer.text();
      show(options().length > 0);
      if (options().length) { chosen = -1; mark(1); }
    } catch { show(false); }
  }
  input.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(ask, 90); });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") { event.preventDefault(); mark(1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); mark(-1); }
    else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0 && !event.ctrlKey) { event.preventDefault(); pick(options()[chosen]); }
    else if (event.key === "Escape") { event.stopPropagation(); show(false); }
  });
  list.addEventListener("mousedown", (event) => { event.preventDefault(); const option = event.target.closest("[role=option]"); if (option) pick(option); });
  input.addEventListener("blur", () => { setTimeout(() => show(false), 150); check(); });
}

// Addresses that cannot be written to are said at once, with the reason.
const refusals = form.querySelector("[data-refusals]");
async function check() {
  const typed = [...form.querySelectorAll("[data-people]")].map((input) => input.value.trim()).filter(Boolean).join(", ");
  if (!typed) { refusals.hidden = true; return; }
  try {
    const answer = await post(form.dataset.check, new URLSearchParams({ to: typed }));
    if (!answer.ok) return;
    const { refused } = await answer.json();
    refusals.replaceChildren(...Object.entries(refused).map(([address, why]) => {
      const line = document.createElement("li"), name = document.createElement("b");
      name.textContent = address;
      line.append(name, ` – ${why}`);
      return line;
    }));
    refusals.hidden = !refusals.childElementCount;
  } catch { /* the form itself checks again when it is sent */ }
}

const text = form.elements.text;
if (document.activeElement === text) text.setSelectionRange(0, 0);
