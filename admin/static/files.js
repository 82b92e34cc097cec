"use strict";
// The browser's own file button speaks the browser's language; ours says the name of what was chosen.
for (const input of document.querySelectorAll(".room-file input")) {
  const name = input.parentElement.querySelector("output");
  const nothing = name.textContent;
  input.addEventListener("change", () => {
    name.textContent = input.files.length ? input.files[0].name : nothing;
  });
}
