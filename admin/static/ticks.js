"use strict";
// Counts what is ticked in a list, ticks a whole page, and keeps the button shut while nothing is.
const bar = document.querySelector("[data-choose-rows]");
if (bar) {
  const ticks = [...document.querySelectorAll(`input[type=checkbox][form=${bar.id}]`)];
  const whole = bar.querySelector("[data-page]");
  const all = bar.querySelector("input[name=all]");
  const buttons = [...bar.querySelectorAll("button")];
  const most = bar.dataset.most === undefined ? Infinity : Number(bar.dataset.most); // so many may be sent
  const over = bar.querySelector("[data-over]");
  const count = bar.querySelector("[data-count]");
  const show = () => {
    const ticked = ticks.filter((tick) => tick.checked).length;
    const takesAll = all !== null && all.checked;
    whole.checked = ticked > 0 && ticked >= Math.min(ticks.length, most);
    whole.indeterminate = ticked > 0 && !whole.checked;
    count.textContent = takesAll ? all.dataset.all : ticked;
    for (const button of buttons) button.disabled = (!ticked && !takesAll) || ticked > most;
    if (over) over.classList.toggle("ui-bad", ticked > most);
  };
  whole.addEventListener("change", () => {
    for (const [number, tick] of ticks.entries()) tick.checked = whole.checked && number < most;
    show();
  });
  for (const tick of [...ticks, ...(all ? [all] : [])]) tick.addEventListener("change", show);
  show();
  window.addEventListener("pageshow", show); // going back, the browser ticks again after this ran
}
