// A table that is wider than its place can be scrolled by the keyboard too, and shows its bad cell.
"use strict";
(() => {
  const mark = () => {
    for (const each of document.querySelectorAll(".wide"))
      if (each.scrollWidth > each.clientWidth) each.tabIndex = 0;
      else each.removeAttribute("tabindex");
  };
  mark();
  for (const cell of document.querySelectorAll(".wide .bad-cell"))
    cell.closest(".wide").scrollLeft = cell.offsetLeft + cell.offsetWidth - cell.closest(".wide").clientWidth;
  window.addEventListener("resize", mark);
})();
