"use strict";
// Choosing a ready-made sign-in fills the form; the person still presses the button.
const form = document.getElementById("sign-in");
for (const choice of document.querySelectorAll(".room-demo-user")) {
  choice.addEventListener("click", () => {
    form.username.value = choice.dataset.name;
    form.password.value = choice.dataset.password;
    form.querySelector("button").focus();
  });
}
