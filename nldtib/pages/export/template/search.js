(function () {
  var place = document.getElementById("search"), words = place.dataset;
  var plain = function (text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  };
  var label = document.createElement("label"), box = document.createElement("input");
  var said = document.createElement("p");
  label.textContent = words.label;
  label.htmlFor = box.id = "search-box";
  box.type = "search";
  box.autocomplete = "off";
  said.setAttribute("role", "status");
  said.textContent = words.hint;
  place.append(label, box, said);
  var facts = Array.prototype.map.call(
    document.querySelectorAll("section > [data-key]"),
    function (one) {
      var head = one.parentNode.querySelector("h3").textContent;
      return { one: one, text: plain(head + " " + one.textContent) };
    }
  );
  box.addEventListener("input", function () {
    var asked = plain(box.value).split(/\s+/).filter(Boolean), count = 0;
    facts.forEach(function (fact) {
      var fits = asked.every(function (word) { return fact.text.includes(word); });
      fact.one.hidden = !fits;
      count += fits;
    });
    document.querySelectorAll("section").forEach(function (section) {
      var own = section.querySelectorAll(":scope > [data-key]");
      if (own.length) section.hidden = !section.querySelector(":scope > [data-key]:not([hidden])");
    });
    said.textContent = asked.length ? words.found.replace("{count}", count) : words.hint;
  });
})();
