"use strict";
// Small conveniences only; every page works without them.

// A pressed button says that it works, and cannot be pressed twice.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented) return;
  if (button.dataset.confirm && !window.confirm(button.dataset.confirm)) {
    event.preventDefault();
    return;
  }
  setTimeout(() => {
    button.disabled = true;
    if (button.dataset.busy) button.textContent = button.dataset.busy;
  });
  // What brings a file leaves the page as it is: its button may be pressed again after a while.
  if (event.target.matches("[data-download]")) setTimeout(() => (button.disabled = false), 3000);
});
// The browser's back button must not bring back a disabled one.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

// One open panel at a time; Escape and a click elsewhere close it.
const closePanels = (except) => {
  for (const panel of document.querySelectorAll("details.ui-pop[open]")) if (panel !== except) panel.open = false;
};
document.addEventListener("click", (event) => closePanels(event.target.closest("details.ui-pop")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.ui-pop[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

// Filters apply as soon as a choice is made; without scripts the button does it.
for (const form of document.querySelectorAll("form[data-auto]")) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, input[type=date], input[type=checkbox]")) form.requestSubmit();
  });
}

// Rows of tabs that are wider than the screen begin where the chosen one stands.
const showChosen = () => {
  for (const chosen of document.querySelectorAll(".ui-tabs [aria-current], .ui-sheets [aria-current]")) {
    const row = chosen.parentElement;
    const [tab, frame] = [chosen.getBoundingClientRect(), row.getBoundingClientRect()];
    row.scrollLeft += tab.left - frame.left - (frame.width - tab.width) / 2;
  }
};
showChosen();
