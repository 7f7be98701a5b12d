(function () {
  "use strict";
  var root = document.documentElement, button = document.querySelector("button.theme");
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  function dark() { return root.dataset.theme ? root.dataset.theme === "dark" : system.matches; }
  function label() { button.textContent = dark() ? button.dataset.light : button.dataset.dark; }
  if (button) {
    button.hidden = false; label();
    system.addEventListener("change", label);
    button.addEventListener("click", function () {
      root.dataset.theme = dark() ? "light" : "dark"; label();
      try { localStorage.setItem("keruen-theme", root.dataset.theme); } catch (e) { /* a file may have no storage */ }
    });
  }
  document.querySelectorAll("table.sortable button").forEach(function (button) {
    button.addEventListener("click", function () {
      var head = button.closest("th"), body = button.closest("table").tBodies[0], key = button.dataset.key;
      var down = head.getAttribute("aria-sort") === "ascending";
      head.parentNode.querySelectorAll("th").forEach(function (th) { th.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      Array.from(body.rows).sort(function (a, b) {
        return (a.dataset[key] - b.dataset[key]) * (down ? -1 : 1);
      }).forEach(function (row) { body.appendChild(row); });
    });
  });
  function open() {
    var target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (target) { var fold = target.closest("details"); if (fold) { fold.open = true; fold.scrollIntoView(); } }
  }
  window.addEventListener("hashchange", open); open();
})();
