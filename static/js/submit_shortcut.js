// Ctrl+Enter (on a Mac, Command+Enter) in a text presses the main button of its form.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat) return;
  if (!event.target.matches("form[data-draft] textarea")) return;
  event.preventDefault();
  event.target.form.querySelector("button.button--solid")?.click();
});
