// Who the recipients are, in place: which cannot be written to, why this address, the others of theirs one click away.
// The server makes the same list for the page; each of its buttons posts the form where this script does not run.

function attach(form) {
const [list, chips, refusals, told] = ["recipients", "chips", "refusals", "told"].map((name) => form.querySelector(`[data-${name}]`));
const FIELDS = ["to", "cc", "bcc"];
let number = 0, shown = null;

const summary = (address) => list.querySelector(`[data-recipient="${CSS.escape(address)}"] summary`);
const placed = () => [...list.querySelectorAll("[name=placed]")].map((input) => input.value);

// Asks again after each change; `taken` is an address that was just picked, `action` what a button of the list says.
async function tell({ taken = "", isPlaced = false, action = "" } = {}) {
  const mine = ++number;
  const typed = new URLSearchParams(FIELDS.map((name) => [name, form.elements[name].value]));
  if (!FIELDS.some((name) => typed.get(name).trim())) { render(""); chips.replaceChildren(); refuse({}); return; }
  for (const address of isPlaced ? [...placed(), taken] : placed()) typed.append("placed", address);
  typed.set("action", action);
  if (form.elements.doc?.checked) typed.set("doc", "1"); // it leaves twice: in its archive and beside it
  typed.set("veiled", form.elements.veiled.value); // whom masked addresses stand for
  const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "X-Background": "1" };
  const answer = await fetch(form.dataset.check, { method: "POST", body: typed, headers, credentials: "same-origin" });
  if (!answer.ok) throw new Error(answer.status);
  if (mine !== number) return;
  const { refused, html, chips: others, changed, told: words, room } = await answer.json();
  form.dataset.max = room.files;
  form.dispatchEvent(new CustomEvent("mss:room", { detail: room.whose }));
  for (const [name, value] of Object.entries(changed)) {
    const field = form.elements[name];
    if (field.value !== typed.get(name)) continue; // typed on meanwhile
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  render(html);
  chips.innerHTML = others;
  refuse(refused);
  if (action) told.textContent = words;
  const picked = taken ? summary(taken)?.parentElement : null;
  if (picked?.hasAttribute("data-asked")) picked.open = true;
}

function render(html) {
  if (html === shown) return; // what is open or has the focus stays
  const held = document.activeElement, open = list.querySelector("details[open]")?.closest("[data-recipient]").dataset.recipient;
  const at = list.contains(held) ? held.closest("[data-recipient]")?.dataset.recipient : null;
  list.innerHTML = shown = html;
  if (open && summary(open)) summary(open).parentElement.open = true;
  if (at) summary(at)?.focus();
}

function refuse(refused) {
  refusals.replaceChildren(...Object.entries(refused).map(([address, why]) => {
    const line = document.createElement("li"), name = document.createElement("b");
    name.textContent = address;
    line.append(name, ` – ${why}`);
    return line;
  }));
  refusals.hidden = !refusals.childElementCount;
}

const quietly = () => {}; // the form itself checks again when it is sent
form.addEventListener("recipients", (event) => tell(event.detail ?? {}).catch(quietly));
for (const part of [list, chips]) part.addEventListener("click", async (event) => {
  const button = event.target.closest("button[name=action]");
  if (!button) return;
  event.preventDefault();
  const action = button.value, here = button.closest("[data-recipient]")?.dataset.recipient;
  const address = action.startsWith("take:") ? action.slice(5).split(" ")[0] : here;
  try { await tell({ action }); } catch { form.requestSubmit(button); return; } // offline: as without this script
  for (const details of list.querySelectorAll("details[open]")) details.open = false;
  (summary(address) ?? chips.querySelector("button") ?? form.elements.to).focus();
});
list.addEventListener("keydown", (event) => {
  const details = event.target.closest("details[open]");
  if (event.key !== "Escape" || !details) return;
  event.stopPropagation();
  details.open = false;
  details.querySelector("summary").focus();
});
}

document.querySelectorAll("[data-compose]").forEach(attach);
document.addEventListener("mss:composer", ({ detail }) => attach(detail));
