// Keeps what is typed into a form on this device, for 30 days, and puts it back after a closed tab or a crash. A draft
// belongs to one member, one form and one tab; that of a tab which is still open is offered, not taken.
const MAX_AGE = 30 * 24 * 3600 * 1000;
const PREFIX = "draft:";
const COOKIE = "saved_draft";
const NEVER = /^(csrf_token|submission|form_timestamp|homepage|intent|proof|code|credential|device_draft|password.*|.*_password)$/;
const HIDDEN = ["to", "version"];
const randomNumber = () => [...crypto.getRandomValues(new Uint8Array(8))].map((n) => n.toString(16).padStart(2, "0")).join("");
const listeners = new Map();
let channel = null;

// Who has no account has no code either: the browser forgets their draft with the tab.
const storeOf = (owner) => (owner ? localStorage : sessionStorage);

function read(store, name) {
  try {
    return JSON.parse(store.getItem(name));
  } catch {
    return null;
  }
}

function names(store, prefix) {
  return Object.keys(store).filter((name) => name.startsWith(prefix));
}

// Removes drafts that are old, and the one whose form was accepted.
function tidy(store) {
  const accepted = document.cookie.match(/(?:^|; )saved_draft=([0-9a-f]{16})/)?.[1];
  for (const name of names(store, PREFIX)) {
    const draft = read(store, name);
    if (!draft || Date.now() - draft.at > MAX_AGE || (accepted && draft.sent === accepted)) store.removeItem(name);
  }
}

function openChannel() {
  if (!window.BroadcastChannel || channel) return;
  channel = new BroadcastChannel("drafts");
  channel.onmessage = ({ data }) => {
    if (data.ask && data.from !== pageId && data.ask === tab) channel.postMessage({ open: tab, to: data.from });
    if (data.open && data.to === pageId) listeners.get(data.open)?.(true);
  };
}

// Whether another page is open under this tab's number.
function isOpen(number) {
  if (!channel) return Promise.resolve(false);
  return new Promise((resolve) => {
    listeners.set(number, resolve);
    channel.postMessage({ ask: number, from: pageId });
    setTimeout(() => resolve(false), 150);
  });
}

const pageId = randomNumber();
let tab = "";

const fields = (form) =>
  [...form.elements].filter(
    (field) =>
      field.name && !NEVER.test(field.name) && !["file", "password", "submit", "button", "fieldset"].includes(field.type)
      && (field.type !== "hidden" || HIDDEN.includes(field.name)),
  );
const isChoice = (field) => field.type === "radio" || field.type === "checkbox";

// The fields as a list of names and values.
function values(form, initial = false, isAll = true) {
  return fields(form).filter(({ type }) => isAll || type !== "hidden").flatMap((field) => {
    if (isChoice(field)) return (initial ? field.defaultChecked : field.checked) ? [[field.name, field.value]] : [];
    if (!initial) return [[field.name, field.value]];
    if (field.type === "select-one") {
      const option = [...field.options].find(({ defaultSelected }) => defaultSelected) ?? field.options[0];
      return [[field.name, option?.value ?? ""]];
    }
    return [[field.name, field.defaultValue]];
  });
}

// What is typed, to compare: now, and as the page came, before the browser or a person filled anything in.
const typed = (form) => JSON.stringify(values(form, false, false));
const initial = (form) => JSON.stringify(values(form, true, false));
const valueIn = (draft, name) => draft.fields.find(([other]) => other === name)?.[1];

function fill(form, pairs) {
  const rest = [...pairs];
  for (const field of fields(form)) {
    const at = rest.findIndex(([name, value]) => name === field.name && (!isChoice(field) || value === field.value));
    if (isChoice(field)) field.checked = at >= 0;
    else if (at >= 0) field.value = rest[at][1];
    if (at >= 0) rest.splice(at, 1);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  form.dispatchEvent(new Event("restored"));
}

const when = (at) =>
  new Date(at).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

function button(label, action) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "act";
  element.textContent = label;
  element.addEventListener("click", action);
  return element;
}

function keep(form) {
  const { draft: key, draftOwner: owner } = form.dataset;
  const store = storeOf(owner);
  const prefix = `${PREFIX}${owner}:${key}:`;
  const served = initial(form);
  const line = document.createElement("div");
  const status = document.createElement("p");
  let timer = 0;
  let isFull = false;
  let isSent = false;
  // The page answers what was sent: its text is newer than any draft, and is not what one would go back to.
  const isAnswer = form.hasAttribute("data-draft-sent");

  line.className = "draft-line hint";
  status.setAttribute("role", "status");
  line.append(status);
  (form.querySelector("textarea")?.closest(".field") ?? form.lastElementChild).after(line);

  const own = () => prefix + tab;
  const say = (text, ...actions) => status.replaceChildren(text, " ", ...actions);
  const discard = button("Discard it", () => {
    clearTimeout(timer);
    store.removeItem(own());
    fill(form, JSON.parse(served));
    clearTimeout(timer);
    store.removeItem(own());
    say("The draft was discarded.");
    form.querySelector("textarea")?.focus();
  });

  function save(sent) {
    clearTimeout(timer);
    if (typed(form) === served && !isAnswer) {
      store.removeItem(own());
      return;
    }
    try {
      store.setItem(own(), JSON.stringify({ fields: values(form), base: served, at: Date.now(), sent }));
      isFull = false;
      if (!status.querySelector("button")) say("A draft is kept on this device.", ...(isAnswer ? [] : [discard]));
    } catch {
      isFull = true;
    }
  }

  function restore(draft, words) {
    fill(form, draft.fields);
    save();
    say(words, discard);
  }

  function offer(name, draft) {
    const row = document.createElement("p");
    const use = button("Use it", () => {
      const isEmpty = typed(form) === served;
      const current = values(form);
      fill(form, draft.fields);
      store.removeItem(name);
      row.remove();
      if (!isEmpty) {
        const spare = { fields: current, base: served, at: Date.now() };
        store.setItem(prefix + randomNumber(), JSON.stringify(spare));
        offer(names(store, prefix).find((other) => read(store, other)?.at === spare.at), spare);
      }
      save();
    });
    const remove = button("Delete it", () => {
      store.removeItem(name);
      row.remove();
    });
    row.append(`Another draft of this, from ${when(draft.at)}, is kept on this device. `, use, " ", remove);
    line.append(row);
  }

  async function find() {
    const drafts = names(store, prefix).map((name) => [name, read(store, name)]).filter(([, draft]) => draft);
    drafts.sort(([, a], [, b]) => b.at - a.at);
    // The form below a post goes to the reply that a draft answers; on a page of its own a form has one target. A draft
    // of an edit says which version it was made from, and the site shows what has changed since.
    const isMovable = form.hasAttribute("data-reply-form");
    const fits = (draft) =>
      (draft.base === served || valueIn(draft, "version"))
      && (isMovable || !form.elements.to || valueIn(draft, "to") === form.elements.to.value);
    const mine = drafts.find(([name]) => name === own());
    let isTaken = isAnswer || typed(form) !== served;
    if (isTaken) save();
    else if (mine && fits(mine[1])) {
      restore(mine[1], `Your draft from ${when(mine[1].at)} is back.`);
      isTaken = true;
    } else if (mine) {
      // The page was opened for something else: the tab's draft of before is offered under a number of its own.
      const name = prefix + randomNumber();
      store.setItem(name, JSON.stringify(mine[1]));
      store.removeItem(own());
      offer(name, mine[1]);
    }
    for (const [name, draft] of drafts.filter(([name]) => name !== own())) {
      const isElsewhere = await isOpen(name.slice(prefix.length));
      const isUntouched = typed(form) === served;
      if (!isTaken && !isElsewhere && isUntouched && fits(draft)) {
        isTaken = true;
        store.removeItem(name);
        restore(draft, `Your draft from ${when(draft.at)} is back.`);
      } else if (store.getItem(name)) {
        offer(name, draft);
      }
    }
  }

  form.addEventListener("input", () => {
    isSent = false;
    clearTimeout(timer);
    timer = setTimeout(save, 400);
  });
  form.addEventListener("submit", () => {
    const number = randomNumber();
    const field = form.elements.device_draft ?? form.appendChild(document.createElement("input"));
    field.type = "hidden";
    field.name = "device_draft";
    field.value = number;
    save(number);
    isSent = true;
  });
  addEventListener("pagehide", () => {
    if (!isSent) save();
  });
  // Only a text that could not be kept is asked about.
  addEventListener("beforeunload", (event) => {
    if (isFull && !isSent) event.preventDefault();
  });
  find();
}

async function start() {
  tidy(localStorage);
  tidy(sessionStorage);
  document.cookie = `${COOKIE}=; Max-Age=0; Path=/; SameSite=Lax`;
  const forms = document.querySelectorAll("[data-draft]");
  if (!forms.length) return;
  tab = sessionStorage.getItem("draft tab") ?? randomNumber();
  openChannel();
  // A tab that was duplicated took the number of the other along.
  const former = tab;
  if (await isOpen(former)) tab = randomNumber();
  sessionStorage.setItem("draft tab", tab);
  addEventListener("pagehide", () => {
    channel?.close();
    channel = null;
  });
  addEventListener("pageshow", openChannel);
  for (const form of forms) keep(form);
}

// Storage may be turned off: then nothing is kept.
try {
  start().catch(() => {});
} catch {
  // the same
}
