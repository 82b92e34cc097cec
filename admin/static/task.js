"use strict";
// Turns the plain form into the one drawn from its definition; without scripts the plain one stays.

const data = JSON.parse(document.getElementById("task-form-data").textContent);
const form = document.getElementById("task-form");
const fields = document.getElementById("task-fields");

if (window.RenewalForm && form && fields) {
  // The library draws a form of its own, and forms do not nest.
  form.before(fields);
  const { lang, today, problems } = data;
  const shown = RenewalForm.mount(fields, data.schema, data.values, { lang, today, problems });
  let isLeaving = false;
  form.typed = () => shown.getData(); // for what is kept by itself

  const carry = (values) => {
    for (const old of form.querySelectorAll("input[data-value]")) old.remove();
    for (const [key, value] of Object.entries(values)) {
      for (const one of [value].flat()) {
        if (one === null || one === undefined || one === "" || one === false) continue;
        const input = document.createElement("input");
        Object.assign(input, { type: "hidden", name: key, value: String(one) });
        input.dataset.value = "";
        form.append(input);
      }
    }
  };

  form.addEventListener(
    "submit",
    (event) => {
      const isDraft = event.submitter && "draft" in event.submitter.dataset;
      if (!isDraft && Object.keys(shown.validate()).length) {
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      carry(shown.getData());
      isLeaving = true;
    },
    { capture: true },
  );
  fields.addEventListener("submit", (event) => {
    event.preventDefault();
    form.requestSubmit();
  });
  window.addEventListener("beforeunload", (event) => {
    if (shown.isDirty() && !isLeaving && !("kept" in form.dataset)) event.preventDefault();
  });
}
