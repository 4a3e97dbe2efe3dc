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

// Lists and boxes that narrow the answers are swapped with them, outside of the form they are of.
document.addEventListener("change", ({ target }) => {
  if (target.form?.id === "directory-form" && target !== box) target.form.requestSubmit();
});

let before = 0; // answers, when more are asked: one goes on from there

// A button outside of the form (the map, « Afficher plus ») says its own value after the form's: htmx knows only those inside.
document.addEventListener("htmx:configRequest", (event) => {
  const pressed = event.detail.triggeringEvent?.submitter;
  before = pressed?.name === "n" ? links().length : 0;
  if (event.target.id === "directory-form" && pressed?.name) event.detail.formData.append(pressed.name, pressed.value);
});
document.addEventListener("htmx:afterSettle", () => {
  if (before) links()[before]?.focus({ preventScroll: true });
  before = 0;
});
