// A frame that shows a page without letting it do anything; see browsing/document.py.

function render({ model, el }) {
  const frame = document.createElement("iframe");
  frame.className = "lab-page";
  frame.setAttribute("sandbox", "allow-scripts");
  frame.setAttribute("referrerpolicy", "no-referrer");
  frame.setAttribute("allow", "");

  const show = () => {
    frame.title = `The page: ${model.get("title")}`;
    frame.srcdoc = model.get("document");
  };

  const hear = (event) => {
    if (event.source !== frame.contentWindow) return;
    const number = event.data?.followed;
    if (Number.isSafeInteger(number)) model.send({ followed: number });
  };

  window.addEventListener("message", hear);
  model.on("change:document", show);
  show();
  el.append(frame);
  return () => window.removeEventListener("message", hear);
}

export default { render };
