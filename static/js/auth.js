// Sign-in pages: shows a password, pastes and sends a code, follows the SMS. Every page works without this.

const each = (mark, act) => document.querySelectorAll(mark).forEach(act);

// One press is one request: a second one would count as a second try.
addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
addEventListener("pageshow", () => each("form[data-sent]", (form) => delete form.dataset.sent));

each(".reveal input", (field) => { // never moved: it may be typed in already
  const button = document.createElement("button");
  button.type = "button";
  const show = (shown) => {
    field.type = shown ? "text" : "password";
    button.textContent = shown ? "Masquer" : "Afficher";
    button.setAttribute("aria-label", shown ? "Masquer la saisie" : "Afficher la saisie");
  };
  show(false);
  button.addEventListener("click", () => { show(field.type === "password"); field.focus(); });
  field.form.addEventListener("submit", () => show(false));
  field.after(button);
});

document.querySelector('[aria-invalid="true"]')?.focus();

each("form[data-code]", (form) => {
  const field = form.elements.code;
  const digits = () => field.value.replace(/\D/g, "");
  const sendWhenWhole = () => { if (digits().length === 6) form.requestSubmit(); };
  let waiting;
  field.addEventListener("input", ({ data, inputType }) => { // a moment later: who presses Enter is still on this page
    clearTimeout(waiting);
    if (data?.length === 1 || inputType === "insertFromPaste") waiting = setTimeout(sendWhenWhole, 300);
  });
  form.addEventListener("submit", () => clearTimeout(waiting));

  const paste = form.querySelector("[data-paste]");
  paste.hidden = !navigator.clipboard?.readText;
  paste.addEventListener("click", async () => {
    const text = await navigator.clipboard.readText().catch(() => "");
    const found = text.match(/(?<!\d)\d{3}\s?\d{3}(?!\d)/);
    if (found) field.value = found[0].replace(/\s/g, "");
    field.focus();
    sendWhenWhole();
  });

  if (form.dataset.code === "sms" && "OTPCredential" in window) { // WebOTP: the telephone offers the code of the SMS
    const stop = new AbortController();
    form.addEventListener("submit", () => stop.abort());
    navigator.credentials.get({ otp: { transport: ["sms"] }, signal: stop.signal })
      .then((given) => { field.value = given.code; sendWhenWhole(); })
      .catch(() => {}); // refused, or not this telephone: the field is there
  }
});

each("[data-resend]", (button) => {
  const words = button.textContent;
  let left = Number(button.dataset.resend);
  const tick = () => {
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${words} dans ${left} s` : words;
    if (left-- > 0) setTimeout(tick, 1000);
  };
  tick();
});

each("[data-wait]", (words) => {
  let left = Number(words.dataset.wait);
  const tick = () => {
    if (left < 120) words.textContent = left > 1 ? `${left} secondes` : left === 1 ? "1 seconde" : "un instant";
    if (left-- > 0) setTimeout(tick, 1000);
  };
  setTimeout(tick, 1000);
});

const follow = async (looks) => {
  const shown = document.querySelector("#sending[data-waiting]");
  if (!shown || looks === 0) return;
  const answer = await fetch(location.pathname, { headers: { "X-Background": "1" } }).catch(() => null);
  const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page && page.querySelector("#sending");
  if (fresh && fresh.innerHTML !== shown.innerHTML) shown.replaceChildren(...fresh.childNodes);
  if (fresh && !fresh.hasAttribute("data-waiting")) shown.removeAttribute("data-waiting");
  setTimeout(follow, 2000, looks - 1);
};
setTimeout(follow, 1200, 60);

each("form[data-telephone]", (form) => { // the e-CPS: looks by itself whether it was confirmed, and goes in, or says why not
  const look = async () => { // asks for the page: an answer serves once, and a second question would hear of nothing but that
    const answer = await fetch(location.href, { method: "POST", body: new FormData(form) }).catch(() => null);
    if (answer?.redirected) return location.replace(answer.url);
    const page = answer && new DOMParser().parseFromString(await answer.text().catch(() => ""), "text/html");
    const why = page?.querySelector('[role="alert"]')?.closest("main");
    if (why) return document.querySelector("main").replaceWith(why);
    const waits = page?.querySelector("form[data-telephone]") ?? form;
    setTimeout(look, 1000 * Number(waits.dataset.telephone));
  };
  setTimeout(look, 1000 * Number(form.dataset.telephone));
});

each("[data-copy]", (button) => {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.lastElementChild.textContent = "Copié";
  });
});
