/* Makes replying nicer: the form moves under the reply that is answered. Without this, "Reply" opens a page of its own. */
(function () {
  var form = document.querySelector("[data-reply-form]"); if (!form) return;
  var home = document.createComment("the reply form"), heading = form.querySelector("h2"), to = form.elements.to, from = null;
  var cancel = document.createElement("a");
  cancel.href = "#reply"; cancel.textContent = "Cancel reply"; cancel.hidden = true; cancel.className = "act";
  form.parentNode.insertBefore(home, form); heading.after(cancel);
  function back() { home.parentNode.insertBefore(form, home.nextSibling); to.value = ""; cancel.hidden = true; heading.textContent = "Reply"; }
  document.addEventListener("click", function (e) {
    var link = e.target.closest("[data-reply-to]");
    if (link && !e.ctrlKey && !e.metaKey && !e.shiftKey) {
      e.preventDefault();
      to.value = link.dataset.replyTo; from = link;
      link.closest(".comment__box").after(form);
      heading.textContent = link.textContent.trim();
      cancel.hidden = false; form.elements.body.focus();
    } else if (e.target === cancel) { e.preventDefault(); back(); from.focus(); }
  });
})();
