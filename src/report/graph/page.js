"use strict";
const view = document.querySelector(".view");
const svg = view.querySelector("svg");
const boxes = [...svg.querySelectorAll(".box")];
const lines = [...svg.querySelectorAll(".line")];
const search = document.querySelector("#search");
const found = document.querySelector("#found");
const [wide, high] = ["width", "height"].map((side) => Number(svg.getAttribute(side)));
let scale = 1;
let kept = null;
document.querySelector(".tools").hidden = false;

/// Draws at another scale; the point of the view stays where it is.
function zoom(to, x = view.clientWidth / 2, y = view.clientHeight / 2) {
  const by = Math.min(4, Math.max(0.1, to)) / scale;
  const [left, top] = [(view.scrollLeft + x) * by - x, (view.scrollTop + y) * by - y];
  scale *= by;
  svg.setAttribute("width", wide * scale);
  svg.setAttribute("height", high * scale);
  view.scrollTo(left, top);
}

function whole() {
  zoom(Math.min(view.clientWidth / wide, view.clientHeight / high, 1));
}

/// All boxes that lines lead to from this one, in one direction.
function reach(box, from, to) {
  const all = new Set([box.dataset.n]);
  for (const one of all) {
    lines.filter((line) => line.dataset[from] === one).forEach((line) => all.add(line.dataset[to]));
  }
  return all;
}

/// Shows what a box needs, and what needs it.
function choose(box) {
  svg.classList.toggle("chosen", box !== null);
  if (box === null) return;
  const [below, above] = [reach(box, "from", "to"), reach(box, "to", "from")];
  const isOn = (line, all) => all.has(line.dataset.from) && all.has(line.dataset.to);
  boxes.forEach((one) => one.classList.toggle("on", below.has(one.dataset.n) || above.has(one.dataset.n)));
  lines.forEach((line) => line.classList.toggle("on", isOn(line, below) || isOn(line, above)));
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = new Set();
  for (const box of boxes) {
    const text = box.textContent.toLowerCase();
    const fits = words.every((word) => text.includes(word));
    box.classList.toggle("off", !fits);
    if (fits) shown.add(box.dataset.n);
  }
  lines.forEach((line) => line.classList.toggle("off", !shown.has(line.dataset.from) || !shown.has(line.dataset.to)));
  found.textContent = words.length ? `${shown.size} of ${boxes.length} found` : "";
  const first = words.length ? boxes.find((box) => shown.has(box.dataset.n)) : undefined;
  first?.scrollIntoView({ block: "center", inline: "center" });
}

for (const box of boxes) {
  box.setAttribute("tabindex", "0");
  box.addEventListener("mouseenter", () => kept ?? choose(box));
  box.addEventListener("mouseleave", () => kept ?? choose(null));
  box.addEventListener("focus", () => kept ?? choose(box));
  box.addEventListener("blur", () => kept ?? choose(null));
  box.addEventListener("click", () => choose((kept = kept === box ? null : box)));
}
view.addEventListener("keydown", (event) => event.key === "Escape" && choose((kept = null)));
view.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  const { left, top } = view.getBoundingClientRect();
  zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - left, event.clientY - top);
}, { passive: false });
view.addEventListener("pointerdown", (event) => {
  if (event.target.closest(".box") || event.button !== 0) return;
  view.classList.add("held");
  view.setPointerCapture(event.pointerId);
});
view.addEventListener("pointermove", (event) => {
  if (view.classList.contains("held")) view.scrollBy(-event.movementX, -event.movementY);
});
view.addEventListener("pointerup", () => view.classList.remove("held"));
document.querySelector("#closer").addEventListener("click", () => zoom(scale * 1.25));
document.querySelector("#farther").addEventListener("click", () => zoom(scale / 1.25));
document.querySelector("#whole").addEventListener("click", whole);
document.querySelector("#life").addEventListener("click", () => zoom(1));
search.addEventListener("input", filter);
