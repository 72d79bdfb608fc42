/* Makes writing nicer: shows the fields of the chosen way only, counts characters, warns before a typed text is left. */
(function () {
  var form = document.querySelector("[data-compose]"); if (!form) return;
  function show() {
    var chosen = form.querySelector("[name=vendor_naming]:checked");
    form.querySelectorAll("[data-when]").forEach(function (part) { part.hidden = !chosen || part.dataset.when !== chosen.value; });
  }
  form.addEventListener("change", show); show();
  form.querySelectorAll("[data-max-length]").forEach(function (area) {
    var hint = document.getElementById(area.id + "-h"), words = hint.textContent, most = +area.dataset.maxLength;
    function count() { hint.textContent = area.value.length > most * .8 ? (most - area.value.length).toLocaleString("en") + " characters left." : words; }
    area.addEventListener("input", count); count();
  });
  var typed = false;
  form.addEventListener("input", function () { typed = true; });
  form.addEventListener("submit", function () { typed = false; });
  addEventListener("beforeunload", function (e) { if (typed) e.preventDefault(); });
})();
