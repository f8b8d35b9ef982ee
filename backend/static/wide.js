// A table that is wider than its place can be scrolled by the keyboard too.
"use strict";
(() => {
  const mark = () => {
    for (const each of document.querySelectorAll(".wide"))
      if (each.scrollWidth > each.clientWidth) each.tabIndex = 0;
      else each.removeAttribute("tabindex");
  };
  mark();
  window.addEventListener("resize", mark);
})();
