// A new message is told once a browser, not once a tab: a lock of the browser lets one tab ask at a time, and what it was
// told it leaves for the others. The server says what may be told now (quiet hours, silent mailboxes); never any content.

const { tells, tellsSince, tellsSound } = document.body.dataset;
const wantsDesktop = "tellsDesktop" in document.body.dataset;
const STORE = "mssweb.told"; // up to when

if ((localStorage.getItem(STORE) ?? "") < tellsSince) localStorage.setItem(STORE, tellsSince); // this page shows what was before

function show({ title, tag, url }) {
  if (!wantsDesktop || window.Notification?.permission !== "granted") return;
  const notice = new Notification(title, { tag, renotify: true, icon: document.querySelector("link[data-icon]")?.href, lang: "fr" });
  notice.addEventListener("click", () => {
    window.focus();
    notice.close();
    location.assign(url);
  });
}

async function look() {
  const url = new URL(tells, location.href);
  url.searchParams.set("depuis", localStorage.getItem(STORE) ?? tellsSince);
  const answer = await fetch(url, { headers: { "X-Background": "1" }, credentials: "same-origin" });
  if (!answer.ok) return;
  const { at, told } = await answer.json();
  localStorage.setItem(STORE, at);
  told.forEach(show);
  if (told.length && tellsSound) new Audio(tellsSound).play().catch(() => {}); // a browser may want a gesture first
}

let waiting = 0;
document.body.addEventListener("mss:changed", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const once = navigator.locks ? navigator.locks.request(STORE, look) : look();
    once.catch(() => {}); // the network is away: the next event tells
  }, 300);
});
