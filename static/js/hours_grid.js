/** The grid of opening hours: a button per day copies the day before, for weeks that repeat themselves. */
class HoursGrid extends HTMLElement {
  connectedCallback() {
    const days = [...this.querySelectorAll("tbody tr")];
    for (const [number, day] of days.entries()) {
      if (number) day.querySelector("th").append(this.createButton(days[number - 1], day));
    }
  }

  createButton(before, day) {
    const button = document.createElement("button");
    const name = day.querySelector("th").textContent.trim();
    button.type = "button";
    button.className = "copy";
    button.textContent = this.dataset.copy;
    button.setAttribute("aria-label", `${name} : ${this.dataset.copy}`);
    button.addEventListener("click", () => {
      const copied = before.querySelectorAll("input");
      for (const [n, input] of day.querySelectorAll("input").entries()) {
        input.value = copied[n].value;
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }
      this.querySelector("[role=status]").textContent = this.dataset.copied.replace("%s", name);
    });
    return button;
  }
}

customElements.define("hours-grid", HoursGrid);
