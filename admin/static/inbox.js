"use strict";
// Moves through the inbox by keys; nothing happens while somebody types into a field or a dialogue is open.
(() => {
  const rows = [...document.querySelectorAll("table[data-keys] tbody tr")];
  const help = document.getElementById("keys");
  const search = document.querySelector("input[type=search]");
  let here = -1;

  const link = (row) => row.querySelector("a.ui-row-link, a.ui-kin-link, .ui-kin-rest a") || row.querySelector("[data-card]");
  const isShown = (row) => row.getClientRects().length > 0 && link(row);
  const move = (step) => {
    let next = here + step;
    while (rows[next] && !isShown(rows[next])) next += step;
    if (!rows[next]) return;
    if (here >= 0) rows[here].classList.remove("ui-row-here");
    here = next;
    rows[here].classList.add("ui-row-here");
    link(rows[here]).focus({ preventScroll: true });
    rows[here].scrollIntoView({ block: "nearest" });
  };
  const select = () => {
    const tick = here >= 0 && rows[here].querySelector("input[name=task], input[data-card]");
    if (tick) tick.click();
  };
  const unfold = () => {
    const fold = here >= 0 && rows[here].closest("tbody").querySelector("[data-open]");
    if (fold) fold.click();
  };
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    x: select,
    o: unfold,
    "/": () => search && (search.focus(), search.select()),
    "?": () => help && help.showModal(),
    Enter: () => here >= 0 && link(rows[here]).click(),
  };

  const isTyping = (target) =>
    target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog");
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || (help && help.open)) return;
    // Enter on something that can be pressed means that thing.
    if (event.key === "Enter" && event.target.closest("a, button, summary, input")) return;
    const act = Object.hasOwn(keys, event.key) && keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  for (const [number, row] of rows.entries())
    row.addEventListener("focusin", () => {
      if (here >= 0) rows[here].classList.remove("ui-row-here");
      here = number;
      row.classList.add("ui-row-here");
    });
  const opener = document.querySelector("[data-help]");
  if (opener && help) {
    opener.hidden = false;
    opener.addEventListener("click", () => help.showModal());
  }
})();
