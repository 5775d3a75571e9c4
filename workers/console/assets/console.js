// What pages do by themselves: what moves is asked for again, and a refresh that fails says
// so. Everything else works without this file.

import htmx from "htmx.org";

// Once a page is out of sight nobody looks.
function look() {
  const live = document.getElementById("live");
  if (!live || document.hidden || isInUse(live)) return;
  const target = "#live";
  const swap = { target, select: target, swap: "outerHTML" };
  htmx.ajax("GET", live.dataset.here, swap).catch(() => {});
}

// What somebody opened, typed into or stands on is left alone: a swap would take the text and
// a keyboard's place.
function isInUse(live) {
  const at = document.activeElement;
  const isOn = at !== null && at !== live && live.contains(at);
  const fields = [...live.querySelectorAll("input:not([type=hidden]), textarea")];
  const isTyped = fields.some((field) => field.value !== field.defaultValue);
  return isOn || isTyped || live.querySelector("details[open]") !== null || String(getSelection()).length > 0;
}

function tell(isStale, text) {
  const note = document.getElementById("stale");
  if (!note) return;
  if (text) note.textContent = text;
  note.hidden = !isStale;
}

function watch() {
  const live = document.getElementById("live");
  if (!live) return;
  const seconds = Number(live.dataset.refresh);
  setInterval(look, seconds * 1000);
  document.addEventListener("visibilitychange", look);
  document.body.addEventListener("htmx:afterSwap", () => tell(false));
  document.body.addEventListener("htmx:sendError", () =>
    tell(true, "Not up to date: the console does not answer. Trying again."));
  document.body.addEventListener("htmx:responseError", (event) => {
    const isOut = event.detail.xhr.status === 401;
    // The page itself asks who one is, and leads back here.
    if (isOut) location.reload();
    else tell(true, "Not up to date: the database or the API is away. Trying again.");
  });
}

watch();
