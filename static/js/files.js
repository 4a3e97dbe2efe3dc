// Files of what is written: chosen, dropped or pasted; counted before they travel, then sent one by one with their progress,
// each of which can be stopped or tried again. The words of the letter stay where they are.

const say = (bytes) => // as the server says it (templatetags/mail.py)
  bytes < 1000 ? `${bytes} octets` : bytes < 1e6 ? `${Math.round(bytes / 1000)} ko` : `${(bytes / 1e6).toLocaleString("fr", { maximumFractionDigits: 1 })} Mo`;

function attach(form) {
  const find = (name) => form.querySelector(`[data-${name}]`);
  const field = find("files"), told = find("picked-files"), list = find("travelling"), attached = find("attached");
  const waiting = [];
  let isBusy = false, whose = told.dataset.whose;

  const held = () => Number(attached.querySelector("[data-held]")?.dataset.held ?? 0);
  const travelling = () => [...waiting, ...list.querySelectorAll("li[data-size]")].reduce((sum, one) => sum + Number(one.size ?? one.dataset.size), 0);
  const total = () => { told.textContent = `${held() ? `${say(held())} sur ` : ""}${say(Number(form.dataset.max))}${held() ? "" : " au plus"} (${whose})`; told.classList.toggle("error", held() > Number(form.dataset.max)); };
  form.addEventListener("mss:room", ({ detail }) => { whose = detail; total(); });

  function take(files) {
    const all = [...files];
    field.value = "";
    if (!all.length) return;
    const size = all.reduce((sum, file) => sum + file.size, held() + travelling());
    if (size > Number(form.dataset.max)) {
      told.classList.add("error");
      told.textContent = `Trop volumineux : ${Math.floor(form.dataset.max / 1e6)} Mo au plus par message (${whose}). Rien de plus n’a été joint.`;
      return;
    }
    for (const file of all) waiting.push(file);
    next();
  }

  async function next() {
    if (isBusy || !waiting.length) return;
    isBusy = true;
    const file = waiting.shift(), line = lineOf(file);
    try { await travel(file, line); } finally { isBusy = false; next(); }
  }

  function lineOf(file) {
    const line = document.createElement("li"), name = document.createElement("span"), bar = document.createElement("progress");
    const size = document.createElement("span"), stop = document.createElement("button");
    line.dataset.size = file.size;
    name.className = "ellipsis";
    name.textContent = file.name || "image";
    size.className = "muted small";
    size.textContent = `${say(file.size)} · ${file.type.split("/").pop() || "fichier"}`;
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `Envoi de ${name.textContent}`);
    stop.type = "button";
    stop.className = "button ghost";
    stop.textContent = "Arrêter";
    line.append(name, size, bar, stop);
    list.append(line);
    list.hidden = false;
    return line;
  }

  async function travel(file, line) {
    const ask = { answer: null };
    form.dispatchEvent(new CustomEvent("mss:save", { detail: ask })); // the draft that it joins is there first
    if (!(await ask.answer)) return stopped(file, line, "Pas de connexion, ou session verrouillée.");
    const body = new FormData();
    body.append("files", file, file.name || "image.png");
    await new Promise((done) => {
      const asked = new XMLHttpRequest();
      asked.open("POST", form.dataset.filesTo);
      asked.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
      asked.setRequestHeader("X-Background", "1"); // a queue may go on for minutes: no gesture
      asked.upload.addEventListener("progress", ({ loaded, total: all }) => { line.querySelector("progress").value = loaded / all; });
      asked.addEventListener("load", () => {
        if (asked.status === 200) { line.remove(); list.hidden = !list.childElementCount; show(asked.responseText); }
        else if (asked.status === 422) { line.remove(); list.hidden = !list.childElementCount; show(asked.responseText); }
        else stopped(file, line, asked.status === 413 ? "Trop volumineux." : "Non joint : réessayez.");
        done();
      });
      asked.addEventListener("error", () => { stopped(file, line, "Connexion perdue."); done(); });
      asked.addEventListener("abort", () => { line.remove(); list.hidden = !list.childElementCount; done(); });
      line.querySelector("button").onclick = () => asked.abort();
      asked.send(body);
    });
  }

  function stopped(file, line, why) {
    const again = document.createElement("button"), leave = line.querySelector("button"), words = document.createElement("span");
    line.querySelector("progress").remove();
    delete line.dataset.size;
    words.className = "error";
    words.setAttribute("role", "alert");
    words.textContent = why;
    again.type = "button";
    again.className = "button";
    again.textContent = "Réessayer";
    again.onclick = () => { line.remove(); waiting.push(file); next(); };
    leave.textContent = "Retirer";
    leave.onclick = () => { line.remove(); list.hidden = !list.childElementCount; };
    leave.before(words, again);
  }

  function show(html) {
    attached.innerHTML = html;
    total();
  }

  attached.addEventListener("click", async (event) => {
    const button = event.target.closest("button[value^='detach:']");
    if (!button) return;
    event.preventDefault();
    const body = new URLSearchParams({ detach: button.value.slice(7) });
    const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "X-Background": "1" }; // its click is told by lock.js
    try {
      const answer = await fetch(form.dataset.filesTo, { method: "POST", body, headers, credentials: "same-origin" });
      if (answer.ok) { show(await answer.text()); field.focus(); } else form.requestSubmit(button);
    } catch { form.requestSubmit(button); }
  });

  field.addEventListener("change", () => take(field.files));
  form.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    form.classList.add("dropping");
  });
  form.addEventListener("dragleave", (event) => { if (!form.contains(event.relatedTarget)) form.classList.remove("dropping"); });
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    form.classList.remove("dropping");
    take(event.dataTransfer.files);
  });
  form.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    take(event.clipboardData.files);
  }, true);
}

document.querySelectorAll("[data-compose]").forEach(attach);
document.addEventListener("mss:composer", ({ detail }) => attach(detail));
