// A place's card opens beside the list without leaving it; its address is the place's own page.
import { CARD, listen, tell } from "./events.js";

const panel = document.querySelector("dialog.card-panel");
const pages = new Map();

/** Return the parsed page of a place, asked for once. */
export function placePage(href) {
  if (!pages.has(href)) {
    const page = fetch(href, { headers: { Accept: "text/html" } }).then(async (answer) => {
      if (!answer.ok) throw new Error(answer.statusText);
      return new DOMParser().parseFromString(await answer.text(), "text/html");
    });
    page.catch(() => pages.delete(href));
    pages.set(href, page);
  }
  return pages.get(href);
}

if (panel) {
  const body = panel.querySelector(".card-panel-body");
  const listTitle = document.title;
  let opener = null;

  const open = async (href, { remember = true } = {}) => {
    if (!panel.open) opener = document.activeElement;
    body.replaceChildren(sentence(panel.dataset.loading));
    if (!panel.open) panel.show();
    if (remember) history.pushState({ card: true }, "", href);
    let page;
    try {
      page = await placePage(href);
    } catch {
      body.replaceChildren(sentence(panel.dataset.failed), anchor(href));
      return;
    }
    const card = document.importNode(page.getElementById("fiche"), true);
    // The page has its own first title: inside the panel the card is one step below.
    body.replaceChildren(card);
    panel.scrollTop = 0;
    document.title = page.title;
    card.focus({ preventScroll: true });
  };

  const close = ({ remember = true } = {}) => {
    if (!panel.open) return;
    panel.close();
    document.title = listTitle;
    if (remember) history.back();
    backTo(opener)?.focus({ preventScroll: true });
  };

  listen(CARD, ({ href }) => open(href));
  panel.querySelector("[data-close]").addEventListener("click", () => close());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel.open) close();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.place-link");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    tell(CARD, { href: link.href });
  });
  window.addEventListener("popstate", (event) => {
    if (event.state?.card) open(location.href, { remember: false });
    else close({ remember: false });
  });
}

/** What opened the card or, when it was drawn again meanwhile, what now stands for the same place. */
function backTo(opener) {
  if (!opener || opener.isConnected) return opener;
  const slug = opener.dataset.slug ?? opener.closest(".place")?.dataset.slug;
  if (!slug) return null;
  const place = CSS.escape(slug);
  return document.querySelector(`.marker[data-slug="${place}"], .place[data-slug="${place}"] .place-link`);
}

function sentence(text) {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  return paragraph;
}

function anchor(href) {
  const link = document.createElement("a");
  link.href = link.textContent = href;
  return link;
}
