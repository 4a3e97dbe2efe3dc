// A document opens over its thread, in a dialog; without this script its link is a page.

let box;

function dialog() {
  if (box?.isConnected) return box;
  box = document.createElement("dialog");
  box.className = "sheet-dialog";
  box.setAttribute("aria-labelledby", "paper-title");
  box.addEventListener("close", () => box.replaceChildren()); // pictures on their way are let go
  box.addEventListener("click", (event) => event.target === box && box.close());
  document.body.append(box);
  return box;
}

async function open(link) {
  const sheet = dialog();
  sheet.innerHTML = '<div class="sheet-body" tabindex="0"><p class="muted" role="status">Ouverture…</p></div>';
  if (!sheet.open) sheet.showModal();
  await window.htmx.ajax("GET", link.href, { target: sheet, swap: "innerHTML" });
  if (!sheet.querySelector(".sheet-head")) location.href = link.href; // an error is a page with a way on
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-paper]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button || !window.htmx) return;
  event.preventDefault();
  open(link);
});
