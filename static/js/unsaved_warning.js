// Asks before a page is left on which something was typed and not sent.
const form = document.querySelector("[data-compose]");
let isUnsaved = false;

if (form) {
  form.addEventListener("input", () => { isUnsaved = true; });
  form.addEventListener("submit", () => { isUnsaved = false; });
  addEventListener("beforeunload", (event) => {
    if (isUnsaved) event.preventDefault();
  });
}
