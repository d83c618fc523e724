/** Several small forms in one (a Django formset): its button adds a blank one in the page instead of asking for it. */
class MoreForms extends HTMLElement {
  connectedCallback() {
    this.total = this.closest("form").elements.namedItem(`${this.dataset.prefix}-TOTAL_FORMS`);
    this.most = Number(this.closest("form").elements.namedItem(`${this.dataset.prefix}-MAX_NUM_FORMS`).value);
    this.template = this.querySelector("template");
    this.button = this.querySelector("[name=autre_permanence]");
    this.button.addEventListener("click", (event) => {
      event.preventDefault();
      this.add().querySelector("input:not([type=hidden])").focus();
    });
  }

  add() {
    const number = Number(this.total.value);
    const added = this.template.content.firstElementChild.cloneNode(true);
    for (const element of added.querySelectorAll("*")) {
      for (const { name, value } of [...element.attributes]) {
        if (value.includes("__prefix__")) element.setAttribute(name, value.replaceAll("__prefix__", number));
      }
    }
    this.template.before(added);
    this.total.value = number + 1;
    this.button.hidden = number + 1 >= this.most;
    return added;
  }

  /** Hold at least so many forms, for a draft that had more. */
  hold(number) {
    while (Number(this.total.value) < Math.min(number, this.most)) this.add();
  }
}

customElements.define("more-forms", MoreForms);
