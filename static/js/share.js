// Printing, copying and sharing, where the browser can: the buttons show only then (css/components.css).

const root = document.documentElement;
root.classList.add("can-print");
root.classList.toggle("can-copy", Boolean(navigator.clipboard));
root.classList.toggle("can-share", Boolean(navigator.share));

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-print], button[data-copy], button[data-share]");
  if (!button) return;
  if ("print" in button.dataset) window.print();
  else if ("copy" in button.dataset) copy(button);
  else navigator.share({ url: button.dataset.share || location.href, title: document.title }).catch(() => {}); // given up
});

/** Copy a field, or the address of the screen when the button names none, and say so. */
async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  const status = button.parentElement.querySelector("[data-copy-status]");
  try {
    await navigator.clipboard.writeText(field?.value ?? location.href);
    status.textContent = button.dataset.copied;
  } catch {
    field?.select(); // refused: the person copies it
  }
}
