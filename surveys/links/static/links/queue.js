// Keys of the queue: down, up, undo. Enter is the browser's own.
"use strict";
(() => {
  const links = [...document.querySelectorAll(".cases td:first-child a")];
  const move = (by) => {
    const at = links.indexOf(document.activeElement);
    const to = at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by;
    links[Math.max(0, Math.min(links.length - 1, to))]?.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target instanceof Element && event.target.matches("input, select, textarea")) return;
    if (event.code === "KeyJ" || event.key === "ArrowDown") move(1);
    else if (event.code === "KeyK" || event.key === "ArrowUp") move(-1);
    else if (event.code === "KeyU") document.querySelector("#undo-last button")?.click();
    else return;
    event.preventDefault();
  });
})();
