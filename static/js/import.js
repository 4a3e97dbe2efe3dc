// Files of an import, sent in pieces one after the other: a lost one is sent again, from what the server says has come. That
// is no gesture (X-Background). Without this module the form brings what one request may.

const form = document.querySelector("[data-import]");
const size = Number(form?.dataset.piece);
const token = () => form.elements.csrfmiddlewaretoken.value;

function words(count) {
  const units = [["Go", 1e9], ["Mo", 1e6], ["ko", 1e3]];
  const [unit, base] = units.find(([, least]) => count >= least) ?? ["octets", 1];
  return `${(count / base).toLocaleString("fr-FR", { maximumFractionDigits: base > 1e3 ? 1 : 0 })} ${unit}`;
}

function tell(text, isFault = false) {
  const told = form.querySelector("[data-import-told]");
  form.querySelector("[data-import-progress]").hidden = false;
  told.textContent = text;
  told.classList.toggle("error", isFault);
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function post(url, body) {
  const headers = { "X-CSRFToken": token(), "X-Background": "1" };
  return fetch(url, { method: "POST", body, headers, credentials: "same-origin", redirect: "manual" });
}

// Until it is there: the network, the server or the session (locked: the page is covered, lock.js) may be away for a while.
async function piece(url, number, start, blob) {
  for (let wait = 1000; ; wait = Math.min(wait * 2, 15000)) {
    const body = new FormData();
    body.append("file", number);
    body.append("start", start);
    body.append("piece", blob, "piece");
    const answer = await post(url, body).catch(() => null);
    if (answer?.ok) return (await answer.json()).have;
    if (answer?.status === 409) throw new Error((await answer.json()).fault);
    if ([403, 404, 413].includes(answer?.status)) throw new Error("Cet import n’est plus possible. Rechargez la page.");
    tell("Connexion perdue : l’envoi reprendra de lui-même.");
    await pause(wait);
  }
}

async function announce(files) {
  const body = new FormData();
  for (const file of files) {
    body.append("name", file.name);
    body.append("size", file.size);
  }
  const answer = await post(location.pathname, body);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.fault);
  return told.page;
}

// The same files as before, in the order that was announced.
function inOrder(files) {
  const wanted = form.dataset.sizes.split(",").map(Number), left = [...files];
  const found = wanted.map((bytes) => left.splice(left.findIndex((file) => file.size === bytes), 1)[0]);
  if (files.length !== wanted.length || found.some((file, n) => file?.size !== wanted[n])) {
    throw new Error("Ce ne sont pas les mêmes fichiers : leur taille diffère.");
  }
  return found;
}

async function send(files) {
  const isResumed = Boolean(form.dataset.page);
  const wanted = isResumed ? inOrder(files) : files;
  const page = isResumed ? form.dataset.page : await announce(wanted);
  const have = isResumed ? form.dataset.have.split(",").map(Number) : wanted.map(() => 0);
  const whole = wanted.reduce((sum, file) => sum + file.size, 0), bar = form.querySelector("progress");
  for (const [number, file] of wanted.entries()) {
    while (have[number] < file.size) {
      have[number] = await piece(`${page}morceau/`, number, have[number], file.slice(have[number], have[number] + size));
      const come = have.reduce((sum, count) => sum + count, 0);
      bar.value = (come / whole) * 100;
      tell(`${words(come)} envoyés sur ${words(whole)}. Gardez cette page ouverte.`);
    }
  }
  location.assign(page);
}

let isSending = false;
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const files = [...form.querySelector("[data-import-files]").files];
  const most = Number(form.dataset.most) || Infinity;
  if (isSending || !files.length) return;
  if (files.reduce((sum, file) => sum + file.size, 0) > most) return tell(`Trop volumineux : ${words(most)} au plus par import.`, true);
  isSending = true;
  form.querySelector("button").disabled = true;
  tell("Envoi…");
  try {
    await send(files);
  } catch (error) {
    tell(error.message || "L’envoi n’a pas abouti. Rechargez la page pour le reprendre.", true);
    form.querySelector("button").disabled = false;
  }
  isSending = false;
});
addEventListener("beforeunload", (event) => isSending && event.preventDefault());
