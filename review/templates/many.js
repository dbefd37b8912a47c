// Sorts the table by a column, and hides the rows that do not fit the filters.

const body = document.querySelector("#rows tbody");
const rows = [...body.querySelectorAll("tr[data-state]")];
const filter = document.getElementById("filter");
const state = document.getElementById("state");

function value(row, column) {
  const cell = row.cells[column];
  return cell.dataset.sort ?? cell.textContent;
}

function compare(one, other) {
  const numbers = [Number(one), Number(other)];
  if (one !== "" && other !== "" && numbers.every((number) => !Number.isNaN(number))) return numbers[0] - numbers[1];
  if ((one === "") !== (other === "")) return one === "" ? 1 : -1; // what has nothing comes last
  return one.localeCompare(other, undefined, { numeric: true });
}

document.querySelectorAll("#rows thead th[aria-sort]").forEach((head, column) => {
  head.querySelector("button").addEventListener("click", () => {
    const descending = head.getAttribute("aria-sort") === "ascending";
    document.querySelectorAll("#rows thead th[aria-sort]").forEach((it) => it.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    rows.sort((one, other) => (descending ? -1 : 1) * compare(value(one, column), value(other, column)));
    body.append(...rows);
  });
});

function show() {
  const text = filter.value.toLowerCase();
  for (const row of rows) {
    const fits = row.textContent.toLowerCase().includes(text) && (!state.value || row.dataset.state === state.value);
    row.hidden = !fits;
  }
  const shown = rows.filter((row) => !row.hidden).length;
  document.getElementById("count").textContent = `${shown} of ${rows.length} revisions`;
}

filter.addEventListener("input", show);
state.addEventListener("input", show);
show();
