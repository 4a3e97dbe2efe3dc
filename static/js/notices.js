// The page of notifications: this workstation is asked by a button, never at load, and can try what it will hear and see.

const state = document.querySelector("[data-notices-state]");
const ask = document.querySelector("[data-notices-ask]");
const attempt = document.querySelector("[data-notices-try]");
const WORDS = {
  granted: "Ce navigateur affiche les notifications.",
  denied: "Ce navigateur les refuse : autorisez-les pour ce site dans ses réglages (cadenas de la barre d’adresse).",
  default: "Ce navigateur n’a pas encore été autorisé.",
  none: "Ce navigateur ne sait pas afficher de notification.",
};

function tell() {
  const permission = window.Notification?.permission ?? "none";
  state.textContent = WORDS[permission];
  ask.hidden = permission !== "default";
}
tell();
ask.addEventListener("click", async () => {
  await Notification.requestPermission();
  tell();
});
attempt.addEventListener("click", () => {
  if (document.querySelector("[name=tells_sound]").checked) new Audio(attempt.dataset.noticesTry).play().catch(() => {});
  if (document.querySelector("[name=tells_desktop]").checked && window.Notification?.permission === "granted") {
    new Notification(attempt.dataset.words, { tag: "mssweb-try", lang: "fr" });
  }
});
