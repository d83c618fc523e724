// The entry of a place's card for a person: everything here improves HTML that already works.
import "./share.js";
import "./kept_places.js";
import "./read_aloud.js";

// The map is heavy: it comes when it is asked for, in the page. Without network, words say it; in a browser that cannot,
// the link leads to the other card.
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-map]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button || !window.HTMLDialogElement) return;
  event.preventDefault();
  const words = document.querySelector("[data-no-network]");
  words.textContent = "";
  try {
    const { open } = await import("./place_map.js");
    await open(link);
  } catch {
    if (navigator.onLine) location.assign(link.href);
    else words.textContent = words.dataset.noNetwork;
  }
});
