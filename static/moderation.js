/* Keys for moderators. Everything they do is a link or a button on the page; without this file nothing is lost. */
(function () {
  var links = Array.prototype.slice.call(document.querySelectorAll("[data-case]")), form = document.querySelector("[data-decide]");
  var keys = document.querySelector("[data-keys]"), overlay = document.getElementById("keys");
  var at = links.findIndex(function (link) { return link.getAttribute("aria-current"); });
  if (keys) keys.hidden = false;
  function choose(step) {
    if (!links.length) return;
    at = Math.max(0, Math.min(links.length - 1, at + step));
    if (form || document.querySelector("[data-claim]")) { links[at].click(); return; }
    links.forEach(function (link) { link.removeAttribute("aria-current"); });
    links[at].setAttribute("aria-current", "true"); links[at].focus();
  }
  function focus(id) { var field = document.getElementById(id); if (field) { field.focus(); field.scrollIntoView({ block: "center" }); } }
  function press(value) { var button = form && form.querySelector("button[value=" + value + "]"); if (button) button.click(); }
  var does = {
    j: function () { choose(1); }, k: function () { choose(-1); },
    o: function () { if (at >= 0) links[at].click(); },
    x: function () { var box = at >= 0 && links[at].closest("li").querySelector("input[type=checkbox]"); if (box) box.click(); },
    c: function () { var button = document.querySelector("[data-claim] button"); if (button) button.click(); },
    d: function () { press("decide"); }, u: function () { press("usual"); },
    r: function () { focus("rule"); }, w: function () { focus("reason"); }, n: function () { focus("note"); },
    q: function () { var link = document.querySelector("[data-queue-link]"); if (link) link.click(); },
    "?": function () { if (overlay && overlay.showModal) overlay.showModal(); }
  };
  document.addEventListener("keydown", function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || (overlay && overlay.open)) return;
    var field = e.target.matches("input:not([type=radio], [type=checkbox]), textarea, select");
    if (field) { if (e.key === "Escape") e.target.blur(); return; }
    if (/^[1-9]$/.test(e.key)) {
      var radio = form && form.querySelector("[data-choice='" + e.key + "']");
      if (radio) { e.preventDefault(); radio.click(); radio.focus(); }
    } else if (does[e.key]) { e.preventDefault(); does[e.key](); }
  });
})();
