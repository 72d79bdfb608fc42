// Shows only the fields that belong to the option chosen. Without it all of them are shown.
const form = document.querySelector("[data-compose]");

function update() {
  const option = form.querySelector("[name=vendor_naming]:checked");
  for (const part of form.querySelectorAll("[data-when]")) {
    part.hidden = !option || part.dataset.when !== option.value;
  }
}

if (form) {
  form.addEventListener("change", update);
  update();
}
