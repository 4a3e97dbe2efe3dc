// «Document de santé»: patients are found as one types, the subject and the key of the INS are told at once. The server
// decides all of it again.

const KEY = /^\d{5}(?:\d{2}|2[AB])\d{8}$/;
function isRight(ins) {
  const text = ins.replace(/\s/g, "").toUpperCase();
  if (!KEY.test(text)) return false;
  return BigInt(text.slice(13)) === 97n - (BigInt(text.slice(0, 13).replace("2A", "19").replace("2B", "18")) % 97n);
}

function attach(form) {
  const panel = form.querySelector("[data-health]");
  if (!panel) return;
  const of = (name) => form.elements[`doc_${name}`]?.value.trim() ?? "";
  const find = panel.querySelector("[data-health-find]"), found = panel.querySelector("[data-health-found]");
  const key = panel.querySelector("[data-health-key]"), line = panel.querySelector("[data-health-line]");
  let timer = 0, asked = 0;

  function tell() {
    const type = form.elements.doc_code, label = of("code") ? type.selectedOptions[0].textContent : "Document de santé";
    const born = of("born").split("-").reverse().join("/"), first = of("given").split(/[\s,]+/)[0];
    const words = [of("replaces") && "[Annule et remplace]", label, of("family").toUpperCase(), first, born].filter(Boolean).join(" ");
    line.hidden = !of("family") && !of("code");
    line.querySelector("b").textContent = words;
    key.hidden = !of("ins") || isRight(of("ins"));
  }

  async function search() {
    const mine = ++asked, typed = find.value.trim();
    if (typed.length < 2) { found.replaceChildren(); return; }
    const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "X-Background": "1" }; // keys are told by lock.js
    try {
      const answer = await fetch(find.dataset.healthFind, { method: "POST", body: new URLSearchParams({ doc_find: typed }), headers, credentials: "same-origin" });
      const html = answer.ok ? await answer.text() : "";
      if (mine === asked) found.innerHTML = html;
    } catch { /* offline: the button asks again */ }
  }

  find.addEventListener("input", (event) => { event.stopPropagation(); clearTimeout(timer); timer = setTimeout(search, 150); }); // no edit of the letter
  find.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); clearTimeout(timer); search(); } });
  panel.addEventListener("input", tell);
  form.addEventListener("mss:recalled", () => setTimeout(tell));
}

document.querySelectorAll("[data-compose]").forEach(attach);
document.addEventListener("mss:composer", ({ detail }) => attach(detail));
