"use strict";
const table = document.querySelector("table");
const body = table.tBodies[0];
const rows = [...body.rows];
const heads = [...table.tHead.rows[0].cells];
const search = document.querySelector("#search");
const open = document.querySelector("#open");
const shown = document.querySelector("#shown");
document.querySelector(".tools").hidden = false;

function value(row, column) {
  const cell = row.cells[column];
  const text = cell.dataset.value ?? cell.textContent.trim();
  return heads[column].dataset.sort === "number" ? Number(text) : text.toLowerCase();
}

function sort(column) {
  const head = heads[column];
  const down = head.getAttribute("aria-sort") === "ascending";
  heads.forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const sign = down ? -1 : 1;
  rows.sort((a, b) => {
    const [x, y] = [value(a, column), value(b, column)];
    return sign * (x < y ? -1 : x > y ? 1 : 0);
  });
  const all = document.createDocumentFragment();
  rows.forEach((row) => all.append(row));
  body.append(all);
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = (open.checked && row.classList.contains("clean")) || !words.every((word) => text.includes(word));
    count += row.hidden ? 0 : 1;
  }
  shown.textContent = `${count} of ${rows.length} shown`;
}

heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => sort(column)));
search.addEventListener("input", filter);
open.addEventListener("change", filter);
filter();
