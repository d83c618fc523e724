// A button to print exists only where it works.
document.documentElement.classList.remove("no-js");
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
