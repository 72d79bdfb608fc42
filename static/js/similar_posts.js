// Lists posts with a similar title below the title while it is typed. Without it the preview lists them.
const DELAY = 600; // milliseconds after the last key
const MIN_LENGTH = 8;

const list = document.querySelector("[data-similar]");
const title = list?.closest("form").elements.title;

if (title) {
  let timer;
  let request = new AbortController();
  list.setAttribute("aria-live", "polite");
  title.closest(".field")?.after(list);

  const update = async () => {
    request.abort();
    request = new AbortController();
    if (title.value.trim().length < MIN_LENGTH) {
      list.replaceChildren();
      return;
    }
    const body = new FormData();
    body.set("title", title.value);
    body.set("csrf_token", title.form.elements.csrf_token.value);
    try {
      const response = await fetch(list.dataset.similar, { method: "POST", body, signal: request.signal });
      if (response.ok) list.innerHTML = await response.text();
    } catch {
      // The form works without the list.
    }
  };

  title.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(update, DELAY);
  });
}
