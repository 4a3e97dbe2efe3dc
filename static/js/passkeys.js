// Passkeys (WebAuthn) at every door: [data-passkey] shows itself where the browser can, asks its address what to ask the
// key with, and gives back what the key answered. «enter» is offered in the list of the login's field too (autofill).

const STALE_MS = 4 * 60_000; // the server keeps a challenge five minutes
const SELF = "Suivez ce que demande votre appareil…";
const NETWORK = "Le réseau n’a pas répondu. Réessayez.";
const FAILED = {
  NotAllowedError: "Rien n’a été confirmé\u00a0: la demande a été annulée, ou cet appareil n’a pas de clé d’accès pour mssweb. Réessayez, ou choisissez une autre façon.",
  TimeoutError: "Le délai est passé. Réessayez.",
  InvalidStateError: "Cet appareil a déjà une clé d’accès pour votre compte\u00a0: elle suffit.",
  ConstraintError: "Cet appareil ne vérifie pas qui vous êtes\u00a0: réglez-y d’abord un code, une empreinte ou un visage.",
  NotSupportedError: "Cet appareil ne sait pas créer de clé d’accès.",
  SecurityError: "L’adresse de cette page n’est pas celle où vos clés d’accès servent.",
};

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const named = (list) => list.map((one) => ({ ...one, id: bytes(one.id) }));

const read = (told) => ({
  ...told,
  challenge: bytes(told.challenge),
  ...(told.user && { user: { ...told.user, id: bytes(told.user.id) } }),
  ...(told.allowCredentials && { allowCredentials: named(told.allowCredentials) }),
  ...(told.excludeCredentials && { excludeCredentials: named(told.excludeCredentials) }),
});

const written = ({ rawId, type, response }) => {
  const told = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["authenticatorData", "signature", "userHandle", "attestationObject"]) {
    if (response[name]) told[name] = text(response[name]);
  }
  if (response.getTransports) told.transports = response.getTransports();
  return JSON.stringify({ id: text(rawId), rawId: text(rawId), type, response: told });
};

class Told extends Error {} // in the server's words

const post = async (door, given = {}, headers = {}) => {
  const body = new URLSearchParams(given);
  for (const { name, value } of door.querySelectorAll("input[type=hidden]")) body.set(name, value);
  const answer = await fetch(door.dataset.url, { method: "POST", body, headers: { Accept: "application/json", ...headers } })
    .catch(() => { throw new Told(NETWORK); });
  const elsewhere = answer.headers.get("HX-Redirect"); // signed out, locked, or to be proven again
  if (elsewhere) return { there: elsewhere };
  const told = await answer.json().catch(() => { throw new Told(NETWORK); });
  if (told.words) throw new Told(told.words);
  return told;
};

const say = (door, words, isFault = false) => {
  const said = door.querySelector("[data-says]");
  said.hidden = !words;
  said.classList.toggle("danger", isFault);
  said.setAttribute("role", isFault ? "alert" : "status");
  said.textContent = words;
};

let pending = new AbortController(); // one request of a key at a time: a press stops the one that waits in the list

const run = async (door, told, mediation) => {
  pending.abort();
  pending = new AbortController();
  const asked = { publicKey: read(told), signal: pending.signal, ...(mediation && { mediation }) };
  const key = await navigator.credentials[door.dataset.passkey === "add" ? "create" : "get"](asked);
  return post(door, { credential: written(key) });
};

const press = async (door, button) => {
  button.disabled = true;
  say(door, SELF);
  const began = performance.now();
  try {
    const told = await post(door);
    const { there } = told.there ? told : await run(door, told);
    location.assign(there);
  } catch (fault) {
    const isLate = fault.name === "NotAllowedError" && performance.now() - began > STALE_MS;
    say(door, fault instanceof Told ? fault.message : FAILED[isLate ? "TimeoutError" : fault.name] ?? FAILED.NotAllowedError, true);
    button.disabled = false;
    button.focus();
    if (door.dataset.passkey === "enter") fill(door);
  }
};

// In the list of the login's field. While its challenge is on the way a password waits for it: answered after the
// password, it would bring back the session of before.
let asking = null;
let filledAt = 0;

const fill = async (door) => {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  filledAt = performance.now();
  try {
    asking = post(door, {}, { "X-Background": "1" });
    const told = await asking.finally(() => { asking = null; });
    if (told.there) return;
    const { there } = await run(door, told, "conditional");
    location.assign(there);
  } catch (fault) {
    if (fault instanceof Told && fault.message !== NETWORK) say(door, fault.message, true);
  }
};

const waits = (event) => {
  if (!asking) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { target, submitter } = event;
  asking.catch(() => {}).finally(() => target.requestSubmit(submitter));
};

// Nobody is led away from a password that they write, or that was wrong.
const isTyped = () => [...document.querySelectorAll("input")].some((field) => field.type === "password" && field.value);

const open = (door) => {
  const button = door.querySelector("button");
  door.hidden = false;
  button.addEventListener("click", () => press(door, button));
  if (door.dataset.passkey === "enter") {
    document.addEventListener("submit", waits, { capture: true });
    const renew = () => { if (filledAt && performance.now() - filledAt > STALE_MS) fill(door); };
    for (const kind of ["pointerdown", "keydown", "visibilitychange"]) document.addEventListener(kind, renew);
    fill(door);
  } else if (!document.querySelector('[aria-invalid="true"]') && !isTyped()) {
    button.focus();
  }
};

const doors = document.querySelectorAll("[data-passkey]");
const can = "PublicKeyCredential" in window && isSecureContext;
doors.forEach((door) => { if (can && location.hostname === door.dataset.host) open(door); });
document.querySelectorAll("[data-passkey-else]").forEach((words) => {
  words.hidden = [...doors].some((door) => !door.hidden);
});
