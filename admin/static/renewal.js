"use strict";
// Draws the diagrams of a renewal with the path it took; a called stage opens on click.

const data = JSON.parse(document.getElementById("diagram-data").textContent);
const container = document.getElementById("diagram-view");
const tabs = [...document.querySelectorAll("[data-sheet]")];
const files = new Map();

const fetchSheet = (sheet) => {
  if (!files.has(sheet.id)) {
    files.set(
      sheet.id,
      fetch(sheet.url, { credentials: "same-origin" }).then((answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.text();
      }),
    );
  }
  return files.get(sheet.id);
};

const open = async (id) => {
  const sheet = data.sheets.find((one) => one.id === id);
  if (!sheet || !window.RenewalViewer) return;
  for (const tab of tabs) {
    if (tab.dataset.sheet === id) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
  showChosen();
  const xml = await fetchSheet(sheet);
  await RenewalViewer.show(container, xml, {
    completed: data.completed,
    active: data.active,
    flows: data.flows,
    incident: data.incident,
    lang: data.lang,
    onDrill: (called) => open(called),
  });
};

for (const tab of tabs) {
  tab.addEventListener("click", (event) => {
    event.preventDefault();
    open(tab.dataset.sheet);
  });
}
if (data.first) open(data.first);
