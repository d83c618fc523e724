/** The address as typed finds its point: a button asks for it, and what is found is chosen before the pin moves. */
class AddressPin extends HTMLElement {
  connectedCallback() {
    const { elements } = this.closest("form");
    this.parts = ["adresse", "code_postal", "commune"].map((name) => elements.namedItem(name));
    this.point = ["latitude", "longitude"].map((name) => elements.namedItem(name));
    this.button = this.querySelector("button");
    this.found = this.querySelector("ul");
    this.status = this.querySelector("[role=status]");
    this.hidden = false;
    this.button.addEventListener("click", () => this.search());
  }

  async search() {
    const text = this.parts.map((part) => part.value.trim()).filter(Boolean).join(" ");
    this.found.replaceChildren();
    if (!this.parts[0].value.trim()) return this.say(this.dataset.blank);
    this.button.disabled = true;
    this.say(this.dataset.searching);
    const answer = await fetch(`${this.dataset.suggestions}?${new URLSearchParams({ q: text })}`).catch(() => null);
    this.button.disabled = false;
    if (!answer?.ok) return this.say(this.dataset.failed);
    const { suggestions } = await answer.json();
    this.found.replaceChildren(...suggestions.map((suggestion) => this.choice(suggestion)));
    this.say(suggestions.length ? this.dataset.choose : this.dataset.none);
  }

  choice({ name, detail, point }) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = detail ? `${name} (${detail})` : name;
    button.addEventListener("click", () => this.choose(name, point));
    item.append(button);
    return item;
  }

  choose(name, point) {
    for (const [n, degrees] of point.split(",").entries()) {
      this.point[n].value = degrees;
      this.point[n].dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.found.replaceChildren();
    this.say(this.dataset.chosen.replace("%s", name));
    this.button.focus();
  }

  say(sentence) {
    this.status.textContent = sentence;
  }
}

customElements.define("address-pin", AddressPin);
