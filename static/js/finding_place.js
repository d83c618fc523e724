// The entry of a place's card for a person: everything here improves HTML that already works.
import "./share.js";
import "./kept_places.js";
import "./read_aloud.js";

// The map is heavy: it comes when it is asked for, in the page. Where it cannot, the link leads to the other card.
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-map]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button || !window.HTMLDialogElement) return;
  event.preventDefault();
  try {
    const { open } = await import("./place_map.js");
    await open(link);
  } catch {
    location.assign(link.href); // no network, or a browser too old
  }
});
