// The only script in a page of the lab browser: tells the widget which link was chosen.
const tell = (event) => {
  const link = event.target.closest?.("a");
  if (!link || event.button === 2) return;
  event.preventDefault(); // no window of its own either, which the sandbox forbids anyhow
  const place = link.getAttribute("data-to");
  if (place !== null) {
    document.getElementById(decodeURIComponent(place))?.scrollIntoView();
    return;
  }
  const number = /^about:blank#(\d+)$/.exec(link.getAttribute("href") ?? "");
  if (number) parent.postMessage({ followed: Number(number[1]) }, "*");
};
addEventListener("click", tell, true);
addEventListener("auxclick", tell, true);
