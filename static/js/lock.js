// Tells the server of keys and clicks that make no request, and leads to the lock when the session is locked.
// Looks at least once a minute, and at once when the page is shown again.

const url = document.body.dataset.lock;
let touched = false;
let timer = 0;

for (const kind of ["keydown", "pointerdown", "wheel"]) {
  addEventListener(kind, () => { touched = true; }, { capture: true, passive: true });
}

let looking = false;
let again = false; // asked while a look was under way
const look = async () => {
  again = looking;
  if (looking) return;
  looking = true;
  clearTimeout(timer);
  const headers = touched ? {} : { "X-Background": "1" };
  touched = false;
  let seconds = 60;
  try {
    const answer = await fetch(`${url}etat/`, { headers, cache: "no-store" });
    if (answer.status === 401) return location.assign(answer.headers.get("HX-Redirect") ?? url); // once: no look follows
    seconds = Math.min(60, Number(answer.headers.get("X-Lock-In") ?? 60) + 1);
  } catch {
    // no network: the page stays, the next look tells
  }
  looking = false;
  if (again) return look();
  if (!document.hidden) timer = setTimeout(look, seconds * 1000);
};

addEventListener("pageshow", () => { looking = false; look(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
