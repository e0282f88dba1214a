// A table of marks. Each can be chosen: by click, or by the arrow keys and Enter.

const MARKS = { passed: "✓", failed: "✗", "": "·" };
const WORDS = { passed: "passed", failed: "did not pass", "": "not asked yet" };
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function element(tag, attributes, parent, text = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  parent.append(made);
  return made;
}

function render({ model, el }) {
  const root = element("div", { class: "lab-conformance" }, el);
  let cells = [];
  let reached = "0/0"; // the one cell that the Tab key stops at

  const build = () => {
    const columns = model.get("columns");
    root.replaceChildren();
    const table = element("table", {}, root);
    const head = element("tr", {}, element("thead", {}, table));
    element("th", { scope: "col" }, head, "Scenario");
    for (const name of columns) element("th", { scope: "col" }, head, name);
    let feature = "";
    let group;
    cells = model.get("rows").map(([kind, name], line) => {
      if (kind !== feature) {
        feature = kind;
        group = element("tbody", {}, table);
        const title = { scope: "rowgroup", colspan: columns.length + 1, class: "feature" };
        element("th", title, element("tr", {}, group), kind);
      }
      const row = element("tr", {}, group);
      element("th", { scope: "row" }, row, `${line + 1}. ${name}`);
      return columns.map((_, place) => {
        const cell = element("button", { type: "button" }, element("td", {}, row));
        cell.dataset.place = `${line}/${place}`;
        return cell;
      });
    });
    fill();
  };

  const fill = () => {
    const [columns, rows, states] = ["columns", "rows", "states"].map((name) => model.get(name));
    cells.forEach((line, index) => line.forEach((cell, place) => {
      const state = states[index]?.[place] ?? "";
      cell.textContent = MARKS[state];
      cell.className = state || "open";
      cell.setAttribute("aria-label", `${rows[index][1]}, ${columns[place]}: ${WORDS[state]}`);
      cell.setAttribute("aria-pressed", String(cell.dataset.place === model.get("selected")));
      cell.tabIndex = cell.dataset.place === reached ? 0 : -1;
    }));
  };

  const showChosen = () => { // it may be out of sight in its box; the page itself stays put
    const cell = root.querySelector('[aria-pressed="true"]');
    if (!cell) return;
    const [box, place] = [root.getBoundingClientRect(), cell.getBoundingClientRect()];
    const hidden = place.top < box.top || place.bottom > box.bottom;
    if (hidden) root.scrollTop += place.top - box.top - box.height / 2;
  };

  root.addEventListener("click", (event) => {
    const place = event.target.closest("button")?.dataset.place;
    if (place === undefined) return;
    reached = place;
    model.set("selected", place);
    model.save_changes();
  });

  root.addEventListener("keydown", (event) => {
    event.stopPropagation(); // they are no commands of the notebook
    const step = STEPS[event.key];
    const place = event.target.closest("button")?.dataset.place;
    if (!step || place === undefined) return;
    event.preventDefault();
    const [line, column] = place.split("/").map(Number);
    const next = cells[line + step[0]]?.[column + step[1]];
    if (!next) return;
    reached = next.dataset.place;
    fill();
    next.focus();
  });

  model.on("change:columns", build);
  model.on("change:states change:selected", fill);
  model.on("change:selected", showChosen);
  build();
  requestAnimationFrame(showChosen); // once it is in the page, and has a size
}

export default { render };
