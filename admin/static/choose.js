"use strict";
// Counts what is ticked in a list, and offers the whole filter once a whole page is ticked.
const bar = document.querySelector("[data-choose]");
if (bar) {
  const ticks = [...document.querySelectorAll("input[name=task]")];
  const whole = bar.querySelector("[data-page]");
  const buttons = bar.querySelectorAll("button");
  const all = bar.querySelector("input[name=all]");
  const count = bar.querySelector("[data-count]");
  // The tick of a card stands for all of its tasks, those that are folded away too.
  const cards = [...document.querySelectorAll("input[data-card]")].map((tick) => ({
    tick,
    tasks: [...tick.closest("tbody").querySelectorAll("input[name=task]")],
  }));
  const sum = (tick, tasks) => {
    const ticked = tasks.filter((task) => task.checked);
    tick.checked = ticked.length === tasks.length;
    tick.indeterminate = ticked.length > 0 && !tick.checked;
    return ticked.reduce((sum, task) => sum + Number(task.dataset.tasks || 1), 0);
  };
  const show = () => {
    for (const card of cards) sum(card.tick, card.tasks);
    const ticked = sum(whole, ticks);
    count.textContent = all.checked ? all.dataset.all : ticked;
    for (const button of buttons) button.disabled = !ticked && !all.checked;
  };
  whole.addEventListener("change", () => {
    for (const tick of ticks) tick.checked = whole.checked;
    show();
  });
  for (const card of cards)
    card.tick.addEventListener("change", () => {
      for (const task of card.tasks) task.checked = card.tick.checked;
      show();
    });
  for (const tick of [...ticks, all]) tick.addEventListener("change", show);
  show();
  window.addEventListener("pageshow", show); // going back, the browser ticks again after this ran
}
