// Moves the reply form under the reply that is answered. Without it, "Reply" opens a page of its own.
// Which reply that is stays in the history entry and in the draft, so that Back and a restored draft find it again.
const form = document.querySelector("[data-reply-form]");
if (form) enable(form);

function enable(form) {
  const home = document.createComment("the reply form");
  const heading = form.querySelector("h2");
  const parentId = form.elements.to;
  const cancel = cancelLink();
  let opener = null;

  form.before(home);
  heading.after(cancel);

  function remember() {
    history.replaceState({ ...history.state, replyTo: parentId.value }, "");
  }

  // Shows the form where the field says that it belongs. The reply may stand on another page of the thread.
  function place() {
    opener = parentId.value ? document.querySelector(`[data-reply-to="${CSS.escape(parentId.value)}"]`) : null;
    if (opener) opener.closest(".comment__box").after(form);
    else home.after(form);
    heading.textContent = opener?.textContent.trim() ?? (parentId.value ? "Reply to a reply on another page" : "Reply");
    cancel.hidden = !parentId.value;
  }

  function open(link) {
    parentId.value = link.dataset.replyTo;
    place();
    remember();
    form.elements.body.focus();
  }

  function close() {
    parentId.value = "";
    place();
    remember();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-reply-to]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      open(link);
    } else if (event.target === cancel) {
      event.preventDefault();
      const link = opener ?? form.elements.body;
      close();
      link.focus();
    } else if (event.target.closest('a[href="#reply"]')) {
      // What answers the post is at the end of the page, wherever the form was.
      event.preventDefault();
      close();
      form.scrollIntoView();
      form.elements.body.focus({ preventScroll: true });
    }
  });
  form.addEventListener("restored", () => {
    place();
    remember();
  });
  if (history.state?.replyTo !== undefined) parentId.value = history.state.replyTo;
  place();
}

function cancelLink() {
  const link = document.createElement("a");
  link.href = "#reply";
  link.className = "act";
  link.textContent = "Cancel reply";
  link.hidden = true;
  return link;
}
