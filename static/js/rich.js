// The editor of rich text (ProseMirror and Tiptap, shipped by django-prose-editor), over the field of the words: it is asked
// for when a letter opens, and without it the field stays. What it makes is cleaned again on the server (mime/rich.py).

const TAGS = /<[a-z][^>]*>/gi; // in them alone: «style=» may be a word of the letter
const STYLES = /\sstyle\s*=\s*("[^"]*"|'[^']*'|[^\s>]*)/gi;
const escape = (line) => line.replace(/&/g, "&amp;").replace(/</g, "&lt;");

async function attach(form) {
  const field = form.elements.text, html = form.querySelector("[data-html]"), tools = form.querySelector("[data-tools]");
  if ("plain" in field.dataset) return;
  const kit = await import(form.dataset.editor);
  if (!form.isConnected) return;

  const label = form.querySelector(`label[for="${field.id}"]`);
  const place = document.createElement("div");
  place.className = "editor";
  const fromText = () => field.value.split("\n").map((line) => `<p>${escape(line)}</p>`).join("");
  const content = () => html.value || fromText();
  const had = document.activeElement === field, caret = field.selectionStart, isAtStart = had && caret === 0;

  const editor = new kit.Editor({
    element: place,
    injectCSS: false, // our policy refuses an inline style sheet: css/pages/composer.css has it
    extensions: [
      kit.Document, kit.Paragraph, kit.Text, kit.HardBreak, kit.History, kit.Bold, kit.Italic, kit.Underline, kit.ListItem,
      kit.BulletList, kit.OrderedList, kit.Blockquote, kit.Heading.configure({ levels: [2] }),
      kit.Link.configure({ openOnClick: false, autolink: true, protocols: ["http", "https", "mailto", "tel"] }),
    ],
    content: content(),
    editorProps: {
      attributes: { role: "textbox", "aria-multiline": "true", "aria-labelledby": label.id, class: "editor-words" },
      transformPastedHTML: (pasted) => pasted.replace(TAGS, (tag) => tag.replace(STYLES, "")), // it reads them in this page, whose policy would complain
    },
    onUpdate: () => { mirror(); html.dispatchEvent(new Event("input", { bubbles: true })); },
    onTransaction: () => light(),
  });
  field.before(place);
  if (had) editor.view.focus(); // before the field goes: a key that is pressed between two frames is a letter, no shortcut
  field.hidden = true;
  label.removeAttribute("for");
  html.disabled = false;
  tools.hidden = false;
  if (!html.value) html.value = editor.getHTML();
  const toEnd = () => editor.commands.setTextSelection(editor.state.doc.content.size); // one goes on where one stopped
  toEnd();
  if (had) editor.commands.focus(isAtStart ? "start" : "end");

  function mirror() {
    html.value = editor.getHTML();
    field.value = editor.getText({ blockSeparator: "\n" });
    empty();
  }
  function empty() { place.classList.toggle("is-empty", editor.isEmpty); }
  function light() {
    for (const button of tools.querySelectorAll("[data-is]")) button.setAttribute("aria-pressed", String(editor.isActive(button.dataset.is)));
  }
  empty();

  // The toolbar is one stop of Tab; arrows go through it (ARIA APG).
  const buttons = [...tools.querySelectorAll("[data-tool]")];
  buttons.forEach((button, index) => { button.tabIndex = index ? -1 : 0; });
  tools.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], at = buttons.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    const to = buttons[(at + step + buttons.length) % buttons.length];
    buttons.forEach((button) => { button.tabIndex = button === to ? 0 : -1; });
    to.focus();
  });
  tools.addEventListener("mousedown", (event) => { if (event.target.closest("[data-tool]")) event.preventDefault(); });
  tools.addEventListener("click", (event) => {
    const tool = event.target.closest("[data-tool]")?.dataset.tool;
    if (!tool) return;
    if (tool === "link") return askLink();
    const chain = editor.chain().focus();
    (tool === "toggleHeading" ? chain.toggleHeading({ level: 2 }) : chain[tool]()).run();
  });

  const ask = tools.querySelector("[data-link]"), address = tools.querySelector("[data-link-field]");
  function askLink() {
    if (editor.isActive("link")) { editor.chain().focus().extendMarkRange("link").unsetMark("link").run(); return; }
    ask.hidden = false;
    address.focus();
  }
  function put() {
    const typed = address.value.trim();
    ask.hidden = true;
    address.value = "";
    if (!typed) return editor.commands.focus();
    const href = /^(https?:|mailto:|tel:)/i.test(typed) ? typed : typed.includes("@") ? `mailto:${typed}` : `https://${typed}`;
    const chain = editor.chain().focus();
    if (editor.state.selection.empty) chain.insertContent({ type: "text", text: typed, marks: [{ type: "link", attrs: { href } }] }).run();
    else chain.setMark("link", { href }).run();
  }
  tools.querySelector("[data-link-put]").addEventListener("click", put);
  address.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); put(); }
    if (event.key === "Escape") { event.stopPropagation(); ask.hidden = true; editor.commands.focus(); }
  });

  form.addEventListener("mss:recalled", () => { editor.commands.setContent(content(), { emitUpdate: false }); toEnd(); mirror(); });
  form.addEventListener("mss:insert", (event) => { event.preventDefault(); editor.chain().focus().insertContent(event.detail.html).run(); });
  form.addEventListener("mss:gone", () => editor.destroy(), { once: true });
  form.dispatchEvent(new CustomEvent("mss:rich", { detail: editor }));
}

const quietly = () => {}; // without the editor, words are plain
document.querySelectorAll("[data-compose]").forEach((form) => attach(form).catch(quietly));
document.addEventListener("mss:composer", ({ detail }) => attach(detail).catch(quietly));
