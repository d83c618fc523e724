// Picking places without leaving the page: the same cookie as the links of the page, which work without this.

const COOKIE = "selection";
const KEPT_FOR = 30 * 24 * 3600; // seconds
const MOST = 20;

function picked() {
  const found = document.cookie.match(/(?:^|; )selection=([a-z0-9.-]*)/);
  return found?.[1] ? found[1].split(".") : [];
}

function keep(slugs) {
  const secure = location.protocol.startsWith("https") ? "; Secure" : "";
  document.cookie = `${COOKIE}=${slugs.slice(-MOST).join(".")}; Max-Age=${KEPT_FOR}; Path=/; SameSite=Lax${secure}`;
}

/** Say on every control and in the menu what is picked. */
function refresh() {
  const slugs = picked();
  for (const link of document.querySelectorAll("a[data-pick]")) {
    const isPicked = slugs.includes(link.dataset.pick);
    link.setAttribute("role", "button");
    link.setAttribute("aria-pressed", String(isPicked));
  }
  const said = slugs.length ? ` (${slugs.length})` : "";
  for (const count of document.querySelectorAll("[data-picked]")) {
    if (count.textContent !== said) count.textContent = said; // writing is a change too: it would be answered for ever
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-pick]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  pick(link.dataset.pick);
});
// A link that acts as a button answers the space bar too.
document.addEventListener("keydown", (event) => {
  const link = event.key === " " && event.target.closest?.("a[data-pick]");
  if (!link) return;
  event.preventDefault();
  pick(link.dataset.pick);
});

function pick(slug) {
  const slugs = picked();
  keep(slugs.includes(slug) ? slugs.filter((other) => other !== slug) : [...slugs, slug]);
  refresh();
}

refresh();
// Results and cards are drawn again as the question changes.
new MutationObserver(refresh).observe(document.body, { childList: true, subtree: true });
window.addEventListener("pageshow", refresh);
