// Selecting words of a post or a reply shows "Quote in your reply" below them, which puts them into the reply form.
const form = document.querySelector("[data-reply-form]");
const button = document.createElement("button");
button.type = "button";
button.className = "button button--small quote-button";
button.textContent = "Quote in your reply";

// The text that holds the whole selection, or null.
function source() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed || !selection.toString().trim()) return null;
  const node = selection.getRangeAt(0).commonAncestorContainer;
  const text = (node.closest ? node : node.parentElement).closest(".post-body .prose, .comment__body");
  return text && !form.contains(text) ? text : null;
}

function show() {
  const text = source();
  if (!text) {
    button.remove();
    return;
  }
  const { bottom, left } = [...getSelection().getRangeAt(0).getClientRects()].at(-1);
  // Next in the tab order, too.
  if (button.previousElementSibling !== text) text.after(button);
  button.style.top = `${bottom + scrollY + 6}px`;
  button.style.left = `${Math.min(left + scrollX, innerWidth - 150)}px`;
}

function quote() {
  const text = source();
  if (!text) return;
  const lines = getSelection().toString().trim().split(/\n+/);
  const passage = lines.map((line) => `> ${line}`).join("\n>\n");
  const area = form.elements.body;
  // An empty form goes to the reply that is quoted; one with a text stays where it is.
  const link = text.closest(".comment__box")?.querySelector("[data-reply-to]");
  if (!area.value.trim() && link) link.click();
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
  const quoted = `${area.value.trim() ? "\n\n" : ""}${passage}\n\n`;
  if (!document.execCommand("insertText", false, quoted)) {
    area.setRangeText(quoted, area.value.length, area.value.length, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  button.remove();
  area.scrollIntoView({ block: "nearest" });
}

if (form) {
  document.addEventListener("selectionchange", show);
  // The press must not take the selection away first.
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", quote);
}
