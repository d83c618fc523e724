// The address field: suggestions as one types, and the visitor's own position when they ask for it.
import { QUESTION, listen } from "./events.js";

const TYPING = 250; // milliseconds after the last key
const SHORTEST = 2; // letters
const PATIENCE = 10_000; // milliseconds for a device to find itself
const ROUGH = 300; // metres: beyond, an address says better
const OWN_DECIMALS = 4; // of a degree: about ten metres, enough to walk from

class NearAddress extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("#autour");
    this.point = this.querySelector("#autour-point");
    this.status = this.querySelector(".near-status");
    // Without this script, the server compares the text with the one that its point was found for.
    this.querySelector("#autour-repere").disabled = true;
    this.prepareList();
    this.prepareButton();
    // A text being typed is not yet a question: it becomes one by Enter, by the button or by a suggestion.
    for (const name of ["input", "change"]) this.input.addEventListener(name, (event) => event.stopPropagation());
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    this.input.addEventListener("blur", () => this.close());
    this.input.form.addEventListener("submit", () => {
      this.typing = false;
      this.close();
    });
    listen(QUESTION, ({ query }) => this.follow(new URLSearchParams(query)));
  }

  prepareList() {
    this.list = document.createElement("ul");
    this.list.id = "autour-suggestions";
    this.list.className = "suggestions";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.dataset.label);
    this.input.after(this.list);
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-autocomplete", "list");
    this.input.setAttribute("aria-expanded", "false");
    this.input.setAttribute("aria-controls", this.list.id);
    this.suggestions = [];
    this.active = -1;
    // The field keeps the focus while a suggestion is pressed.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.number));
    });
  }

  /** Show what a question now starts from; what is being typed meanwhile stays. */
  follow(query) {
    const point = query.get("point") ?? "";
    const text = query.get("autour") ?? "";
    if (point) this.point.value = point;
    if (point && text && !this.typing) this.input.value = text;
    // What the results say of the start is also said here: by the field, and aloud.
    const notes = [...document.querySelectorAll(".near-note")].map((note) => note.textContent);
    if (notes.length) this.say(notes.join(" "));
  }

  // --- suggestions

  typed() {
    this.typing = true;
    this.point.value = "";
    this.say("");
    clearTimeout(this.waiting);
    this.asking?.abort();
    if (this.input.value.trim().length < SHORTEST) {
      this.close();
      return;
    }
    this.waiting = setTimeout(() => this.suggest(this.input.value), TYPING);
  }

  async suggest(text) {
    this.asking = new AbortController();
    let answer;
    try {
      const address = `${this.dataset.suggestions}?${new URLSearchParams({ q: text })}`;
      const response = await fetch(address, { signal: this.asking.signal });
      if (!response.ok) throw new Error(response.statusText);
      answer = await response.json();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.close();
      this.say(this.status.dataset.failed);
      return;
    }
    if (text !== this.input.value || document.activeElement !== this.input) return;
    this.open(answer.suggestions);
    const number = answer.suggestions.length;
    const words = this.status.dataset;
    const count = number === 0 ? words.none : number === 1 ? words.one : words.several.replace("%s", number);
    this.say(answer.silent ? `${words.silent} ${count}` : count);
  }

  open(suggestions) {
    this.suggestions = suggestions;
    this.list.replaceChildren(...suggestions.map((suggestion, number) => this.option(suggestion, number)));
    this.list.hidden = suggestions.length === 0;
    this.input.setAttribute("aria-expanded", String(suggestions.length > 0));
    this.activate(-1);
  }

  option({ name, detail }, number) {
    const option = document.createElement("li");
    option.id = `autour-suggestion-${number}`;
    option.dataset.number = number;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.append(span("near-name", name), " ", span("near-detail", detail));
    return option;
  }

  close() {
    clearTimeout(this.waiting);
    this.asking?.abort();
    this.open([]);
  }

  activate(number) {
    this.active = number;
    for (const option of this.list.children) option.setAttribute("aria-selected", "false");
    const option = this.list.children[number];
    if (!option) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  pressed(event) {
    const last = this.suggestions.length - 1;
    const opened = last >= 0;
    if (event.key === "ArrowDown" && opened) this.activate(this.active === last ? 0 : this.active + 1);
    else if (event.key === "ArrowDown" && this.input.value.trim().length >= SHORTEST) this.suggest(this.input.value);
    else if (event.key === "ArrowUp" && opened) this.activate(this.active <= 0 ? last : this.active - 1);
    else if (event.key === "Enter" && this.active >= 0) this.choose(this.active);
    else if (event.key === "Escape" && opened) {
      event.stopPropagation(); // the card beside stays open, the text too
      this.close();
    } else return;
    event.preventDefault();
  }

  choose(number) {
    const { name, point } = this.suggestions[number];
    this.start(name, point);
    this.close();
    this.say("");
  }

  /** Ask the question from there. */
  start(name, point) {
    this.input.value = name;
    this.point.value = point;
    this.input.form.requestSubmit();
  }

  // --- one's own position

  prepareButton() {
    this.button = this.querySelector(".near-me");
    this.button.hidden = !("geolocation" in navigator);
    this.button.addEventListener("click", () => this.locate());
  }

  locate() {
    const words = this.status.dataset;
    this.button.disabled = true;
    this.say(words.looking);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        this.button.disabled = false;
        const metres = Math.max(10, Math.round(coords.accuracy / 10) * 10);
        this.say((metres > ROUGH ? words.rough : words.located).replace("%s", metres.toLocaleString()));
        const point = [coords.latitude, coords.longitude].map((degrees) => degrees.toFixed(OWN_DECIMALS)).join();
        this.start(this.button.dataset.name, point);
      },
      (error) => {
        this.button.disabled = false;
        this.say(error.code === error.PERMISSION_DENIED ? words.refused : words.late);
        this.input.focus();
      },
      { timeout: PATIENCE, maximumAge: 60_000, enableHighAccuracy: true },
    );
  }

  say(text) {
    this.status.textContent = text;
  }
}

function span(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

customElements.define("near-address", NearAddress);
