// A toolbar above each text in Markdown: bold, italic, link, list, quote, code, and the preview below the text.
const lines = (prefix) => (text) =>
  (text || "…").split("\n").map((line, n) => (prefix === "1. " ? `${n + 1}. ` : prefix) + line).join("\n");
const around = (mark, word) => (text) => `${mark}${text || word}${mark}`;
const code = (text) => (text.includes("\n") ? `\`\`\`\n${text}\n\`\`\`` : `\`${text || "code"}\``);
// A label, a description, what becomes of the selection, and whether whole lines are changed.
const BUTTONS = [
  ["B", "Bold", around("**", "bold"), false],
  ["I", "Italic", around("*", "italic"), false],
  ["Link", "Link", (text) => `[${text || "words"}](https://)`, false],
  ["List", "List", lines("- "), true],
  ["Quote", "Quote", lines("> "), true],
  ["Code", "Code", code, false],
];

for (const area of document.querySelectorAll("[data-markdown]")) area.before(toolbar(area));

function toolbar(area) {
  const bar = document.createElement("div");
  bar.className = "toolbar";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "Formatting");
  bar.setAttribute("aria-controls", area.id);
  for (const [label, title, change, isLines] of BUTTONS) {
    const item = button(label, title);
    item.classList.add(`toolbar__${title.toLowerCase()}`);
    item.addEventListener("click", () => apply(area, change, isLines));
    bar.append(item);
  }
  if (area.form.querySelector("[data-preview]")) {
    const item = button("Result", "Result below the text");
    item.dataset.previewToggle = "";
    item.setAttribute("aria-pressed", "false");
    bar.append(item);
  }
  // One stop for the Tab key; the arrow keys go on from there.
  const items = [...bar.children];
  items.forEach((item, n) => { item.tabIndex = n ? -1 : 0; });
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = items[(items.indexOf(document.activeElement) + step + items.length) % items.length];
    if (!step || !next) return;
    event.preventDefault();
    for (const item of items) item.tabIndex = item === next ? 0 : -1;
    next.focus();
  });
  return bar;
}

function button(label, title) {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = label;
  element.title = title;
  element.setAttribute("aria-label", title);
  return element;
}

function apply(area, change, isLines) {
  let { selectionStart: start, selectionEnd: end } = area;
  const { value } = area;
  if (isLines) {
    start = value.lastIndexOf("\n", start - 1) + 1;
    const lineEnd = value.indexOf("\n", end);
    end = lineEnd < 0 ? value.length : lineEnd;
  }
  const selected = value.slice(start, end);
  // A list or a quote is a paragraph of its own.
  const gap = isLines && start > 0 && value.slice(0, start).trim() && !value.slice(0, start).endsWith("\n\n") ? "\n" : "";
  const text = change(selected);
  replace(area, start, end, gap + text);
  const from = start + gap.length;
  if (text.endsWith("(https://)")) area.setSelectionRange(from + text.length - 9, from + text.length - 1);
  else if (selected) area.setSelectionRange(from, from + text.length);
  else area.setSelectionRange(from + text.search(/[a-z…]/), from + text.search(/[^a-z]*$/));
}

// As if it were typed, so that Undo takes it back. Browsers that can't do that get the text all the same.
function replace(area, start, end, text) {
  area.focus();
  area.setSelectionRange(start, end);
  if (document.execCommand("insertText", false, text)) return;
  area.setRangeText(text, start, end, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
