// Loads a page of a list again by and by, while somebody looks at it, and nobody is about to follow a link in it or is typing.
"use strict";
(() => {
  const again = Number(document.currentScript.dataset.seconds) * 1000;
  setInterval(() => {
    const at = document.activeElement;
    const typed = [...document.querySelectorAll("input[name=reason]")].some((one) => one.value);
    if (!document.hidden && !typed && (at === null || at === document.body)) location.reload();
  }, again);
})();
