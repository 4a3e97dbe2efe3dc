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
    subject(form.elements.doc.checked ? words : own);
    key.hidden = !of("ins") || isRight(of("ins"));
  }

  // The field of the subject is not shown then; its own words come back when this is no document any more.
  const field = form.elements.subject;
  let own = form.elements.doc.checked ? "" : field.value, isOurs = false;
  const keep = () => { if (!form.elements.doc.checked && !isOurs) own = field.value; };
  field.addEventListener("input", keep);
  function subject(words) {
    if (field.value === words) return;
    field.value = words;
    isOurs = true;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    isOurs = false;
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
  panel.addEventListener("click", (event) => { // taken in place: the page stays where it is
    const button = event.target.closest("button[data-family]");
    if (!button) return;
    event.preventDefault();
    for (const [name, value] of Object.entries(button.dataset)) form.elements[`doc_${name}`].value = value;
    form.elements.doc_qualified.checked = false;
    form.elements.doc.checked = true;
    find.value = "";
    found.replaceChildren();
    form.elements.doc_family.dispatchEvent(new Event("input", { bubbles: true }));
    (form.elements.doc_code.value ? form.elements.doc_family : form.elements.doc_code).focus();
  });
  panel.addEventListener("input", tell);
  form.elements.doc.addEventListener("change", () => form.dispatchEvent(new CustomEvent("recipients"))); // files have less room
  form.addEventListener("mss:recalled", () => setTimeout(() => { keep(); tell(); })); // what came back is one's own
}

document.querySelectorAll("[data-compose]").forEach(attach);
document.addEventListener("mss:composer", ({ detail }) => attach(detail));
