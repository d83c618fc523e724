/**
 * A draft of the form, kept in this browser until it is sent, and offered, never imposed: browsers are shared.
 *
 * An e-mail address is not kept, nor files. A draft older than a week is forgotten.
 */
const PREFIX = "brouillon:";
const WEEK = 7 * 24 * 3600 * 1000;
const PAUSE = 500; // ms without typing
const NEVER_KEPT = new Set(["csrfmiddlewaretoken", "stamp", "sujet", "email", "kept", "quand_meme", "autre_permanence"]);

/** localStorage, which a browser may refuse or fill. */
const store = {
  read(name) {
    try {
      const draft = JSON.parse(localStorage.getItem(PREFIX + name));
      return draft && Date.now() - draft.at < WEEK ? draft : null;
    } catch {
      return null;
    }
  },
  write(name, fields) {
    try {
      localStorage.setItem(PREFIX + name, JSON.stringify({ at: Date.now(), fields }));
      return true;
    } catch {
      return false;
    }
  },
  remove(name) {
    try {
      localStorage.removeItem(PREFIX + name);
    } catch {
      // nothing was kept
    }
  },
};

class FormDraft extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.name = location.pathname;
    this.begin = JSON.stringify(this.read()); // a form that nobody touched is no draft
    this.bar = this.createBar();
    this.form.before(this.bar);
    const draft = store.read(this.name);
    this.isBack = Boolean(document.getElementById("a-corriger")); // as it was typed
    if (draft && !this.isBack && JSON.stringify(draft.fields) !== this.begin) this.offer();
    if (this.isBack) this.keep();
    this.form.addEventListener("input", () => {
      clearTimeout(this.pause);
      this.pause = setTimeout(() => this.keep(), PAUSE);
    });
    addEventListener("pagehide", () => this.pause && this.keep()); // what was typed just before leaving
  }

  createBar() {
    const bar = document.createElement("p");
    const said = document.createElement("span");
    const [restore, clear] = [this.dataset.restore, this.dataset.clear].map((label) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = label;
      return button;
    });
    said.setAttribute("role", "status");
    bar.className = "draft";
    bar.append(said, restore, clear);
    bar.hidden = true;
    restore.hidden = true;
    restore.addEventListener("click", () => this.restore());
    clear.addEventListener("click", () => this.clear());
    Object.assign(this, { said, restoreButton: restore });
    return bar;
  }

  read() {
    return [...new FormData(this.form)].filter(([name, value]) => !NEVER_KEPT.has(name) && typeof value === "string");
  }

  keep() {
    this.wait();
    const fields = this.read();
    if (JSON.stringify(fields) === this.begin && !this.isBack) return;
    if (!store.write(this.name, fields)) return;
    this.restoreButton.hidden = true;
    this.show(this.dataset.kept);
  }

  offer() {
    this.restoreButton.hidden = false;
    this.show(this.dataset.found);
  }

  show(sentence) {
    this.bar.hidden = false;
    if (this.said.textContent !== sentence) this.said.textContent = sentence;
  }

  restore() {
    const draft = store.read(this.name);
    if (!draft) return this.clear();
    const values = byName(draft.fields);
    for (const more of this.querySelectorAll("more-forms")) {
      more.hold(Number(values.get(`${more.dataset.prefix}-TOTAL_FORMS`)?.[0] ?? 0));
    }
    for (const field of this.form.elements) {
      if (!field.name || NEVER_KEPT.has(field.name) || field.type === "file" || field.name.endsWith("_FORMS")) continue;
      const kept = values.get(field.name) ?? [];
      if (field.type === "checkbox" || field.type === "radio") field.checked = kept.includes(field.value);
      else if (kept.length) field.value = kept[0];
      else continue;
      if (field.name === "longitude") field.dispatchEvent(new Event("input"));
    }
    this.restoreButton.hidden = true;
    this.show(this.dataset.kept);
    this.form.querySelector("details.part summary, input:not([type=hidden])")?.focus();
  }

  /** Nothing is to be kept until something is typed again. */
  wait() {
    clearTimeout(this.pause);
    this.pause = 0;
  }

  clear() {
    this.wait();
    store.remove(this.name);
    this.bar.hidden = true;
  }
}

function byName(fields) {
  const values = new Map();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
  return values;
}

/** On the page that says thanks: the draft of the form that was sent is no longer needed. */
class DraftSent extends HTMLElement {
  connectedCallback() {
    store.remove(this.dataset.form);
  }
}

customElements.define("form-draft", FormDraft);
customElements.define("draft-sent", DraftSent);
