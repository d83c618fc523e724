// Keeps the pages of /trouver/ for who has no network; nothing else is ever kept, and nothing that the visitor opened.
const KEPT = {{ kept|safe }};

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(self.registration.navigationPreload?.enable()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(page(event, address.pathname));
    event.waitUntil(forget());
  } else if (address.pathname.startsWith(KEPT.statics) || address.pathname === KEPT.facts) {
    event.respondWith(caches.match(request).then((found) => found ?? fetch(request)));
  }
});

/** All of it or nothing: when anything fails, the browser stays with the version before, and its pages. */
async function keep() {
  if (navigator.connection?.saveData) throw new Error("saving data");
  const answer = await fetch(KEPT.pages, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${KEPT.pages}: ${answer.status}`);
  const { pages, files, facts } = await answer.json();
  const cache = await caches.open(KEPT.name);
  const headers = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": answer.headers.get("Content-Security-Policy"),
  };
  for (const file of files) await add(cache, file);
  for (const [path, text] of Object.entries(pages)) await cache.put(path, new Response(text, { headers }));
  await cache.put(KEPT.facts, new Response(JSON.stringify(facts)));
  await self.skipWaiting();
}

/** Add a file, and the modules that a module imports. */
async function add(cache, address) {
  if (await cache.match(address)) return;
  const file = await fetch(address);
  if (!file.ok) throw new Error(`${address}: ${file.status}`);
  const text = address.endsWith(".js") ? await file.clone().text() : "";
  await cache.put(address, file);
  for (const [, name] of text.matchAll(/\b(?:from|import) ?"(\.[^"]+)"/g)) {
    await add(cache, new URL(name, new URL(address, location)).pathname);
  }
}

/** The page as the site answers it; the one that was kept when the site fails, or says nothing for too long. */
async function page(event, path) {
  const asked = ask(event);
  const cache = await caches.open(KEPT.name);
  const kept = await cache.match(path);
  const tooLong = new Promise((late) => kept && setTimeout(late, KEPT.patience, kept));
  try {
    const answer = await Promise.race([asked, tooLong]);
    return answer.status < 500 ? answer : (kept ?? answer);
  } catch {
    return kept ?? cache.match(KEPT.absent);
  }
}

async function ask(event) {
  return (await event.preloadResponse) ?? fetch(event.request);
}

/** The files of the version before stay for the pages that are open, until the last of them is left. */
async function forget() {
  if (self.registration.installing || self.registration.waiting) return; // its files are coming
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (open.filter(({ url }) => new URL(url).pathname.startsWith(KEPT.scope)).length > 1) return;
  for (const name of await caches.keys()) {
    if (name.startsWith(`${KEPT.scope} `) && name !== KEPT.name) await caches.delete(name);
  }
}
