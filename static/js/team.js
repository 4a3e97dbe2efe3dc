// Internal notes, and the members whom they call.

import { team } from "./members.js";

const text = (tag, words, className = "") => Object.assign(document.createElement(tag), { textContent: words, className });

// --- Notes -----------------------------------------------------------------------------------------
document.addEventListener("mss:note", () => {
  const box = document.querySelector("[data-note-new]");
  if (!box) return;
  box.open = true;
  box.querySelector("textarea").focus();
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.elt.closest?.("[data-note-form]");
  if (!form || !detail.successful) return;
  form.reset();
  form.closest("details").open = false;
});
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-note-form]");
  if (!form || event.defaultPrevented) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    event.preventDefault();
    form.requestSubmit(form.querySelector("button"));
  } else if (event.key === "Escape" && !form.querySelector("textarea").value) {
    form.closest("details").open = false;
    form.closest("details").querySelector("summary").focus();
  }
});

// --- @: whom to call. A list under the field: arrows choose, Enter or Tab takes, Escape closes ---------
const offers = Object.assign(document.createElement("div"), { className: "calls", id: "calls", hidden: true });
offers.setAttribute("role", "listbox");
offers.setAttribute("aria-label", "Membres à prévenir");
document.body.append(offers);
let typing = null; // { field, start }
const plain = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function close() {
  offers.hidden = true;
  typing?.field.removeAttribute("aria-activedescendant");
  typing?.field.setAttribute("aria-expanded", "false");
  typing = null;
}
function mark(option) {
  for (const one of offers.children) one.setAttribute("aria-selected", String(one === option));
  typing?.field.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}
function take(option) {
  const { field, start } = typing;
  field.setRangeText(`@${option.dataset.name} `, start, field.selectionStart, "end");
  close();
  field.focus();
}
async function offer(field) {
  const before = field.value.slice(0, field.selectionStart);
  const found = /(?:^|[\s(,;])@([\p{L}' -]{0,30})$/u.exec(before);
  if (!found) return close();
  const known = await team();
  if (!known || before !== field.value.slice(0, field.selectionStart)) return;
  const words = plain(found[1]);
  const rows = known.rows.filter((row) => row.id !== known.me && plain(row.name).split(/[\s-]/).concat(plain(row.name)).some((one) => one.startsWith(words)));
  if (!rows.length) return close();
  typing = { field, start: before.length - found[1].length - 1 };
  offers.replaceChildren(...rows.slice(0, 8).map((row, number) => {
    const option = document.createElement("div");
    option.id = `call-${number}`;
    option.dataset.name = row.name;
    option.setAttribute("role", "option");
    option.append(text("span", row.initials, "av s"), text("span", row.name));
    return option;
  }));
  field.setAttribute("aria-controls", "calls");
  field.setAttribute("aria-expanded", "true");
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  const place = field.getBoundingClientRect();
  offers.hidden = false;
  offers.style.left = `${Math.max(8, place.left)}px`;
  const above = place.top - offers.offsetHeight - 4;
  offers.style.top = `${above > 8 ? above : place.bottom + 4}px`;
  mark(offers.firstElementChild);
}
document.addEventListener("input", ({ target }) => target.matches?.("[data-calls]") && offer(target));
document.addEventListener("focusout", ({ target }) => typing?.field === target && setTimeout(() => document.activeElement === target || close(), 150));
document.addEventListener("mousedown", (event) => {
  const option = event.target.closest?.("#calls [role=option]");
  if (!option) return;
  event.preventDefault();
  take(option);
});
document.addEventListener("keydown", (event) => {
  if (!typing || event.target !== typing.field) return;
  const all = [...offers.children];
  const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) mark(all[(at + step + all.length) % all.length]);
  else if (event.key === "Enter" || event.key === "Tab") take(all[at]);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
}, true);
