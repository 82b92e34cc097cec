"use strict";
// Ticks outlive a refusal: the page that says why it was refused shows them again, with the choosing open.
(() => {
  const bar = document.querySelector("[data-choose], [data-choose-rows]");
  if (!bar) return;
  const key = `ticks:${window.location.pathname}`;
  const ticks = () => [...document.querySelectorAll(`input[type=checkbox][name][form=${bar.id}]`)];
  const held = window.sessionStorage.getItem(key);
  window.sessionStorage.removeItem(key);
  if (held && document.querySelector(".ui-message-error")) {
    const wanted = new Set(JSON.parse(held));
    const again = ticks().filter((tick) => wanted.has(tick.value));
    for (const tick of again) tick.checked = true;
    const many = document.querySelector(".ui-many input");
    if (many && again.length) many.checked = true;
  }
  bar.addEventListener("submit", () => {
    const values = ticks().filter((tick) => tick.checked).map((tick) => tick.value);
    window.sessionStorage.setItem(key, JSON.stringify(values));
  });
})();
