// Triage: menus of acts (native popovers) that close once one chose, arrows in them, rows dragged onto the rail, and what the
// page knew when it acted (`vu`), so that nobody undoes a colleague unaware.

const ROWS = "#rows > .row";
const pane = () => document.querySelector("#pane[data-thread]");

// --- What the page knew: the counters are drawn with the rows, and so is the modseq that they carry ---
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const known = document.getElementById("counts")?.dataset.modseq;
  if (detail.parameters.vu !== undefined && known) detail.parameters.vu = known;
});

// --- Menus ---
const entries = (menu) => [...menu.querySelectorAll(":scope > a, :scope > button, :scope .when :is(input, button)")];
// A menu that closes takes the focus from its button, and one outside of its form is no button to htmx: both are sent here.
document.addEventListener("click", (event) => {
  const chosen = event.target.closest?.("button[form][name=action]");
  const form = chosen?.form;
  if (!form?.hasAttribute("hx-post")) return;
  event.preventDefault();
  const due = chosen.value === "snooze:date" && chosen.closest(".when").querySelector("input");
  if (due && !due.value) return due.focus();
  chosen.closest("[popover]")?.hidePopover();
  const source = form.matches("#list-form") ? document.querySelector("#rows .pick input:checked")?.closest(".row") : null;
  source?.querySelector(".hit").focus(); // list.js finds from here where one is once the row has left
  window.htmx.ajax("POST", form.getAttribute("hx-post"), { source: form, values: { action: chosen.value } }).catch(() => {}); // shell.js says what failed
});
document.addEventListener("toggle", (event) => {
  if (event.newState !== "open" || !event.target.matches?.(".pop")) return;
  entries(event.target)[0]?.focus();
}, true);
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".pop");
  if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key) || event.target.matches("input")) return;
  const all = entries(menu);
  const at = all.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
  all[(at + all.length) % all.length]?.focus();
  event.preventDefault();
});

// The menu of the thread that is open, unless rows are ticked or one is under the focus: then of the list, for that row.
document.addEventListener("mss:menu", ({ detail }) => {
  const ticked = document.querySelector("#rows .pick input:checked");
  const row = document.activeElement?.closest?.(ROWS);
  const isList = ticked || (row && !row.classList.contains("on")) || !pane();
  if (isList && !ticked && row) row.querySelector(".pick input")?.click();
  if (isList && !document.querySelector("#rows .pick input:checked")) return;
  const opener = document.querySelector(`[popovertarget="${isList ? "list" : "pane"}-${detail}"]`);
  if (opener) opener.click();
});

// --- Dragging: a row, or all that are ticked, onto a folder or a label. The keyboard has the menus ---
let carried = [];
document.addEventListener("pointerdown", (event) => {
  const row = event.target.closest?.(ROWS);
  if (row && document.querySelector("[data-drop]") && row.querySelector(".pick input")) row.draggable = true;
});
document.addEventListener("dragstart", (event) => {
  const row = event.target.closest?.(ROWS);
  if (!row?.querySelector(".pick input")) return;
  const ticked = [...document.querySelectorAll("#rows .pick input:checked")].map((box) => box.closest(".row"));
  carried = ticked.includes(row) ? ticked : [row];
  carried.forEach((one) => one.classList.add("dragged"));
  const ghost = document.createElement("div");
  ghost.className = "drag-ghost";
  ghost.textContent = carried.length > 1 ? `${carried.length} fils` : (row.querySelector(".subj")?.textContent ?? "").slice(0, 40);
  document.body.append(ghost);
  event.dataTransfer.setDragImage(ghost, 12, 12);
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", ""); // nothing leaves the page
  setTimeout(() => ghost.remove());
});
const target = (event) => (carried.length ? event.target.closest?.("[data-drop]") : null);
document.addEventListener("dragover", (event) => {
  const onto = target(event);
  document.querySelectorAll("[data-drop].drop").forEach((one) => one !== onto && one.classList.remove("drop"));
  if (!onto) return;
  onto.classList.add("drop");
  event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const onto = target(event);
  if (!onto) return;
  event.preventDefault();
  document.dispatchEvent(new CustomEvent("mss:act-on", { detail: { action: onto.dataset.drop, rows: carried } }));
});
document.addEventListener("dragend", () => {
  carried.forEach((one) => one.classList.remove("dragged"));
  document.querySelectorAll("[data-drop].drop").forEach((one) => one.classList.remove("drop"));
  carried = [];
});
