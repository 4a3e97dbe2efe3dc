// The annuaire beside the letter: opened by its button, it gives recipients to the line one was in. Arrows go through the
// answers, Enter takes one, Escape closes. Without this script the button leads to the annuaire itself, in a new tab.

const opener = document.querySelector("[data-panel]");
const panel = document.getElementById("panel");
let field = document.querySelector("[data-people]");

document.addEventListener("focusin", ({ target }) => {
  if (target.matches?.("[data-people]")) field = target;
});

async function open() {
  panel.hidden = false;
  opener.setAttribute("aria-expanded", "true");
  if (!panel.childElementCount) await window.htmx.ajax("GET", opener.dataset.panel, { target: panel, swap: "innerHTML" });
  panel.querySelector("#panel-q")?.focus();
}
function close() {
  panel.hidden = true;
  opener.setAttribute("aria-expanded", "false");
  opener.focus();
}

opener.setAttribute("aria-expanded", "false");
opener.setAttribute("aria-controls", "panel");
opener.removeAttribute("target");
opener.addEventListener("click", (event) => {
  event.preventDefault();
  if (panel.hidden) open();
  else close();
});

panel.addEventListener("click", (event) => {
  if (event.target.closest("[data-panel-close]")) close();
  const chosen = event.target.closest("[data-take]");
  if (!chosen) return;
  const { take: address, name } = chosen.dataset;
  chosen.classList.add("taken"); // on a telephone the letter is behind
  field.dispatchEvent(new CustomEvent("mss:recipient", { detail: { address, name } }));
  document.dispatchEvent(new CustomEvent("mss:announce", { detail: `${name} ajouté aux destinataires` }));
});

panel.addEventListener("keydown", (event) => {
  const all = [panel.querySelector("#panel-q"), ...panel.querySelectorAll("[data-take]")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    all[Math.min(Math.max(all.indexOf(document.activeElement) + step, 0), all.length - 1)]?.focus();
  } else if (event.key === "Escape") close();
});
