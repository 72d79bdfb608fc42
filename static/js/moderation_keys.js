// Keyboard shortcuts for moderators. Each presses a link or a button of the page, so nothing is lost without it.
const cases = [...document.querySelectorAll("[data-case]")];
const list = document.querySelector("[data-queue]");
// The form that decides: on one case, or on all that are selected.
const decision = document.querySelector("[data-decide]") ?? list;
const boxes = list ? [...list.querySelectorAll("input[name=case]")] : [];
const selectAll = document.querySelector("[data-select-all]");
const overlay = document.getElementById("keys");
let current = cases.findIndex((link) => link.getAttribute("aria-current"));

const shortcuts = {
  j: () => selectCase(1),
  k: () => selectCase(-1),
  o: () => cases[current]?.click(),
  x: () => cases[current]?.closest("li").querySelector("input[type=checkbox]")?.click(),
  a: () => selectAll?.click(),
  c: () => click("[data-claim] button"),
  d: () => press("decide"),
  s: () => click("[data-next] button"),
  u: () => press("fill_reason"),
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
  if (!list) {
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

function press(intent) {
  decision?.querySelector(`button[value=${intent}]`)?.click();
}

function focusField(id) {
  const field = document.getElementById(id);
  unfold(field);
  field?.focus();
  field?.scrollIntoView({ block: "center" });
}

function pressChoice(event) {
  const radio = decision?.querySelector(`[data-choice='${event.key}']`);
  if (!radio) return;
  event.preventDefault();
  unfold(radio);
  radio.click();
  radio.focus();
}

// On the list the form is folded until it is needed.
function unfold(field) {
  const details = field?.closest("details");
  if (details) details.open = true;
}

function countSelected() {
  const count = boxes.filter((box) => box.checked).length;
  const words = document.querySelector("[data-selected-count]");
  if (words) words.textContent = count ? `${count} selected` : "";
}

selectAll?.addEventListener("click", (event) => {
  event.preventDefault();
  const isChecked = boxes.some((box) => !box.checked);
  for (const box of boxes) box.checked = isChecked;
  countSelected();
});
list?.addEventListener("change", countSelected);

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
