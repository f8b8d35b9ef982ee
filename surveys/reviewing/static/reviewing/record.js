// One key each for what a reviewer decides; off while they type. Works without, by clicks.
"use strict";
(() => {
  const comment = document.getElementById("comment");
  if (!comment) return;
  // A keyboard in Cyrillic has other letters on the same keys.
  const letterOf = (event) =>
    /^[a-z]$/i.test(event.key) ? event.key.toLowerCase()
      : /^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : "";
  const isTyping = (target) =>
    target instanceof Element && target.matches("textarea, select, input, [contenteditable]");
  const saidSomething = () =>
    [...document.querySelectorAll("form.review textarea")].some((each) => each.value.trim());
  let pressed = false;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.key === "Escape" && isTyping(event.target)) return event.target.blur();
    if (isTyping(event.target) || pressed) return;
    const key = letterOf(event);
    const button = key && document.querySelector(`button[data-key="${key}"]`);
    if (button && "needsComment" in button.dataset && !saidSomething()) comment.focus();
    else if (button) { pressed = true; button.click(); }
    else if (key === "c") comment.focus();
    else if (key === "j") document.querySelector("a[rel=next]")?.click();
    else if (key === "k") document.querySelector("a[rel=prev]")?.click();
    else return;
    event.preventDefault();
  });
  window.addEventListener("pageshow", () => { pressed = false; });
})();
