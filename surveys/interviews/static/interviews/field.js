// Brings the board up to date every minute, while somebody may be looking.
"use strict";
(() => {
  const MINUTE = 60_000;
  const board = document.getElementById("board");
  const stale = document.getElementById("stale");
  let last = Date.now();

  const replace = (html) => {
    const focused = board.contains(document.activeElement) ? document.activeElement : null;
    const scrolled = new Map([...board.querySelectorAll("[id]")].map((e) => [e.id, e.scrollLeft]));
    const opened = new Map([...board.querySelectorAll("details[id]")].map((e) => [e.id, e.open]));
    board.innerHTML = html;
    for (const [id, open] of opened) document.getElementById(id)?.toggleAttribute("open", open);
    for (const [id, left] of scrolled) {
      const found = left && document.getElementById(id);
      if (found) found.scrollLeft = left;
    }
    const again = focused && (focused.id
      ? document.getElementById(focused.id)
      : [...board.querySelectorAll("a")].find((a) => a.href === focused.href));
    again?.focus({ preventScroll: true });
  };

  const update = async () => {
    if (document.hidden || Date.now() - last < MINUTE) return;
    last = Date.now();
    try {
      const answer = await fetch(board.dataset.now, { redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      replace(await answer.text());
      stale.hidden = true;
    } catch {
      stale.hidden = false;
    }
  };

  setInterval(update, MINUTE / 12);
  document.addEventListener("visibilitychange", update);
})();
