// Another day or hour of the departures of a card: only their part of the card changes, wherever the card is shown.

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-departures]");
  if (!form) return;
  event.preventDefault();
  const before = form.closest(".nearby");
  const address = new URL(form.action);
  address.search = new URLSearchParams(new FormData(form));
  before.classList.add("is-asking-departures");
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const after = document.adoptNode(page.querySelector(".nearby"));
    before.replaceWith(after);
    after.querySelector(".moment-words").focus({ preventScroll: true });
  } catch {
    form.submit();
  }
});
