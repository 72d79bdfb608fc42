// Shows only the fields and steps that belong to the option chosen. Without it all of them are shown.
const form = document.querySelector("[data-compose]");

function update() {
  const option = form.querySelector("[name=vendor_naming]:checked")?.value;
  for (const part of form.querySelectorAll("[data-when]")) {
    part.hidden = !part.dataset.when.split(" ").includes(option);
  }
}

if (form) {
  form.addEventListener("change", update);
  update();
}
