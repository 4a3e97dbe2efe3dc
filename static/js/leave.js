// Buttons of a form that lead to a page, or a file, of their own ([data-plain]): htmx would send the form where it always does.

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-plain]");
  if (!button?.form) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const copy = document.createElement("form");
  copy.method = "post";
  copy.action = button.formAction;
  for (const [name, value] of new FormData(button.form)) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    copy.append(field);
  }
  copy.hidden = true;
  document.body.append(copy);
  copy.submit(); // no event: htmx does not hear of it
  copy.remove();
}, true);
