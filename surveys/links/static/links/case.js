// Keys of a case, and its claim: it is ours while the page is open. Works without, by clicks.
"use strict";
(() => {
  const RENEW_EVERY_MS = 4 * 60 * 1000;
  const form = document.getElementById("case");
  const keys = document.getElementById("keys");
  const answers = [...document.querySelectorAll(".say details")];

  // A keyboard in Cyrillic has other letters on the same keys.
  const letterOf = (event) =>
    /^[a-z]$/i.test(event.key) ? event.key.toLowerCase()
      : /^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : event.key;
  const isTyping = (target) =>
    target instanceof Element &&
    target.matches("textarea, select, input:not([type=checkbox], [type=radio])");
  const go = (rel) => {
    const link = document.querySelector(`a[rel=${rel}]`);
    if (link) link.click();
  };
  const open = (answer) => {
    for (const each of answers) each.open = each === answer;
    answer.querySelector("button").focus();
  };
  const digit = (number) => {
    const answer = answers.find((each) => each.open);
    if (answer) {
      const ready = answer.querySelectorAll(".ready > button")[number - 1];
      if (ready) ready.click();
      return;
    }
    const tick = document.querySelector(`input[data-number="${number}"]`);
    if (tick) tick.click();
  };
  const close = () => {
    for (const each of answers) each.open = false;
    if (document.activeElement) document.activeElement.blur();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || (keys && keys.open)) return;
    if (event.key === "Escape") return close();
    if (isTyping(event.target)) return;
    const key = letterOf(event);
    const answer = answers.find((each) => each.dataset.key === key);
    if (answer) open(answer);
    else if (/^[1-9]$/.test(key)) digit(Number(key));
    else if (key === "j" || key === "ArrowRight") go("next");
    else if (key === "k" || key === "ArrowLeft") go("prev");
    else if (key === "u") document.querySelector("#undo-last button")?.click();
    else if (key === "?" || (event.code === "Slash" && event.shiftKey)) keys?.showModal();
    else return;
    event.preventDefault();
  });
  document.getElementById("show-keys")?.addEventListener("click", () => keys.showModal());
  if (!form) return;

  for (const own of document.querySelectorAll(".own"))
    own.querySelector("input").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // else the first button of the form were pressed
      own.querySelector("button").click();
    });

  const tell = (words) => {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    body.set("visit", form.elements.visit.value);
    if (words) body.set(words, "1");
    return body;
  };
  let deciding = false;
  form.addEventListener("submit", () => { deciding = true; });
  setInterval(() => {
    if (document.visibilityState === "visible")
      fetch(form.dataset.claim, { method: "POST", body: tell() }).catch(() => {});
  }, RENEW_EVERY_MS);
  window.addEventListener("pagehide", () => {
    if (!deciding) navigator.sendBeacon(form.dataset.claim, tell("leave"));
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
