// Writing: autosave within two seconds, sending (people.js: recipients; files.js: files).
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
    if (told.files) form.querySelector("[data-picked-files]").textContent = told.files; // there was no room for them
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

const text = form.elements.text;
if (document.activeElement === text) text.setSelectionRange(0, 0);
