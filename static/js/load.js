// The load that runs, in the admin: its panel is asked for again while it runs, or was just asked for (#demande). That is
// no gesture (X-Background): it keeps no session alive. Without this module, the link «Actualiser» does the same.
const SECONDS = 2;
const MOST_IDLE = 30; // asks in a row without a load
const isAwaited = location.hash === "#demande";
let idle = 0;

async function look() {
  const panel = document.getElementById("annuaire-run");
  const isRunning = panel !== null && "running" in panel.dataset;
  idle = isRunning ? 0 : idle + 1;
  if (!panel || !(isRunning || isAwaited) || idle > MOST_IDLE) return;
  if (!document.hidden && !panel.contains(document.activeElement)) {
    try {
      const answer = await fetch(panel.dataset.from, { headers: { "X-Background": "1" } });
      if (!answer.ok) return; // signed out, or the right is gone
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      panel.replaceWith(page.getElementById("annuaire-run"));
    } catch {
      idle += 1; // the network is away for a moment
    }
  }
  setTimeout(look, SECONDS * 1000);
}

setTimeout(look, SECONDS * 1000);
