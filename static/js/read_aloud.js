// Reading a page aloud with the browser's own voice, in the order that a person would tell it; nothing leaves the phone.

class ReadAloud extends HTMLElement {
  connectedCallback() {
    if (!("speechSynthesis" in window)) return;
    this.button = this.querySelector("button");
    this.words = this.button.querySelector("span");
    this.asking = this.words.textContent;
    this.button.addEventListener("click", () => (this.isReading ? this.stop() : this.read()));
    window.addEventListener("pagehide", () => this.stop());
    // Voices may come after the page: the button shows when there is one of its language.
    speechSynthesis.addEventListener?.("voiceschanged", () => this.look());
    this.look();
  }

  look() {
    this.hidden = !voice(document.documentElement.lang);
  }

  read() {
    this.stop(); // what another page left unsaid
    const parts = [...document.querySelectorAll("[data-say]")].map((element) => this.spoken(element));
    parts.forEach((part) => speechSynthesis.speak(part));
    parts.at(-1).onend = () => this.show(false);
    this.show(true);
  }

  stop() {
    speechSynthesis.cancel();
    this.show(false);
  }

  /** One thing said at a time: a browser may stop in the middle of a long text. */
  spoken(element) {
    const text = (element.dataset.say || element.textContent).replace(/\s+/g, " ").replace(/ – (?=\d)/g, ` ${this.dataset.to} `).trim();
    const lang = element.closest("[lang]").lang;
    const speech = new SpeechSynthesisUtterance(text);
    speech.voice = voice(lang) ?? voice(document.documentElement.lang);
    speech.lang = speech.voice.lang;
    return speech;
  }

  show(isReading) {
    this.isReading = isReading;
    this.button.setAttribute("aria-pressed", String(isReading));
    this.words.textContent = isReading ? this.dataset.stop : this.asking;
  }
}

/** A voice of the device for a language, whatever the country. */
function voice(lang) {
  const wanted = lang.split("-")[0];
  return speechSynthesis.getVoices().find((known) => known.lang.split(/[-_]/)[0].toLowerCase() === wanted);
}

customElements.define("read-aloud", ReadAloud);
