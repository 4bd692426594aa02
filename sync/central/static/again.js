// Loads a page of a list again by and by, while somebody looks at it and nobody is about to follow a link in it.
"use strict";
(() => {
  const again = Number(document.currentScript.dataset.seconds) * 1000;
  setInterval(() => {
    const at = document.activeElement;
    if (!document.hidden && (at === null || at === document.body)) location.reload();
  }, again);
})();
