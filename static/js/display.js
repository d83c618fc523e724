// Stronger contrast and larger text, remembered on this device. Not a module: it runs before anything is drawn, so that
// a page never shows first as the person does not want it.
(() => {
  const SWITCHES = ["contraste", "grand"];
  const root = document.documentElement;

  function remembered() {
    try {
      return JSON.parse(localStorage.getItem("affichage")) ?? {};
    } catch {
      return {}; // storage refused, or not ours
    }
  }

  // Until the switch is touched, the system's own wish for contrast holds.
  const chosen = { contraste: window.matchMedia("(prefers-contrast: more)").matches, ...remembered() };

  function apply() {
    for (const name of SWITCHES) root.classList.toggle(`is-${name}`, chosen[name] === true);
    for (const button of document.querySelectorAll("[data-display]")) {
      button.setAttribute("aria-pressed", String(chosen[button.dataset.display] === true));
    }
  }

  apply();
  document.addEventListener("DOMContentLoaded", () => {
    for (const switches of document.querySelectorAll(".display")) switches.hidden = false;
    apply();
  });
  document.addEventListener("click", (event) => {
    const name = event.target.closest?.("[data-display]")?.dataset.display;
    if (!name) return;
    chosen[name] = !chosen[name];
    apply();
    try {
      localStorage.setItem("affichage", JSON.stringify(chosen));
    } catch {
      // Storage refused: the choice holds for this page.
    }
  });
})();
