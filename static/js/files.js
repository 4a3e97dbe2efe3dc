// Files of what is written: chosen, dropped or pasted; counted before they travel, with the next save.

const form = document.querySelector("[data-compose]");
const field = form.querySelector("[data-files]"), told = form.querySelector("[data-picked-files]");
let taken = new DataTransfer();

function take(list) {
  const all = new DataTransfer();
  for (const file of list) all.items.add(file);
  const size = [...all.files].reduce((sum, file) => sum + file.size, Number(form.dataset.held));
  if (size > Number(form.dataset.max)) {
    field.files = taken.files;
    told.textContent = `Trop volumineux : ${Math.floor(form.dataset.max / 1e6)} Mo au plus par message. Rien n’a été joint.`;
    return;
  }
  taken = all;
  field.files = all.files;
  if (!all.files.length) return;
  told.textContent = "Envoi des fichiers…";
  form.requestSubmit(form.querySelector("button[value=save]"));
}

field.addEventListener("change", () => take(field.files));
form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("dropping"); });
form.addEventListener("dragleave", () => form.classList.remove("dropping"));
form.addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("dropping");
  take([...taken.files, ...event.dataTransfer.files]);
});
form.addEventListener("paste", (event) => {
  if (!event.clipboardData.files.length) return;
  event.preventDefault();
  take([...taken.files, ...event.clipboardData.files]);
});
