// Makes a picker of the line and the list of tags: suggestions while one types, and a button for each tag chosen.
// The boxes of the list hold what is chosen; without this script they are the whole picker.
const MAX_TAGS = 5;
const MAX_OPTIONS = 8;
const fold = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim();

function setUp(field) {
  const input = field.querySelector("input:not([type=checkbox])");
  const tags = [...field.querySelectorAll("[type=checkbox]")].map((box) => ({
    box,
    slug: box.value,
    names: [box.value, ...box.dataset.words.split(" ")].map(fold).filter(Boolean),
    text: box.closest("label").textContent.replace(box.value, "").trim(),
  }));
  const chips = element("ul", { class: "tag-chips", "aria-label": "Chosen tags" });
  const list = element("ul", { id: "tag-suggestions", class: "tag-suggestions", role: "listbox", "aria-label": "Suggested tags", hidden: "" });
  const status = element("span", { class: "vh", role: "status" });
  const line = element("div", { class: "tag-line" });
  let active = -1;

  setAttributes(input, { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id });
  input.replaceWith(chips, line);
  line.append(input, list, status);

  const chosen = () => tags.filter((tag) => tag.box.checked);
  const named = (text) => tags.find((tag) => tag.names.includes(fold(text)));

  function say(text) {
    status.textContent = text;
  }

  function showChips() {
    chips.replaceChildren(...chosen().map((tag) => {
      const attributes = { type: "button", class: "button button--small", "aria-label": `Remove ${tag.slug}` };
      const button = element("button", attributes, `${tag.slug} ×`);
      button.addEventListener("click", () => {
        set(tag, false);
        input.focus();
      });
      const item = element("li", {});
      item.append(button);
      return item;
    }));
    chips.hidden = !chips.children.length;
  }

  function set(tag, isChosen) {
    if (isChosen && !tag.box.checked && chosen().length >= MAX_TAGS) {
      say(`${MAX_TAGS} tags are the most. Remove one first.`);
      return false;
    }
    tag.box.checked = isChosen;
    say(`${tag.slug} ${isChosen ? "added" : "removed"}. ${chosen().length} of ${MAX_TAGS} tags.`);
    tag.box.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  }

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function activate(index) {
    const options = [...list.children];
    active = (index + options.length) % options.length;
    options.forEach((option, n) => option.setAttribute("aria-selected", String(n === active)));
    options[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[active].id);
  }

  // What is typed after the last comma; before it are whole tags.
  const typed = () => input.value.slice(input.value.lastIndexOf(",") + 1);

  function choose(tag) {
    if (set(tag, true)) input.value = input.value.slice(0, input.value.length - typed().length).replace(/,\s*$/, "");
    close();
  }

  function suggestions() {
    const query = fold(typed());
    if (!query) return [];
    const rank = (tag) => Math.min(...tag.names.map((name) => (
      name.startsWith(query) ? 0 : ` ${name}`.includes(` ${query}`) ? 1 : name.includes(query) ? 2 : 9
    )));
    return tags.filter((tag) => !tag.box.checked && rank(tag) < 9).sort((a, b) => rank(a) - rank(b)).slice(0, MAX_OPTIONS);
  }

  function suggest() {
    const matches = suggestions();
    close();
    list.replaceChildren(...matches.map((tag, n) => {
      const option = element("li", { id: `tag-option-${n}`, role: "option", "aria-selected": "false" });
      option.append(element("b", {}, tag.slug), ` ${tag.text}`);
      option.addEventListener("mousedown", (event) => event.preventDefault());
      option.addEventListener("click", () => choose(tag));
      return option;
    }));
    if (!matches.length) return;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    say(`${matches.length} suggestions.`);
  }

  // Turns the words before `end` that are tags into chosen ones, and leaves the others to be typed on.
  function absorb(end) {
    const words = input.value.slice(0, end).split(",").filter((part) => part.trim() && !(named(part) && set(named(part), true)));
    input.value = [...words, input.value.slice(end)].filter(Boolean).join(",").trimStart();
  }

  input.addEventListener("input", () => {
    const comma = input.value.lastIndexOf(",");
    if (comma >= 0) absorb(comma + 1);
    suggest();
  });
  input.addEventListener("keydown", (event) => {
    const isOpen = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!isOpen) suggest();
      if (!list.hidden) activate(event.key === "ArrowDown" ? active + 1 : active < 0 ? -1 : active - 1);
    } else if (event.key === "Enter" && (isOpen || named(typed()))) {
      const option = active >= 0 ? list.children[active].querySelector("b").textContent : typed();
      if (named(option)) choose(named(option));
    } else if (event.key === "Escape" && isOpen) {
      close();
    } else {
      return;
    }
    event.preventDefault();
  });
  // What is still typed then is sent as it is: a button that appeared now would move what is being tapped.
  input.addEventListener("blur", close);
  field.addEventListener("change", (event) => {
    if (event.target !== input) showChips();
  });
  showChips();
  if (chosen().length) field.querySelector("details").open = false;
}

function element(name, attributes, text = "") {
  const node = document.createElement(name);
  setAttributes(node, attributes);
  node.textContent = text;
  return node;
}

function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}

for (const field of document.querySelectorAll("[data-tag-picker]")) setUp(field);
