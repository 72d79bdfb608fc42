// "Preview" shows the text as it would appear, rendered by the server, and follows what is typed. Without this script
// the button sends the form and the page comes back with the preview.
const PAUSE = 700;
// In characters. The server takes no longer form.
const MAX_LENGTH = 300_000;

for (const box of document.querySelectorAll("[data-preview]")) enable(box, box.closest("form"));

function enable(box, form) {
  const url = `${new URL(form.action).pathname}/preview`;
  const place = document.createComment("the preview");
  const field = form.querySelector("[data-markdown]")?.closest(".field");
  let timer = 0;
  let request = null;

  box.before(place);

  async function render() {
    clearTimeout(timer);
    request?.abort();
    const body = new URLSearchParams(new FormData(form));
    if (body.toString().length > MAX_LENGTH) {
      box.textContent = "This is too long for a preview. Your text is still here.";
      return;
    }
    request = new AbortController();
    try {
      const answer = await fetch(url, {
        method: "POST",
        body,
        signal: request.signal,
      });
      if (!answer.ok) throw new Error(answer.status);
      const html = await answer.text();
      for (const details of form.querySelectorAll("#given-away")) details.remove();
      box.innerHTML = html;
      // Read out when one comes there, not after every pause.
      for (const details of box.querySelectorAll("[role=alert]")) details.removeAttribute("role");
    } catch (error) {
      if (error.name !== "AbortError") box.textContent = "The preview could not be loaded. Your text is still here.";
    }
  }

  // Next to the button that was pressed: that of the toolbar is above the text, the others are at the form's end.
  async function show(isBelowText) {
    (isBelowText && field ? field : place).after(box);
    box.hidden = false;
    await render();
    box.scrollIntoView({ block: "nearest" });
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.value === "preview") {
      event.preventDefault();
      show(false).then(() => box.focus({ preventScroll: true }));
    } else if (button?.hasAttribute("data-preview-toggle")) {
      const isOn = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", isOn);
      if (isOn) show(true);
      else box.hidden = true;
    }
  });
  form.addEventListener("input", () => {
    clearTimeout(timer);
    if (!box.hidden) timer = setTimeout(render, PAUSE);
  });
}
