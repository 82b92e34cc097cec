"use strict";
// The call button without leaving the page: what is typed into a form beside it stays as it is.
(() => {
  const told = (form) => {
    const line = form.querySelector("[role=alert]") || document.createElement("span");
    line.className = "ui-problem";
    line.setAttribute("role", "alert");
    form.append(line);
    return line;
  };

  const offer = (form, found) => {
    const box = document.createElement("span");
    box.className = "ui-call";
    box.dataset.clear = "phone";
    const link = document.createElement(found.dial ? "a" : "strong");
    if (found.dial) link.href = `tel:${found.dial}`;
    if (found.dial) link.className = "ui-button ui-button-main";
    link.textContent = found.dial ? `${form.dataset.dial} ${found.number}` : found.number;
    box.append(link);
    if (found.doubtful) {
      const mark = document.createElement("span");
      mark.className = "ui-mark ui-mark-warn";
      mark.textContent = form.dataset.doubtful;
      box.append(" ", mark);
    }
    form.replaceWith(box);
    link.focus();
  };

  const ask = async (form) => {
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const body = new URLSearchParams(new FormData(form));
      const headers = { "X-Requested-With": "fetch" };
      const answer = await fetch(form.action, { method: "POST", body, headers });
      const found = await answer.json().catch(() => null);
      if (answer.ok && found) offer(form, found);
      else if (found && found.message) told(form).textContent = found.message;
      else form.submit(); // signed out meanwhile, or gone: the page says it
    } catch {
      told(form).textContent = form.dataset.offline;
    } finally {
      button.disabled = false;
    }
  };

  document.addEventListener(
    "submit",
    (event) => {
      if (!event.target.matches("form[data-call]")) return;
      event.preventDefault();
      ask(event.target);
    },
    { capture: true },
  );
})();
