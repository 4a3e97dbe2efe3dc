// The annuaire beside a letter, on its page or in the one that floats: opened by its button, it gives recipients to the line
// that one was in, or to the one that is chosen. Arrows go through the answers, Enter takes one, Escape closes. There is one
// for all letters: it stands in the letter whose button was pressed. Without this script the button leads to the annuaire
// itself, in a new tab.

const panel = document.getElementById("panel") ?? Object.assign(document.createElement("aside"), { id: "panel", className: "panel", hidden: true });
panel.setAttribute("aria-labelledby", "panel-title");
let opener = null;
const lines = new WeakMap(); // by letter, the line of recipients that one was in last

const letterOf = (element) => (element.closest("[data-float]") ?? document).querySelector("form[data-compose]");
const into = () => panel.querySelector("[name=into]:checked");

document.addEventListener("focusin", ({ target }) => {
  if (!target.matches?.("[data-people]")) return;
  lines.set(target.form, target.name);
  if (opener && letterOf(opener) === target.form) choose(target.name);
});

function choose(name) {
  const radio = panel.querySelector(`[name=into][value="${name}"]`);
  if (radio) radio.checked = true;
}

async function open(button) {
  const float = button.closest("[data-float]");
  if (float && panel.parentElement !== float) float.append(panel);
  opener?.setAttribute("aria-expanded", "false");
  opener = button;
  panel.hidden = false;
  button.setAttribute("aria-expanded", "true");
  button.setAttribute("aria-controls", "panel");
  if (!panel.childElementCount) await window.htmx.ajax("GET", button.dataset.panel, { target: panel, swap: "innerHTML" });
  choose(lines.get(letterOf(button)) ?? "to");
  panel.querySelector("#panel-q")?.focus();
}
function close() {
  panel.hidden = true;
  opener?.setAttribute("aria-expanded", "false");
  opener?.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-panel]");
  if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!panel.hidden && opener === button && panel.isConnected) close();
  else open(button);
});

panel.addEventListener("click", (event) => {
  if (event.target.closest("[data-panel-close]")) close();
  const chosen = event.target.closest("[data-take]");
  if (!chosen || !opener) return;
  const { take: address, name } = chosen.dataset, field = letterOf(opener).elements[into()?.value ?? "to"];
  const folded = field.closest("details");
  if (folded) folded.open = true;
  chosen.classList.add("taken"); // on a telephone the letter is behind
  field.dispatchEvent(new CustomEvent("mss:recipient", { detail: { address, name } }));
  document.dispatchEvent(new CustomEvent("mss:announce", { detail: `${name} ajouté aux destinataires` }));
});

panel.addEventListener("keydown", (event) => {
  const all = [panel.querySelector("#panel-q"), ...panel.querySelectorAll("[data-take]")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && !event.target.matches("[name=into]")) {
    event.preventDefault();
    all[Math.min(Math.max(all.indexOf(document.activeElement) + step, 0), all.length - 1)]?.focus();
  } else if (event.key === "Escape") {
    event.stopPropagation(); // the letter stays as large as it is
    close();
  }
});
