// A drawn flow graph whose nodes can be chosen, by click or by Tab and Enter.

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "lab-flow";
  el.append(root);

  const mark = () => {
    for (const node of root.querySelectorAll("g.node")) {
      node.setAttribute("aria-pressed", String(node.dataset.id === model.get("selected")));
    }
  };

  const choose = (id) => {
    model.set("selected", id === model.get("selected") ? "" : id);
    model.save_changes();
  };

  const prepare = (node, names) => {
    node.dataset.id = node.querySelector("title")?.textContent ?? "";
    node.querySelector("title")?.remove();
    node.setAttribute("tabindex", "0");
    node.setAttribute("role", "button");
    node.setAttribute("aria-label", names[node.dataset.id] ?? node.dataset.id);
    node.addEventListener("click", (event) => {
      event.preventDefault();
      choose(node.dataset.id);
    });
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      choose(node.dataset.id);
    });
  };

  const draw = () => {
    const focused = root.contains(document.activeElement)
      ? document.activeElement.dataset?.id
      : undefined;
    const drawing = new DOMParser().parseFromString(model.get("svg"), "image/svg+xml");
    const svg = document.adoptNode(drawing.documentElement);
    svg.setAttribute("role", "group");
    const names = model.get("names");
    svg.querySelectorAll("g.node").forEach((node) => prepare(node, names));
    svg.querySelectorAll("g.edge > title, g.graph > title").forEach((title) => title.remove());
    root.replaceChildren(svg);
    mark();
    for (const node of svg.querySelectorAll("g.node")) {
      if (node.dataset.id === focused) node.focus();
    }
  };

  model.on("change:svg", draw);
  model.on("change:selected", mark);
  draw();
}

export default { render };
