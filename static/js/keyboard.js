// Keyboard shortcuts for readers, unless they are turned off on this device. Each presses what the page has anyway.
const ROWS = ".post-row, .comment__box";
const help = document.querySelector("[data-keyboard-help]");
const shortcuts = {
  j: () => select(1),
  k: () => select(-1),
  r: () => press(reply()),
  b: () => press(inRow("[data-bookmark]") ?? document.querySelector("[data-bookmark]")),
  "/": () => press([...document.querySelectorAll("input[type=search], [data-search]")].find((element) => element.checkVisibility())),
  "?": showHelp,
};

function isOff() {
  try {
    return localStorage.getItem("keyboard") === "off";
  } catch {
    return false; // storage may be turned off
  }
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isOff()) return;
  if (target.matches("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]")) return;
  if (document.querySelector("dialog[open]") || !Object.hasOwn(shortcuts, key)) return;
  event.preventDefault();
  shortcuts[key]();
});

function inRow(selector) {
  return document.activeElement.closest(ROWS)?.querySelector(selector);
}

function select(step) {
  const rows = [...document.querySelectorAll(ROWS)].filter((row) => row.checkVisibility());
  const current = rows.indexOf(document.activeElement.closest(ROWS));
  // The first press selects the first row that can be seen.
  const first = rows.findIndex((row) => row.getBoundingClientRect().bottom > 0);
  const row = rows[current < 0 ? first : Math.min(Math.max(current + step, 0), rows.length - 1)];
  const element = row?.querySelector("h3 a") ?? row;
  if (!element) return;
  if (element === row) row.tabIndex = -1;
  element.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function reply() {
  return inRow("[data-reply-to]") ?? document.querySelector('a[href="#reply"], a.act[href$="/reply"]');
}

function press(element) {
  if (element?.matches("input")) element.focus();
  else element?.click();
}

async function showHelp() {
  if (!help) return;
  let dialog = document.getElementById("shortcuts-dialog");
  if (!dialog) {
    const page = new DOMParser().parseFromString(await (await fetch(help.href)).text(), "text/html");
    dialog = document.createElement("dialog");
    dialog.id = "shortcuts-dialog";
    dialog.className = "overlay";
    dialog.setAttribute("aria-label", "Keyboard shortcuts");
    const title = document.createElement("h2");
    title.textContent = "Keyboard shortcuts";
    const close = document.createElement("form");
    close.method = "dialog";
    close.innerHTML = '<button class="button">Close</button>';
    dialog.append(title, page.getElementById("shortcuts"), close);
    document.body.append(dialog);
  }
  dialog.showModal();
}

const toggle = document.querySelector("[data-keyboard-toggle]");
if (toggle) {
  const box = toggle.querySelector("input");
  box.checked = !isOff();
  toggle.hidden = false;
  box.addEventListener("change", () => {
    try {
      localStorage.setItem("keyboard", box.checked ? "on" : "off");
    } catch {
      // the choice can't be kept
    }
  });
}
