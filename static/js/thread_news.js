// Asks once a minute, while the page can be seen, how many replies there are, and offers to show new ones.
const INTERVAL = 60_000;
const thread = document.querySelector("[data-thread]");
if (thread) enable(thread);

function enable(thread) {
  const known = Number(thread.dataset.count);
  const link = document.createElement("a");
  link.className = "button button--small";
  link.href = `${location.pathname}?sort=newest#talk`;
  const status = document.createElement("p");
  status.className = "thread-news";
  status.setAttribute("role", "status");
  thread.append(status);
  let asked = Date.now();
  const timer = setInterval(ask, INTERVAL);
  document.addEventListener("visibilitychange", () => {
    if (Date.now() - asked >= INTERVAL) ask();
  });

  async function ask() {
    if (document.hidden) return;
    asked = Date.now();
    try {
      const answer = await fetch(new URL("reply-count", location.href), { cache: "no-cache" });
      if (answer.status === 404) clearInterval(timer); // the post can't be read any more
      if (answer.ok) show(Number(await answer.text()) - known);
    } catch {
      // offline: the next minute will tell
    }
  }

  function show(count) {
    if (count < 1) return;
    link.textContent = `${count} new ${count === 1 ? "reply" : "replies"}, show`;
    if (!link.isConnected) status.append(link);
  }
}
