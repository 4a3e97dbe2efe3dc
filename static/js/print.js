// What is printed: the header block of each open message is unfolded, and the line of trace says the time of printing.

let unfolded = [];

addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll(".msg[open] .facts:not([open])")];
  unfolded.forEach((facts) => (facts.open = true));
  for (const line of document.querySelectorAll("[data-printed]")) {
    const zone = { timeZone: line.dataset.zone, dateStyle: "long" };
    const [day, hour] = [zone, { timeZone: line.dataset.zone, hour: "numeric", minute: "2-digit" }].map((how) => new Date().toLocaleString("fr-FR", how));
    line.textContent = `${day} à ${hour}`;
  }
});
addEventListener("afterprint", () => unfolded.forEach((facts) => (facts.open = false)));
