"use strict";
// Whatever this adds is a comfort: the page says all of it without script, too.

const numberIn = (text) => {
  const found = /^([+\-−]?[\d.,]+(?:e[+-]?\d+)?)(?!\w)/i.exec(text); // no digest, no name
  return found ? parseFloat(found[1].replaceAll(",", "").replace("−", "-")) : NaN;
};

function sortBy(table, column, descending) {
  const body = table.tBodies[0];
  const keyed = [...body.rows].map((row) => {
    const text = row.cells[column].textContent.trim();
    return { row, text, number: numberIn(text) };
  });
  const numeric = keyed.some((one) => !isNaN(one.number)) &&
    keyed.filter((one) => isNaN(one.number)).length <= keyed.length / 2;
  keyed.sort((a, b) => {
    if (!numeric) return (descending ? -1 : 1) * a.text.localeCompare(b.text);
    if (isNaN(a.number) || isNaN(b.number)) return isNaN(a.number) - isNaN(b.number);
    return (descending ? -1 : 1) * (a.number - b.number);
  });
  body.append(...keyed.map((one) => one.row));
}

for (const table of document.querySelectorAll("table")) {
  if (table.tBodies[0].rows.length < 2) continue;
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((one) => one.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      sortBy(table, column, descending);
    });
  });
}

function searchBox(label, before, things, textOf) {
  const box = document.createElement("label");
  const input = document.createElement("input");
  box.className = "search";
  input.type = "search";
  box.append(label, input);
  before.before(box);
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const one of things) one.hidden = !textOf(one).toLowerCase().includes(wanted);
  });
}

for (const table of document.querySelectorAll("table.many")) {
  const name = table.caption.textContent.trim();
  const rows = [...table.tBodies[0].rows];
  searchBox(`Search in “${name}”`, table.parentElement, rows, (row) => row.textContent);
}
for (const section of document.querySelectorAll("section")) {
  const folded = [...section.querySelectorAll(":scope > details[data-key]")];
  if (folded.length > 6) searchBox(`Search among ${folded.length} tasks`, folded[0], folded, (one) => one.dataset.key);
}

// Details of pictures: what SVG has in <title> for the mouse, for the keyboard as well.
const tip = document.createElement("div");
tip.className = "tooltip";
tip.id = "tooltip";
tip.setAttribute("role", "tooltip");
tip.hidden = true;
document.body.append(tip);
for (const title of document.querySelectorAll("svg title")) {
  const owner = title.parentElement;
  if (owner.tagName === "svg") {
    owner.setAttribute("aria-label", title.textContent);
  } else {
    owner.dataset.tip = title.textContent;
    if (owner.hasAttribute("tabindex")) owner.setAttribute("aria-label", title.textContent);
  }
  title.remove();
}

function show(owner, x, y) {
  tip.textContent = owner.dataset.tip;
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(x + 12, innerWidth - width - 4))}px`;
  tip.style.top = `${y + 18 + height > innerHeight ? Math.max(4, y - height - 10) : y + 18}px`;
}

const tipped = (event) => event.target instanceof Element ? event.target.closest("[data-tip]") : null;
document.addEventListener("pointermove", (event) => {
  const owner = tipped(event);
  if (owner) show(owner, event.clientX, event.clientY);
  else if (!document.activeElement?.dataset?.tip) tip.hidden = true;
});
document.addEventListener("focusin", (event) => {
  const owner = tipped(event);
  tip.hidden = !owner;
  if (!owner) return;
  const place = owner.getBoundingClientRect();
  show(owner, place.left, place.bottom - 12);
});
document.addEventListener("focusout", () => { tip.hidden = true; });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });

// On paper nothing is folded.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const one of folded) one.open = true;
});
addEventListener("afterprint", () => { for (const one of folded) one.open = false; });

const links = new Map([...document.querySelectorAll("nav a")].map((a) => [a.hash.slice(1), a]));
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries.filter((one) => one.isIntersecting)) {
    for (const link of links.values()) link.removeAttribute("aria-current");
    links.get(entry.target.id)?.setAttribute("aria-current", "true");
  }
}, { rootMargin: "0px 0px -80% 0px" });
for (const section of document.querySelectorAll("section")) seen.observe(section);
