// Lets the telephone keep the pages of /trouver/ once this one is shown and nothing else is going on.
const { worker } = document.body.dataset;
const soon = window.requestIdleCallback ?? ((work) => setTimeout(work, 2_000));

function keep() {
  soon(() => navigator.serviceWorker.register(worker).catch(() => {})); // refused or full: the page works without
}

if (worker && "serviceWorker" in navigator && !navigator.connection?.saveData) {
  if (document.readyState === "complete") keep();
  else addEventListener("load", keep);
}
