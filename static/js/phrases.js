// Saved replies: found by name, filled by the server, put where the caret is; «;word» then Tab does the same. And which
// signature will stand below the letter.

function attach(form) {
  const menu = form.querySelector("[data-phrases]"), field = form.elements.text;
  let editor = null, caret = null;
  form.addEventListener("mss:rich", ({ detail }) => { editor = detail; });
  field.addEventListener("blur", () => { caret = [field.selectionStart, field.selectionEnd]; });

  async function ask(what) {
    const body = new URLSearchParams({ ...what, to: form.elements.to.value, source: form.elements.source.value });
    const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "X-Background": "1" }; // keys and clicks are told by lock.js
    const answer = await fetch(menu.dataset.phrases, { method: "POST", body, headers, credentials: "same-origin" });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  }

  function put({ text, html, left }) {
    const event = new CustomEvent("mss:insert", { cancelable: true, detail: { text, html } });
    if (form.dispatchEvent(event)) { // nobody else took it: a plain field
      const [from, to] = caret ?? [field.selectionStart, field.selectionEnd];
      field.setRangeText(text, from, to, "end");
      field.focus();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (left.length) document.dispatchEvent(new CustomEvent("mss:say", { detail: { text: `À remplir : ${left.join(", ")}` } }));
  }

  menu?.addEventListener("click", async (event) => {
    const button = event.target.closest("button[value^='insert:']");
    if (!button) return;
    event.preventDefault();
    menu.open = false;
    try { put(await ask({ phrase: button.value.slice(7) })); } catch { form.requestSubmit(button); }
  });
  menu?.addEventListener("toggle", () => { if (menu.open) menu.querySelector("[data-find]")?.focus(); });
  menu?.querySelector("[data-find]")?.addEventListener("input", ({ target }) => {
    const plain = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    for (const button of menu.querySelectorAll("button[value^='insert:']")) button.hidden = !plain(button.textContent).includes(plain(target.value));
  });
  menu?.querySelector("[data-find]")?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    menu.querySelector("button[value^='insert:']:not([hidden])")?.click();
  });

  // «;word» before the caret.
  form.addEventListener("keydown", async (event) => {
    if (event.key !== "Tab" || event.shiftKey || event.ctrlKey || event.altKey) return;
    const isRich = editor?.isFocused;
    if (!isRich && event.target !== field) return;
    const before = isRich ? editor.state.selection.$from.parent.textBetween(0, editor.state.selection.$from.parentOffset, "\n", "\n") : field.value.slice(0, field.selectionStart);
    const word = /(?:^|\s);([\p{L}\d_-]{1,24})$/u.exec(before)?.[1];
    if (!word) return;
    event.preventDefault();
    event.stopPropagation();
    try {
      const found = await ask({ word });
      if (isRich) editor.chain().focus().deleteRange({ from: editor.state.selection.from - word.length - 1, to: editor.state.selection.from }).run();
      else { field.setRangeText("", field.selectionStart - word.length - 1, field.selectionStart, "end"); caret = null; }
      put(found);
    } catch { document.dispatchEvent(new CustomEvent("mss:say", { detail: { text: `Aucune réponse type ne porte le mot « ${word} ».` } })); }
  }, true);

  const signature = form.querySelector("[data-signature]");
  signature?.querySelector("select").addEventListener("change", ({ target }) => {
    for (const words of signature.querySelectorAll("[data-signature-of]")) words.hidden = words.dataset.signatureOf !== target.value;
  });
}

document.querySelectorAll("[data-compose]").forEach(attach);
document.addEventListener("mss:composer", ({ detail }) => attach(detail));
