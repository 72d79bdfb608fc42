// Remembers on this device how far a thread was read, marks replies that came since the last visit, and leads to them.
// Nothing is sent. What stays on the device has no times of visits: when a visit began, only its tab knows.
const KEY = "threads";
const MAX_THREADS = 200;
const MAX_KEYS = 100;
const VISIT = 30 * 60 * 1000;
const thread = document.querySelector("[data-thread]");
if (thread) enable(thread);

function enable(thread) {
  const boxes = [...thread.querySelectorAll(".comment__box")].filter((box) => box.querySelector(".byline time"));
  const present = {
    count: Number(thread.dataset.count),
    latest: thread.dataset.latest,
    // An anonymous reply shows its day only: those of the last day are remembered by their keys.
    keys: boxes.filter((box) => timeOf(box) === dayOf(thread.dataset.latest)).map((box) => box.id).slice(-MAX_KEYS),
  };
  const id = thread.dataset.thread;
  const threads = new Map(load(localStorage));
  const visits = new Map(load(sessionStorage));
  const last = threads.get(id);
  const visit = visits.get(id);
  const since = visit && Date.now() - visit.at < VISIT ? visit.since : (last ?? present);
  if (last && dayOf(last.latest) === dayOf(present.latest)) {
    present.keys = [...new Set([...last.keys, ...present.keys])].slice(-MAX_KEYS);
  }
  save(localStorage, threads, id, present);
  save(sessionStorage, visits, id, { since, at: Date.now() });
  // Nothing is new when the thread is as it was. What this reader wrote is not new to them.
  if (present.count <= since.count && present.latest <= since.latest) return;
  const fresh = boxes.filter((box) => isNew(box, since));
  const others = fresh.filter((box) => !("own" in box.dataset));
  for (const box of others) box.querySelector(".byline").append(" ", badge());
  const count = Math.max(present.count - since.count - fresh.length, 0) + others.length;
  if (count) showLine(thread, others, count);
}

function isNew(box, since) {
  const time = timeOf(box);
  const isDay = time.length === 10;
  if (isDay && time === dayOf(since.latest)) return !since.keys.includes(box.id);
  return isDay ? time > dayOf(since.latest) : time > since.latest;
}

function timeOf(box) {
  return box.querySelector(".byline time").dateTime;
}

function dayOf(time) {
  return time.slice(0, 10);
}

function badge() {
  const mark = document.createElement("span");
  mark.className = "badge badge--new";
  mark.textContent = "new";
  return mark;
}

// The line says how much is new and jumps to it. Followers have a line of the server's already.
function showLine(thread, fresh, count) {
  let line = thread.querySelector("[data-unread]");
  if (!line) {
    line = document.createElement("p");
    line.className = "row unread";
    const words = document.createElement("b");
    words.textContent = `${count} new since you were here`;
    line.append(words);
    thread.querySelector(".talk-head").after(line);
  }
  if (!fresh.length) {
    const link = document.createElement("a");
    link.href = "?sort=newest#talk";
    link.className = "act";
    link.textContent = "Show the newest";
    if (!line.matches("form")) line.append(link);
    return;
  }
  let index = -1;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "act";
  button.textContent = "First new";
  button.addEventListener("click", () => jump(0));
  line.append(button);
  const bar = document.createElement("p");
  const onward = document.createElement("button");
  bar.className = "thread-news";
  bar.hidden = true;
  onward.type = "button";
  onward.className = "button button--small";
  onward.addEventListener("click", () => jump(index + 1));
  bar.append(onward);
  thread.append(bar);

  function jump(next) {
    index = next < fresh.length ? next : 0;
    const box = fresh[index];
    box.tabIndex = -1;
    // The address changes, too: so the reply is highlighted, and Back returns.
    location.hash = box.id;
    box.focus({ preventScroll: true });
    bar.hidden = fresh.length < 2;
    onward.textContent = index + 1 < fresh.length ? `Next new (${index + 2} of ${fresh.length})` : "First new again";
  }
}

function load(storage) {
  try {
    const entries = JSON.parse(storage.getItem(KEY));
    return Array.isArray(entries) ? entries : [];
  } catch {
    return []; // storage may be turned off
  }
}

// The thread opened last stands last; those opened longest ago are forgotten.
function save(storage, entries, id, entry) {
  entries.delete(id);
  entries.set(id, entry);
  try {
    storage.setItem(KEY, JSON.stringify([...entries].slice(-MAX_THREADS)));
  } catch {
    // then nothing is marked on the next visit
  }
}
