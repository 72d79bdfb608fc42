// Moves the reply form under the reply that is answered. Without it, "Reply" opens a page of its own.
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

  function open(link) {
    opener = link;
    parentId.value = link.dataset.replyTo;
    link.closest(".comment__box").after(form);
    heading.textContent = link.textContent.trim();
    cancel.hidden = false;
    form.elements.body.focus();
  }

  function moveHome() {
    home.after(form);
    parentId.value = "";
    cancel.hidden = true;
    heading.textContent = "Reply";
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-reply-to]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      open(link);
    } else if (event.target === cancel) {
      event.preventDefault();
      moveHome();
      opener.focus();
    } else if (event.target.closest('a[href="#reply"]')) {
      // What answers the post is at the end of the page, wherever the form was.
      event.preventDefault();
      moveHome();
      form.scrollIntoView();
      form.elements.body.focus({ preventScroll: true });
    }
  });
}

function cancelLink() {
  const link = document.createElement("a");
  link.href = "#reply";
  link.className = "act";
  link.textContent = "Cancel reply";
  link.hidden = true;
  return link;
}
