// Completes @name while it is typed: first who signed something on this page, then others with a page of their own.
const TYPED = /(?:^|[\s("'“‘])@([a-z0-9-]*)$/i;
const MAX_NAMES = 6;

const onPage = new Map();
for (const link of document.querySelectorAll('a.author[href^="/members/"]')) {
  onPage.set(link.getAttribute("href").split("/")[2], link.textContent.trim());
}

function complete(area, number) {
  const list = document.createElement("ul");
  list.className = "mention-list";
  list.id = `mentions-${number}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Members to mention");
  list.hidden = true;
  area.after(list);
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  let request = null;
  let current = 0;

  const typed = () => TYPED.exec(area.value.slice(0, area.selectionStart))?.[1].toLowerCase();

  const close = () => {
    request?.abort();
    list.hidden = true;
    area.removeAttribute("aria-activedescendant");
  };

  const choose = (slug) => {
    const end = area.selectionStart;
    area.setRangeText(`@${slug} `, end - typed().length - 1, end, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
    close();
  };

  const mark = (index) => {
    const options = [...list.children];
    current = (index + options.length) % options.length;
    options.forEach((option, n) => option.setAttribute("aria-selected", n === current));
    area.setAttribute("aria-activedescendant", options[current].id);
  };

  const show = (names) => {
    const options = [...names].slice(0, MAX_NAMES).map(([slug, name], n) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${n}`;
      option.setAttribute("role", "option");
      option.dataset.slug = slug;
      option.append(Object.assign(document.createElement("bdi"), { textContent: name }), ` @${slug}`);
      return option;
    });
    list.replaceChildren(...options);
    list.hidden = options.length === 0;
    if (options.length) mark(0);
  };

  const update = async () => {
    const start = typed();
    close();
    if (start === undefined) return;
    const matches = ([slug, name]) =>
      slug.startsWith(start) || slug.includes(`-${start}`) || name.toLowerCase().startsWith(start);
    const names = new Map([...onPage].filter(matches));
    show(names);
    if (start.length < 2 || names.size >= MAX_NAMES) return;
    request = new AbortController();
    try {
      const answer = await fetch(`/mentions?q=${encodeURIComponent(start)}`, { signal: request.signal });
      if (!answer.ok || typed() !== start) return;
      for (const { slug, name } of await answer.json()) if (!names.has(slug)) names.set(slug, name);
      show(names);
    } catch {
      // Without an answer the names on the page are offered.
    }
  };

  let timer = null;
  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(update, 120);
  });
  area.addEventListener("blur", close);
  area.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") mark(current + 1);
    else if (event.key === "ArrowUp") mark(current - 1);
    else if (event.key === "Escape") close();
    else if ((event.key === "Enter" || event.key === "Tab") && !event.ctrlKey && !event.metaKey) {
      choose(list.children[current].dataset.slug);
    } else return;
    event.preventDefault();
  });
  // Before the blur that a click causes.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[data-slug]");
    if (option) choose(option.dataset.slug);
  });
}

document.querySelectorAll("textarea[name=body]").forEach(complete);
