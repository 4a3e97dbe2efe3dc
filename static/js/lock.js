// Tells the server of keys and clicks that make no request, and leads to the lock when the session is locked.
// Looks at least once a minute, and at once when the page is shown again or its stream of events ends.

const url = document.body.dataset.lock;
let touched = false;
let timer = 0;

for (const kind of ["keydown", "pointerdown", "wheel"]) {
  addEventListener(kind, () => { touched = true; }, { capture: true, passive: true });
}

// Locked or signed out: what was on screen is covered. Gone to once, whoever saw it first (a second navigation aborts the
// first); still here after ten seconds, the navigation failed: look again.
let gone = false;
const leave = (target) => {
  if (gone) return;
  gone = true;
  location.assign(target ?? url);
  timer = setTimeout(() => { looking = gone = false; look(); }, 10_000);
};

let looking = false;
let again = false; // asked while a look was under way
const look = async () => {
  again = looking;
  if (looking || gone) return;
  looking = true;
  clearTimeout(timer);
  const headers = touched ? {} : { "X-Background": "1" };
  touched = false;
  let seconds = 60;
  try {
    const answer = await fetch(`${url}etat/`, { headers, cache: "no-store" });
    if (answer.status === 401) return leave(answer.headers.get("HX-Redirect")); // no look follows
    const person = answer.headers.get("X-Person"); // a colleague took the place: this page is not theirs
    if (person && document.body.dataset.person && person !== document.body.dataset.person) return leave("/");
    seconds = Math.min(60, Number(answer.headers.get("X-Lock-In") ?? 60) + 1);
  } catch {
    // no network: the page stays, the next look tells
  }
  looking = false;
  if (again) return look();
  if (!document.hidden) timer = setTimeout(look, seconds * 1000);
};

document.addEventListener("mss:look", look); // the stream ended: locked or signed out elsewhere, or other rights
document.addEventListener("mss:leave", ({ detail }) => leave(detail));
addEventListener("pageshow", () => { looking = gone = false; look(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
