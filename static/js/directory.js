// The annuaire by keyboard: arrows go from the box to the answers and among them, Enter opens, Escape comes back.

const box = document.querySelector("#directory-q");
const links = () => [...document.querySelectorAll("#directory-cards h3 a")];

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const all = links();
  const at = all.indexOf(document.activeElement);
  if (event.key === "ArrowDown" && (at >= 0 || document.activeElement === box) && all[at + 1]) {
    event.preventDefault();
    all[at + 1].focus();
  } else if (event.key === "ArrowUp" && at >= 0) {
    event.preventDefault();
    (all[at - 1] ?? box).focus();
  } else if (event.key === "Escape" && at >= 0) {
    box.focus();
    box.select();
  }
});

// A search made while typing is one place to come back to, and the words stay those typed meanwhile.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.id === "directory-form") document.querySelector("#directory-found")?.setAttribute("aria-busy", "true");
});
