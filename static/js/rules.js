// A condition that is a mere fact needs no words: its field is hidden. Without this, it is read by nobody.
const TYPED = new Set(["", "sender", "domain", "profession", "subject"]);

function fit(line) {
  const kind = line.querySelector("[data-kind]").value;
  line.querySelector("[data-value]").hidden = !TYPED.has(kind);
}

function fitAll() {
  document.querySelectorAll("[data-condition]").forEach(fit);
}

document.addEventListener("change", (event) => {
  const line = event.target.closest?.("[data-condition]");
  if (line && event.target.matches("[data-kind]")) fit(line);
});
document.addEventListener("htmx:afterSwap", () => {
  fitAll();
  document.querySelector("[data-rule] li:last-child [data-kind]")?.focus();
});
fitAll();
