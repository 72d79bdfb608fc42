// Keyboard shortcuts for moderators. Each presses a link or a button of the page, so nothing is lost without it.
const cases = [...document.querySelectorAll("[data-case]")];
const decision = document.querySelector("[data-decide]");
const overlay = document.getElementById("keys");
let current = cases.findIndex((link) => link.getAttribute("aria-current"));

const shortcuts = {
  j: () => selectCase(1),
  k: () => selectCase(-1),
  o: () => cases[current]?.click(),
  x: () => cases[current]?.closest("li").querySelector("input[type=checkbox]")?.click(),
  c: () => click("[data-claim] button"),
  d: () => decision?.querySelector("button[value=decide]")?.click(),
  u: () => decision?.querySelector("button[value=fill_reason]")?.click(),
  r: () => focusField("rule"),
  w: () => focusField("reason"),
  n: () => focusField("note"),
  q: () => click("[data-queue-link]"),
  "?": () => overlay?.showModal(),
};

// On a page with one case the next one is opened, in the queue it is marked.
function selectCase(step) {
  if (!cases.length) return;
  current = Math.max(0, Math.min(cases.length - 1, current + step));
  if (decision || document.querySelector("[data-claim]")) {
    cases[current].click();
    return;
  }
  for (const link of cases) link.removeAttribute("aria-current");
  cases[current].setAttribute("aria-current", "true");
  cases[current].focus();
}

function click(selector) {
  document.querySelector(selector)?.click();
}

function focusField(id) {
  const field = document.getElementById(id);
  field?.focus();
  field?.scrollIntoView({ block: "center" });
}

function pressChoice(event) {
  const radio = decision?.querySelector(`[data-choice='${event.key}']`);
  if (!radio) return;
  event.preventDefault();
  radio.click();
  radio.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || overlay?.open) return;
  if (event.target.matches("input:not([type=radio], [type=checkbox]), textarea, select")) {
    if (event.key === "Escape") event.target.blur();
  } else if (/^[1-9]$/.test(event.key)) {
    pressChoice(event);
  } else if (Object.hasOwn(shortcuts, event.key)) {
    event.preventDefault();
    shortcuts[event.key]();
  }
});

const help = document.querySelector("[data-keys]");
if (help) help.hidden = false;
