// Bodies of messages: each frame takes the height of what it shows.
// The frame runs no script of its own; same origin lets us measure it and hear its keys (design §4.8).

const MOST = 60000; // pixels: a mail that pretends to be taller scrolls

function measure(frame) {
  const page = frame.contentDocument?.documentElement;
  if (!page || !frame.contentDocument.body) return;
  frame.classList.add("measured");
  page.style.overflowY = "hidden"; // as tall as what it shows: no bar, which would change its width
  frame.style.height = "0px";
  const height = Math.min(Math.ceil(page.scrollHeight), MOST);
  frame.style.height = `${height + 2}px`;
}

function settle(frame) {
  if (!frame.contentDocument || frame.contentDocument.URL === "about:blank") return;
  measure(frame);
  for (const image of frame.contentDocument.images) {
    if (!image.complete) image.addEventListener("load", () => measure(frame), { once: true });
  }
  frame.contentDocument.addEventListener("keydown", (event) => {
    const copy = new KeyboardEvent("keydown", { key: event.key, ctrlKey: event.ctrlKey, metaKey: event.metaKey, altKey: event.altKey, shiftKey: event.shiftKey, bubbles: true, cancelable: true });
    if (!frame.dispatchEvent(copy)) event.preventDefault();
  });
  frame.contentDocument.addEventListener("toggle", () => measure(frame), true); // quoted text unfolds
  for (const link of frame.contentDocument.querySelectorAll("a[data-outside]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault(); // a page of ours: in this tab, which the frame itself cannot lead anywhere
      location.assign(link.href);
    });
  }
  let width = frame.clientWidth;
  new ResizeObserver(() => {
    if (frame.clientWidth !== width) {
      width = frame.clientWidth;
      measure(frame);
    }
  }).observe(frame);
}

function attach(root) {
  for (const frame of root.querySelectorAll("iframe[data-body]:not([data-attached])")) {
    frame.dataset.attached = "1";
    frame.addEventListener("load", () => settle(frame));
    if (frame.contentDocument?.readyState === "complete") settle(frame);
  }
}

document.addEventListener("htmx:afterSwap", (event) => attach(event.detail.target?.parentElement ?? document));
document.addEventListener("htmx:load", () => attach(document));
attach(document);
