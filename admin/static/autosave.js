"use strict";
// Keeps what is typed into a task's form as the person's draft, and says so when somebody else was faster.
(() => {
  const form = document.querySelector("form[data-autosave]");
  const told = form && form.querySelector("[data-kept]:not(form)");
  if (!form || !told) return;
  const PAUSE = 4000; // milliseconds between two looks at the form
  const OWN = new Set(["csrf_token", "version", "typed_by", "draft", "opened"]);

  const typed = () => {
    if (form.typed) return Object.entries(form.typed());
    return [...new FormData(form)].filter(([key]) => !OWN.has(key));
  };
  const packed = () => {
    const body = new URLSearchParams();
    for (const [key, value] of typed())
      for (const one of [value].flat())
        if (one !== null && one !== undefined && one !== "" && one !== false) body.append(key, String(one));
    return body;
  };
  let last = packed().toString();
  let isOver = false;
  let isBusy = false;

  const end = (answer) => {
    isOver = true;
    const apart = document.getElementById("other-drafts");
    if (apart) apart.remove(); // there is nothing left to choose between
    const box = document.createElement("div");
    box.className = "ui-message ui-message-error";
    box.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = answer.message;
    const link = document.createElement("a");
    link.href = answer.url;
    link.textContent = told.dataset.open;
    box.append(words, link);
    document.querySelector(".ui-head").after(box);
    for (const part of [form, document.getElementById("task-fields")]) part.inert = true;
    box.scrollIntoView({ block: "center" });
    form.dataset.kept = "";
    told.textContent = "";
  };

  // Refused for good or for now, the reason stands where the saving would: the line is not down.
  const refuse = async (answer) => {
    const said = (answer.headers.get("Content-Type") || "").startsWith("application/json") && (await answer.json());
    told.textContent = (said && said.message) || told.dataset.failed;
    isOver = [403, 404].includes(answer.status);
  };

  // The same person types on another page, too: both drafts stay, and each page says so once.
  const warn = (answer) => {
    if (document.getElementById("other-drafts")) return;
    const box = document.createElement("div");
    box.className = "ui-message ui-message-warning";
    box.id = "other-drafts";
    box.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = answer.apart;
    const link = document.createElement("a");
    link.href = answer.url;
    link.textContent = told.dataset.other;
    box.append(words, link);
    document.querySelector(".ui-head").after(box);
  };

  const keep = async () => {
    if (isOver || isBusy) return;
    const body = packed();
    const now = body.toString();
    if (now === last) return;
    delete form.dataset.kept;
    for (const key of OWN) {
      const field = form.elements.namedItem(key);
      if (field) body.append(key, field.value);
    }
    isBusy = true;
    try {
      const headers = { "X-Requested-With": "fetch" };
      const answer = await fetch(form.dataset.autosave, { method: "POST", body, headers, keepalive: now.length < 50000 });
      if (answer.status === 409) end(await answer.json());
      else if (answer.status === 401) told.textContent = told.dataset.ended;
      else if (!answer.ok) await refuse(answer);
      else {
        last = now;
        form.dataset.kept = "";
        const kept = await answer.json();
        told.textContent = `${told.dataset.kept} ${kept.saved}`;
        form.elements.namedItem("draft").value = kept.draft;
        if (kept.apart) warn(kept);
      }
    } catch {
      told.textContent = told.dataset.unkept;
    } finally {
      isBusy = false;
    }
  };

  const timer = setInterval(keep, PAUSE);
  document.addEventListener("focusout", () => setTimeout(keep));
  document.addEventListener("visibilitychange", () => document.hidden && keep());
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    isOver = true; // the form itself is on its way
    clearInterval(timer);
  });
})();
