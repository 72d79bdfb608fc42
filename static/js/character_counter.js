// Says how many characters are left once four fifths of a text's maximum length are used.
for (const area of document.querySelectorAll("[data-max-length]")) {
  const hint = document.getElementById(`${area.id}-h`);
  if (!hint) continue;
  const text = hint.textContent;
  const maxLength = Number(area.dataset.maxLength);

  const update = () => {
    const left = maxLength - area.value.length;
    hint.textContent = left < maxLength * 0.2 ? `${left.toLocaleString("en")} characters left.` : text;
  };
  area.addEventListener("input", update);
  update();
}
