"use strict";
// A running import tells how far it is; when it is done the page is shown anew.
const panel = document.querySelector("[data-progress]");
const ask = async () => {
  const answer = await fetch(panel.dataset.progress, { headers: { "X-Requested-With": "fetch" } });
  if (!answer.ok) return window.location.reload();
  const now = await answer.json();
  panel.querySelector("progress").value = now.done;
  panel.querySelector("[data-done]").textContent = now.done;
  if (!now.running) return window.location.reload();
  setTimeout(ask, 1000);
};
if (panel) setTimeout(ask, 700);
