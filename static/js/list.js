// The list: selection (shift for a range), quick acts on the hovered row, the row that is open, moving by keys,
// and merging what a live event brings without a flash.

const list = () => document.getElementById("list");
const rows = () => [...document.querySelectorAll("#rows > .row")];
const boxes = () => [...document.querySelectorAll("#rows .pick input")];
const hit = (row) => row?.querySelector(".hit");

// --- Selection ---
let anchor = null;
let isShifted = false; // the click that a label passes on to its box forgets the key
document.addEventListener("pointerdown", (event) => (isShifted = event.shiftKey && Boolean(event.target.closest?.(".pick"))), true);
document.addEventListener("mousedown", (event) => isShifted && event.preventDefault()); // no text selected on the way

function showSelection() {
  const ticked = boxes().filter((box) => box.checked).length;
  for (const element of document.querySelectorAll("[data-picked]")) {
    element.textContent = `${ticked} sélectionné${ticked > 1 ? "s" : ""}`;
  }
  const beyond = document.querySelector("[name=all]");
  if (beyond && ticked < boxes().length) beyond.checked = false;
  const every = document.querySelector("[data-all]");
  if (every) every.checked = ticked > 0 && ticked === boxes().length;
}

document.addEventListener("click", (event) => {
  const box = event.target.closest?.(".pick input");
  if (!box) return;
  if ((isShifted || event.shiftKey) && anchor && anchor !== box) {
    const order = boxes();
    const [from, to] = [order.indexOf(anchor), order.indexOf(box)].sort((a, b) => a - b);
    if (from >= 0) order.slice(from, to + 1).forEach((other) => (other.checked = box.checked));
  }
  anchor = box;
  showSelection();
});
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-all]")) return;
  boxes().forEach((box) => (box.checked = event.target.checked));
  showSelection();
});
document.addEventListener("reset", () => setTimeout(showSelection));

// --- Quick acts: one small bar, moved to the hovered row ---
const quick = document.createElement("div");
quick.className = "quick";
quick.setAttribute("aria-hidden", "true"); // the same acts are in the selection bar and on keys

function fillQuick() {
  quick.replaceChildren();
  for (const button of document.querySelectorAll(".bulk button[name=action]")) {
    if (!leaves(button.value)) continue;
    const copy = document.createElement("button");
    copy.type = "button";
    copy.tabIndex = -1;
    copy.className = "button ghost icon";
    copy.title = button.textContent.trim();
    copy.dataset.quick = button.value;
    copy.append(button.querySelector("svg").cloneNode(true));
    quick.append(copy);
  }
}
document.addEventListener("mouseover", (event) => {
  const row = event.target.closest?.("#rows > .row");
  if (row && quick.parentElement !== row && document.querySelector(".bulk")) {
    fillQuick();
    row.append(quick);
  }
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-quick]");
  if (button) act(button.dataset.quick, [button.closest(".row")]);
});

// --- Acting on these rows, whatever is ticked: values of their own, for a form that is submitted by a script has no button ---
const LEAVE = ["archive", "restore", "delete", "move", "snooze"];
const leaves = (action) => LEAVE.includes(action.split(":")[0]);
const offered = (action) => document.querySelector(`[name=action][value="${action}"]:is([form=list-form], .bulk *), [data-drop="${action}"]`);
function act(action, wanted) {
  const form = document.getElementById("list-form");
  if (!form || !offered(action) || !wanted.length) return false;
  const chosen = wanted.map((row) => row.querySelector(".pick input"));
  chosen.forEach((box) => (box.checked = false));
  if (leaves(action)) stepOff(wanted);
  const values = { action, thread: chosen.map((box) => box.value), all: "" };
  window.htmx.ajax("POST", form.getAttribute("hx-post"), { source: form, values }).catch(() => {}); // shell.js says what failed
  showSelection();
  return true;
}

document.addEventListener("mss:act-on", ({ detail }) => act(detail.action, detail.rows));
document.addEventListener("mss:act", (event) => {
  const ticked = boxes().filter((box) => box.checked).map((box) => box.closest(".row"));
  const here = current();
  event.detail.done = act(event.detail.action, ticked.length ? ticked : here ? [here] : []);
});

// --- The current row ---
function current() {
  return document.activeElement?.closest?.("#rows > .row") ?? document.querySelector("#rows > .row.on");
}
function stepOff(going) {
  const order = rows();
  const last = order.indexOf(going[going.length - 1]);
  const next = order.slice(last + 1).find((row) => !going.includes(row)) ?? order.findLast((row) => !going.includes(row));
  if (going.some((row) => row.contains(document.activeElement))) hit(next)?.focus();
}

// Where one is once an act took it away: the row of the act if it is still there, else the one after it, else before.
let place = [];
const isAct = ({ requestConfig }) => requestConfig.elt.matches("#list-form, [data-acts]"); // detail.elt may have left the page
const isLost = () => document.activeElement === document.body;
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (!isAct(detail)) return;
  const order = rows();
  const open = detail.requestConfig.elt.matches("[data-acts]") && document.getElementById(`t-${document.getElementById("pane").dataset.thread}`);
  const at = order.indexOf(open || (current() ?? document.querySelector("#rows .pick input:checked")?.closest(".row")));
  place = at < 0 ? [] : [...order.slice(at), ...order.slice(0, at).reverse()].map((row) => row.id);
});
// Who chose so goes on with the next thread, once the open one was put away.
const putsAway = ({ successful, requestConfig: { elt, parameters } }) =>
  successful && document.body.dataset.after === "next" && elt.matches("[data-acts]") && LEAVE.includes(parameters?.action ?? parameters?.get?.("action"));
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!isAct(detail)) return;
  const next = hit(place.map((id) => document.getElementById(id)).find(Boolean));
  if (isLost()) next?.focus();
  if (putsAway(detail)) next?.click();
});
let isUndone = false; // what comes back with the next rows takes the focus
document.addEventListener("mss:refresh", () => (isUndone = true));

document.addEventListener("mss:move", (event) => {
  const order = rows();
  if (!order.length) return;
  const at = order.indexOf(current());
  const to = at < 0 ? 0 : Math.min(Math.max(at + event.detail, 0), order.length - 1);
  hit(order[to]).focus();
  order[to].scrollIntoView({ block: "nearest" });
  if (to === order.length - 1) document.querySelector("#more a")?.click();
});
document.addEventListener("mss:tick", () => {
  const box = current()?.querySelector(".pick input");
  if (box) box.click();
});

// --- The open row ---
function markOpen(isOpening = false) {
  const open = document.querySelector("#pane")?.dataset.thread;
  for (const row of rows()) {
    const isOpen = row.id === `t-${open}`;
    row.classList.toggle("on", isOpen);
    if (isOpen) {
      if (isOpening) row.classList.remove("unread"); // what joins the thread later is unread, and the row says so
      hit(row).setAttribute("aria-current", "true");
    } else hit(row).removeAttribute("aria-current");
  }
}
document.addEventListener("htmx:afterSettle", (event) => {
  const isOpening = event.detail.target?.id === "pane";
  markOpen(isOpening);
  showSelection();
  if (!isOpening) return;
  const pane = document.getElementById("pane");
  const target = document.getElementById(pane.dataset.target);
  if (target) pane.scrollTop = target.offsetTop - parseFloat(getComputedStyle(pane).scrollPaddingTop);
  const title = document.querySelector("#pane [data-focus]");
  if (matchMedia("(max-width: 767px)").matches) title?.focus();
  if (title) document.dispatchEvent(new CustomEvent("mss:announce", { detail: `Fil ouvert : ${title.textContent}` }));
});

// --- Merging fresh rows: keep nodes that did not change, ticks, focus and the scroll ---
document.addEventListener("mss:fresh-rows", (event) => {
  const box = document.getElementById("rows");
  const fresh = [...event.detail.children];
  const focused = document.activeElement?.closest?.("#rows > .row")?.id;
  const known = new Map([...box.children].map((node) => [node.id, node]));
  const arrived = [];
  const wanted = fresh.map((node) => {
    const old = known.get(node.id);
    if (!old) {
      if (node.classList.contains("unread")) arrived.push(node);
      return node;
    }
    if (text(old) === text(node) && !node.classList.contains("more")) return old;
    const tick = old.querySelector(".pick input");
    if (tick?.checked) node.querySelector(".pick input").checked = true;
    return node;
  });
  box.replaceChildren(...wanted);
  wanted.filter((node) => !known.has(node.id) || known.get(node.id) !== node).forEach((node) => window.htmx?.process(node));
  if (focused) hit(document.getElementById(focused))?.focus({ preventScroll: true });
  if (isUndone && isLost()) hit(wanted.find((node) => !known.has(node.id)))?.focus();
  isUndone = false;
  markOpen();
  showSelection();
  if (arrived.length) {
    const words = arrived.length > 1 ? `${arrived.length} nouveaux messages` : `Nouveau message de ${arrived[0].querySelector(".name")?.textContent.replace("Non lu. ", "")}`;
    document.dispatchEvent(new CustomEvent("mss:announce", { detail: words }));
  }
});
const text = (row) => row.className.replace(/ on\b/, "").trim() + (row.querySelector(".hit")?.innerHTML ?? row.textContent);

markOpen();
showSelection();
if (list()?.querySelector("[autofocus]")) list().querySelector("[autofocus]").focus();
