"use strict";
// Counts what is ticked in a list, ticks a whole page, and keeps the button shut while nothing is.
const bar = document.querySelector("[data-choose-rows]");
if (bar) {
  const ticks = [...document.querySelectorAll(`input[type=checkbox][form=${bar.id}]`)];
  const whole = bar.querySelector("[data-page]");
  const all = bar.querySelector("input[name=all]");
  const buttons = [...bar.querySelectorAll("button")];
  const count = bar.querySelector("[data-count]");
  const show = () => {
    const ticked = ticks.filter((tick) => tick.checked).length;
    const takesAll = all !== null && all.checked;
    whole.checked = ticks.length > 0 && ticked === ticks.length;
    whole.indeterminate = ticked > 0 && !whole.checked;
    count.textContent = takesAll ? all.dataset.all : ticked;
    for (const button of buttons) button.disabled = !ticked && !takesAll;
  };
  whole.addEventListener("change", () => {
    for (const tick of ticks) tick.checked = whole.checked;
    show();
  });
  for (const tick of [...ticks, ...(all ? [all] : [])]) tick.addEventListener("change", show);
  show();
  window.addEventListener("pageshow", show); // going back, the browser ticks again after this ran
}
