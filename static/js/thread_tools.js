// For each reply a button that copies its link and, when it was answered, one that folds its branch.
const thread = document.querySelector("[data-thread]");
const sprite = document.querySelector("use")?.getAttribute("href").split("#")[0];
if (thread) enable(thread);

function enable(thread) {
  for (const box of thread.querySelectorAll(".comment__box")) {
    const actions = box.querySelector(".actions") ?? box;
    const branch = box.parentElement.querySelector(":scope > .thread");
    if (branch) actions.append(foldButton(branch));
    const link = box.querySelector(".byline a[itemprop=url]");
    if (link) actions.append(copyButton(link.href));
  }
  openTarget();
  addEventListener("hashchange", openTarget);
}

function button(words, icon) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "act";
  if (icon) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", `${sprite}#${icon}`);
    svg.append(use);
    element.append(svg);
  }
  const label = document.createElement("span");
  label.textContent = words;
  element.append(label);
  return element;
}

function foldButton(branch) {
  const count = branch.querySelectorAll(".comment__box").length;
  const noun = count === 1 ? "1 reply" : `${count} replies`;
  const element = button("");
  const show = () => {
    element.firstChild.textContent = branch.hidden ? `Show ${noun}` : `Hide ${noun}`;
    element.setAttribute("aria-expanded", String(!branch.hidden));
  };
  element.addEventListener("click", () => {
    branch.hidden = !branch.hidden;
    show();
  });
  branch.addEventListener("unfold", () => {
    branch.hidden = false;
    show();
  });
  show();
  return element;
}

function copyButton(url) {
  const element = button("Copy link", "link");
  element.setAttribute("aria-live", "polite");
  element.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(url);
      element.lastChild.textContent = "Copied";
    } catch {
      location.href = url; // the address bar has it then
      return;
    }
    setTimeout(() => (element.lastChild.textContent = "Copy link"), 2000);
  });
  return element;
}

// A link to a reply in a folded branch opens the branch.
function openTarget() {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (!target) return;
  let branch = target.closest(".thread[hidden]");
  if (!branch) return;
  for (; branch; branch = target.closest(".thread[hidden]")) branch.dispatchEvent(new Event("unfold"));
  target.scrollIntoView();
}
