// A text area with line numbers, and a mark at each line that has a problem.

function element(tag, attributes, parent) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent?.append(made);
  return made;
}

function render({ model, el }) {
  const id = `lab-editor-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
  const root = element("div", { class: "lab-editor" }, el);
  element("label", { for: id }, root).textContent = model.get("label");
  const frame = element("div", { class: "lab-editor-frame" }, root);
  const gutter = element("div", { class: "lab-editor-gutter", "aria-hidden": "true" }, frame);
  const area = element("textarea", { id, wrap: "off", spellcheck: "false" }, frame);
  area.setAttribute("aria-describedby", `${id}-problems`);
  const list = element("ul", { id: `${id}-problems`, role: "status" }, root);

  const draw = () => {
    const problems = model.get("problems");
    const lines = area.value.split("\n").length;
    const wrong = new Map();
    for (const { line, message } of problems) {
      wrong.set(line, [wrong.get(line), message].filter(Boolean).join("\n"));
    }
    const numbers = Array.from({ length: lines }, (_, index) => {
      const number = document.createElement("div");
      const message = wrong.get(index + 1);
      number.textContent = message ? `✗ ${index + 1}` : `${index + 1}`;
      if (message) {
        number.className = "lab-wrong";
        number.title = message;
      }
      return number;
    });
    gutter.replaceChildren(...numbers);
    gutter.scrollTop = area.scrollTop;
    area.rows = Math.min(Math.max(lines, model.get("rows")), 24);
    area.setAttribute("aria-invalid", String(problems.length > 0));
    list.replaceChildren(...problems.map(({ line, message }) => {
      const item = document.createElement("li");
      const jump = element("button", { type: "button" }, item);
      jump.textContent = `line ${line}`;
      jump.onclick = () => select(line);
      item.append(` ${message}`);
      return item;
    }));
  };

  const select = (line) => {
    const before = area.value.split("\n").slice(0, line - 1).join("\n");
    const start = before.length + (line > 1 ? 1 : 0);
    const end = area.value.indexOf("\n", start);
    area.focus();
    area.setSelectionRange(start, end < 0 ? area.value.length : end);
  };

  const take = () => {
    // What is being typed here must not be overwritten by its own echo.
    if (area.value !== model.get("value")) area.value = model.get("value");
    area.readOnly = model.get("read_only");
    draw();
  };

  area.addEventListener("input", () => {
    model.set("value", area.value);
    model.save_changes();
    draw();
  });
  area.addEventListener("scroll", () => { gutter.scrollTop = area.scrollTop; });
  // In JupyterLab single keys are commands outside of text; they must not reach it from here.
  area.addEventListener("keydown", (event) => event.stopPropagation());
  model.on("change:value change:read_only", take);
  model.on("change:problems", draw);
  take();
}

export default { render };
