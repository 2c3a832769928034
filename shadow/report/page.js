(function () {
  "use strict";
  var root = document.documentElement, list = document.querySelectorAll(".pair"), shown = document.getElementById("shown");
  if (!list.length || !shown) { return; }
  root.classList.add("js");
  var text = document.getElementById("find"), selects = document.querySelectorAll(".filters select");
  function has(pair, select) {
    if (!select.value) { return true; }
    return (pair.getAttribute("data-" + select.name) || "").split("\n").indexOf(select.value) >= 0;
  }
  function filter() {
    var words = text.value.toLowerCase().split(/\s+/), n = 0;
    list.forEach(function (pair) {
      var body = pair.textContent.toLowerCase();
      var fits = words.every(function (w) { return body.indexOf(w) >= 0; });
      selects.forEach(function (select) { fits = fits && has(pair, select); });
      pair.hidden = !fits;
      n += fits ? 1 : 0;
    });
    shown.textContent = n + " of " + list.length;
  }
  text.addEventListener("input", filter);
  selects.forEach(function (select) { select.addEventListener("change", filter); });
  filter();
})();
