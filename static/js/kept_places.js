// « Mes lieux »: places kept in this browser and nowhere else, without an account; they show without network too.

const KEY = "mes-lieux";

function kept() {
  try {
    const places = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(places) ? places.filter((place) => place?.slug && place.name && place.page) : [];
  } catch {
    return []; // storage refused, or not ours
  }
}

function keep(places) {
  try {
    localStorage.setItem(KEY, JSON.stringify(places));
    return true;
  } catch {
    return false; // storage refused or full: nothing is kept, and the button does not say otherwise
  }
}

/** The button of a card, which keeps its place or lets it go. */
class KeepPlace extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.words = this.querySelector("span");
    this.asking = [...this.words.childNodes];
    this.hidden = false;
    this.button.addEventListener("click", () => this.toggle());
    this.refresh();
  }

  toggle() {
    const { slug, name, address, phone, call, page } = this.dataset;
    const others = kept().filter((place) => place.slug !== slug);
    keep(this.isKept ? others : [...others, { slug, name, address, phone, call, page }]);
    this.refresh();
  }

  refresh() {
    this.button.setAttribute("aria-pressed", String(this.isKept));
    this.words.replaceChildren(...(this.isKept ? [this.dataset.kept] : this.asking));
  }

  get isKept() {
    return kept().some((place) => place.slug === this.dataset.slug);
  }
}

/** The list of the first screen; absent as long as nothing is kept. */
class KeptPlaces extends HTMLElement {
  connectedCallback() {
    this.refresh();
    // The page may come back from the browser's own memory, older than what was kept since.
    window.addEventListener("pageshow", () => this.refresh());
  }

  refresh() {
    const places = kept();
    this.hidden = places.length === 0;
    this.querySelector("[data-number]").textContent = places.length;
    this.querySelector("ul").replaceChildren(...places.map((place) => this.row(place)));
  }

  row({ name, address, phone, call, page }) {
    const row = this.querySelector("template").content.cloneNode(true);
    const link = row.querySelector("[data-page]");
    link.textContent = name;
    link.setAttribute("href", page);
    row.querySelector("[data-address]").textContent = address ?? "";
    const button = row.querySelector("[data-call]");
    if (/^tel:[+0-9]+$/.test(call ?? "")) {
      button.setAttribute("href", call);
      row.querySelector("[data-phone]").textContent = phone;
    } else button.remove();
    return row;
  }
}

customElements.define("keep-place", KeepPlace);
customElements.define("kept-places", KeptPlaces);
