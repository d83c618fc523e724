// Where one is, asked of the telephone only once the button is pressed; it goes to this site alone, about ten metres round.
const PATIENCE = 10_000; // milliseconds for a device to find itself
const OWN_DECIMALS = 4; // of a degree: about ten metres, enough to walk from

class OwnPosition extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.status = this.querySelector("[role=status]");
    this.hidden = !("geolocation" in navigator);
    this.button.addEventListener("click", () => this.locate());
    // The page may come back from the browser's own memory, with its button still waiting.
    window.addEventListener("pageshow", () => this.rest(""));
  }

  locate() {
    this.rest(this.dataset.looking);
    this.button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => this.found(coords),
      (error) => this.failed(error.code === error.PERMISSION_DENIED ? this.dataset.refused : this.dataset.late),
      { timeout: PATIENCE, maximumAge: 60_000, enableHighAccuracy: true },
    );
  }

  found({ latitude, longitude, accuracy }) {
    const next = new URL(this.dataset.next, location.href);
    next.searchParams.set("point", [latitude, longitude].map((degrees) => degrees.toFixed(OWN_DECIMALS)).join());
    next.searchParams.set("precision", Math.max(10, Math.round(accuracy / 10) * 10));
    location.assign(next);
  }

  failed(words) {
    this.rest(words);
    document.querySelector("#autour")?.focus();
  }

  rest(words) {
    this.button.disabled = false;
    this.status.textContent = words;
  }
}

customElements.define("own-position", OwnPosition);
