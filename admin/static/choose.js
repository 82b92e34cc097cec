"use strict";
// Counts what is ticked in a list, and offers the whole filter once a whole page is ticked.
const bar = document.querySelector("[data-choose]");
if (bar) {
  const ticks = [...document.querySelectorAll("input[name=task]")];
  const whole = bar.querySelector("[data-page]");
  const buttons = bar.querySelectorAll("button");
  const all = bar.querySelector("input[name=all]");
  const count = bar.querySelector("[data-count]");
  const show = () => {
    const ticked = ticks.filter((tick) => tick.checked).length;
    whole.checked = ticked === ticks.length;
    whole.indeterminate = ticked > 0 && !whole.checked;
    count.textContent = all.checked ? all.dataset.all : ticked;
    for (const button of buttons) button.disabled = !ticked && !all.checked;
  };
  whole.addEventListener("change", () => {
    for (const tick of ticks) tick.checked = whole.checked;
    show();
  });
  for (const tick of [...ticks, all]) tick.addEventListener("change", show);
  show();
  window.addEventListener("pageshow", show); // going back, the browser ticks again after this ran
}
