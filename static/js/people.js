// Recipients: after two letters people are suggested from the annuaire (a text box with a list box: HTML allows no
// combobox of several lines); none is chosen until somebody chooses, so that Enter or Tab never writes to the wrong
// person.

function attach(form) {
const ask = (url, fields) => fetch(url, {
  method: "POST",
  body: new URLSearchParams(fields),
  headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "X-Background": "1" },
  credentials: "same-origin",
});

const tell = (detail = {}) => form.dispatchEvent(new CustomEvent("recipients", { detail })); // see recipients.js

for (const field of form.querySelectorAll("[data-people]")) people(field);

function people(field) {
  const list = document.createElement("ul");
  list.className = "suggest";
  list.id = `${field.id}-suggestions`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions de l’annuaire");
  list.hidden = true;
  field.after(list);
  for (const [name, value] of Object.entries({ "aria-haspopup": "listbox", "aria-autocomplete": "list", "aria-controls": list.id })) field.setAttribute(name, value);
  let wait, asked = 0, chosen = -1;

  const last = () => field.value.slice(field.value.lastIndexOf(",") + 1).trim();
  const options = () => [...list.querySelectorAll("[role=option]")];
  function show(open) {
    list.hidden = !open;
    chosen = -1;
    field.removeAttribute("aria-activedescendant");
  }
  function pick(option) {
    if (option.ariaDisabled === "true") return; // a group too large for one message: it says so
    const { name, address, typed = written(name, address) } = option.dataset;
    put(typed, { taken: address, isPlaced: option.hasAttribute("data-placed") });
  }
  const written = (name, address) => `"${name.replaceAll('"', "")}" <${address}>`;
  function put(typed, detail) {
    const kept = field.value.slice(0, field.value.lastIndexOf(",") + 1);
    field.value = `${kept}${kept ? " " : ""}${typed}, `;
    show(false);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    tell(detail);
  }
  field.addEventListener("mss:recipient", ({ detail }) => { // from the annuaire beside (panel.js)
    put(written(detail.name, detail.address), { taken: detail.address });
    clearTimeout(wait);
  });
  function mark(step) {
    const all = options();
    if (!all.length) return;
    chosen = chosen < 0 && step < 0 ? all.length - 1 : (chosen + step + all.length) % all.length;
    all.forEach((option, index) => { option.id = `${list.id}-${index}`; option.setAttribute("aria-selected", String(index === chosen)); });
    field.setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  }
  async function suggest() {
    const words = last();
    const number = ++asked;
    if (words.length < 2 || words.includes("@")) { show(false); return; }
    try {
      const answer = await ask(form.dataset.suggest, { q: words });
      if (!answer.ok || number !== asked) return;
      list.innerHTML = await answer.text();
      show(options().length > 0);
    } catch { show(false); }
  }
  // A list of addresses, from a table or another letter: the server reads it, whatever stands between them.
  field.addEventListener("paste", async (event) => {
    const words = event.clipboardData.getData("text/plain");
    if (event.clipboardData.files.length || !/@.*[\n;,\t].*@|mailto:|\n|\t/s.test(words)) return;
    event.preventDefault();
    let typed = words.replace(/[\s;]*[\n;\t]+\s*/g, ", ");
    try {
      const answer = await ask(form.dataset.check, { pasted: words });
      if (answer.ok) typed = (await answer.json()).pasted || typed;
    } catch { /* offline: as it is */ }
    const before = field.value.trim().replace(/,$/, "");
    field.value = `${before}${before ? ", " : ""}${typed}, `;
    show(false);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    clearTimeout(wait);
    tell();
  });
  field.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(suggest, 90); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault(); // a line of recipients has no lines
      if (!list.hidden && chosen >= 0) pick(options()[chosen]);
      else show(false);
    }
    if (list.hidden) return;
    if (event.key === "ArrowDown") { event.preventDefault(); mark(1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); mark(-1); }
    else if (event.key === "Tab" && chosen >= 0) { event.preventDefault(); pick(options()[chosen]); }
    else if (event.key === "Escape") { event.stopPropagation(); show(false); }
  });
  list.addEventListener("mousedown", (event) => { event.preventDefault(); const option = event.target.closest("[role=option]"); if (option) pick(option); });
  field.addEventListener("blur", () => { clearTimeout(wait); asked += 1; setTimeout(() => show(false), 150); tell(); });
  grow(field);
}
}

// As tall as the recipients it holds, where the style sheet alone cannot do it.
function grow(field) {
  if (CSS.supports("field-sizing", "content")) return;
  const fit = () => { field.style.height = "auto"; field.style.height = `${field.scrollHeight}px`; };
  field.addEventListener("input", fit);
  fit();
}

document.querySelectorAll("[data-compose]").forEach(attach);
document.addEventListener("mss:composer", ({ detail }) => attach(detail));
