// A part of a page that asks for itself again: data-refreshed, data-from, data-seconds. That is no gesture (X-Background):
// it keeps no session alive. Without this module, the link «Actualiser» does the same. What is open stays open.
const look = async () => {
  const part = document.querySelector("[data-refreshed]");
  if (!part) return;
  const seconds = Number(part.dataset.seconds) || 30;
  if (!document.hidden && !part.contains(document.activeElement) && !part.querySelector("details[open]")) {
    try {
      const answer = await fetch(part.dataset.from, { headers: { "X-Background": "1" }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return; // signed out, or the right is gone: lock.js covers the page
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(part.id);
      if (fresh) part.replaceWith(fresh);
    } catch {
      // the network is away for a moment
    }
  }
  setTimeout(look, seconds * 1000);
};

setTimeout(look, (Number(document.querySelector("[data-refreshed]")?.dataset.seconds) || 30) * 1000);
