// Keyboard: single keys while nothing is being typed, and they can be turned off (WCAG 2.1.4). Help with «?».

const isOn = () => document.body.dataset.keys !== "off";
const send = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const follow = (key) => document.querySelector(`a[data-key="${key}"]`)?.click();
const PATIENCE = 2000; // milliseconds that a letter may take to open, or the page of it to come
const openThread = () => document.querySelector("#pane[data-thread]");
const inList = () => document.activeElement?.closest?.("#rows > .row");

// Ticked rows first, then the row under the focus, then the thread that is open.
function act(action) {
  const detail = { action, done: false };
  const pane = openThread();
  const ticked = document.querySelector("#rows .pick input:checked");
  if (pane && !ticked && (!inList() || inList().classList.contains("on"))) {
    const button = pane.querySelector(`[name=action][value="${action}"]`);
    if (button) button.click();
    return;
  }
  send("mss:act", detail);
}

const KEYS = {
  j: () => send("mss:move", 1),
  k: () => send("mss:move", -1),
  x: () => send("mss:tick"),
  e: () => act("archive"),
  Delete: () => act("delete"),
  u: () => act("unseen"),
  m: () => act("assign:me"),
  t: () => act("status:done"),
  l: () => send("mss:menu", "label"),
  v: () => send("mss:menu", "move"),
  b: () => send("mss:menu", "snooze"),
  c: () => follow("c"),
  r: () => follow("r"),
  a: () => follow(document.querySelector(`a[data-key="a"]`) ? "a" : "r"), // one recipient: answering all is answering
  f: () => follow("f"),
  n: () => send("mss:note"),
  "?": () => document.getElementById("help")?.showModal(),
  "/": () => {
    const box = [...document.querySelectorAll('[data-key="/"], .find input')].find((input) => input.offsetParent);
    box?.focus();
    box?.select();
  },
};
const GO = { i: "inbox", s: "sent", d: "drafts", t: "a-traiter" };

let going = 0;
function isTyping(target) {
  return target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open], [popover]");
}

// What is typed while a letter opens is meant for it: it is no shortcut, and stands in the letter once that is there.
let awaited = 0, ahead = "";
addEventListener("pageshow", () => { awaited = 0; });
document.addEventListener("click", (event) => { if (event.target.closest?.("a[data-composes], a[data-key]")) [awaited, ahead] = [Date.now(), ""]; });
document.addEventListener("mss:opened", () => {
  if (ahead && isTyping(document.activeElement)) document.execCommand("insertText", false, ahead);
  [awaited, ahead] = [0, ""];
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (Date.now() - awaited < PATIENCE) {
    if (event.key.length === 1) { ahead += event.key; event.preventDefault(); }
    return;
  }
  if (!isOn()) return;
  if (going && Date.now() - going < 1200 && GO[event.key]) {
    going = 0;
    const link = document.querySelector(`[data-go="${GO[event.key]}"]`);
    if (link) event.preventDefault();
    link?.click();
    return;
  }
  going = event.key === "g" ? Date.now() : 0;
  const run = KEYS[event.key];
  if (!run) return;
  event.preventDefault();
  run();
});

// The choice is the person's, on every workstation; what this one kept before is told once.
async function choose(on) {
  document.body.dataset.keys = on ? "on" : "off";
  const headers = { ...JSON.parse(document.body.getAttribute("hx-headers")), "X-Background": "1" };
  const answer = await fetch(choice.dataset.keysUrl, { method: "POST", headers, body: new URLSearchParams(on ? { on: "1" } : {}) });
  if (!answer.ok) throw new Error("refused");
}
const notKept = () => document.dispatchEvent(new CustomEvent("mss:say", { detail: { text: "Votre choix n’a pas pu être enregistré : il vaut pour cette page.", isError: true } }));
const choice = document.querySelector("[data-keys-on]");
if (choice) {
  if (localStorage.getItem("mssweb.keys") === "off") choose(false).then(() => localStorage.removeItem("mssweb.keys"), () => {});
  choice.checked = isOn();
  choice.addEventListener("change", () => choose(choice.checked).catch(notKept));
}
