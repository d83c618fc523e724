// The question follows what is ticked: the page is asked again and its results replaced, focus and place kept.
import { POINTED, QUESTION, listen, tell } from "./events.js";
import { onThisScreen, questionOf } from "./screen.js";

const TYPING = 350; // milliseconds after the last key

const form = document.querySelector("form.question");
if (form) {
  let asking = null;
  let typing = null;
  let shown = questionOf(location.href);

  const addressOf = () => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      const idle = value === "" || (name.endsWith("_op") && value === "ou");
      if (!idle) query.append(name, value);
    }
    const text = query.toString();
    return text ? `${form.action}?${text}` : form.action;
  };

  const show = async (asked, { remember = true, fill = false, top = false } = {}) => {
    let address = onThisScreen(asked);
    asking?.abort();
    asking = new AbortController();
    document.body.classList.add("is-asking");
    let page;
    try {
      const answer = await fetch(address, { signal: asking.signal, headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(answer.statusText);
      if (answer.redirected) address = answer.url; // the same question, with the point of its address
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch (error) {
      if (error.name !== "AbortError") window.location.assign(address);
      return;
    }
    document.body.classList.remove("is-asking");
    if (remember) history.pushState({ question: true }, "", address);
    shown = questionOf(location.href);
    document.title = page.title;
    replaceResults(page, top);
    refreshCounts(page);
    announce();
    if (fill) fillForm(page);
    offerUndo();
    tell(QUESTION, { query: new URL(questionOf(address)).search.slice(1) });
  };

  form.addEventListener("change", (event) => {
    if (event.target.type !== "search") show(addressOf());
  });
  form.addEventListener("input", (event) => {
    if (event.target.type !== "search") return;
    clearTimeout(typing);
    typing = setTimeout(() => show(addressOf()), TYPING);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typing);
    show(addressOf()).then(() => document.getElementById("resultats").focus({ preventScroll: false }));
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-undo]")) {
      history.back();
      return;
    }
    const link = event.target.closest("a[data-question]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const turning = Boolean(link.rel);
    const inResults = Boolean(link.closest("#resultats"));
    show(link.href, { fill: true, top: turning }).then(() => {
      // What was clicked is gone with the old results: the sentence that replaces them takes the focus.
      if (inResults) document.getElementById("resultats").focus();
    });
  });
  window.addEventListener("popstate", () => {
    // Closing a card comes back to the question already on screen: nothing to ask again, and the focus stays.
    if (location.pathname === new URL(form.action).pathname && questionOf(location.href) !== shown) {
      const undone = Boolean(document.activeElement?.closest("[data-undo]"));
      show(location.href, { remember: false, fill: true }).then(() => {
        if (undone) document.getElementById("resultats").focus();
      });
    }
  });

  // On a narrow screen the results come first; without JavaScript the filters stay open above them.
  if (window.matchMedia("(max-width: 61.99rem)").matches) form.querySelector(".filters").open = false;

  pointFromList();
  listen(POINTED, ({ slug, from }) => {
    for (const row of document.querySelectorAll(".place")) {
      row.classList.toggle("is-pointed", row.dataset.slug === slug);
    }
    const row = slug && from === "map" && document.querySelector(`.place[data-slug="${CSS.escape(slug)}"]`);
    const list = document.getElementById("resultats");
    if (row && list.scrollHeight > list.clientHeight + 1) row.scrollIntoView({ block: "nearest" });
  });
}

/** Offer the way back when the question on screen was reached by a step from this page. */
function offerUndo() {
  const undo = document.querySelector("[data-undo]");
  if (undo) undo.hidden = !history.state?.question;
}

function replaceResults(page, top) {
  const before = document.getElementById("resultats");
  const after = document.adoptNode(page.getElementById("resultats"));
  const scrolled = before.scrollTop;
  before.replaceWith(after);
  after.scrollTop = top ? 0 : Math.min(scrolled, after.scrollHeight);
  if (top) after.scrollIntoView({ block: "nearest" });
}

/** Say the new results to a screen reader, from a place in the page that stays. */
function announce() {
  const title = document.getElementById("results-title").textContent;
  document.getElementById("annonce").textContent = title.replace(/\s+/g, " ").trim();
}

function refreshCounts(page) {
  for (const counter of page.querySelectorAll(".question label.option")) {
    const mine = document.querySelector(`label.option[for="${CSS.escape(counter.htmlFor)}"]`);
    if (!mine) continue;
    mine.querySelector("[data-count]").textContent = counter.querySelector("[data-count]").textContent;
    mine.classList.toggle("is-empty", counter.classList.contains("is-empty"));
  }
  for (const section of page.querySelectorAll(".question .section")) {
    const mine = document.querySelector(`#${CSS.escape(section.id)} [data-chosen]`);
    if (mine) mine.textContent = section.querySelector("[data-chosen]").textContent;
  }
}

function fillForm(page) {
  for (const field of page.querySelectorAll(".question input, .question select")) {
    const mine = field.id
      ? document.getElementById(field.id)
      : document.querySelector(`.question input[name="${CSS.escape(field.name)}"][value="${CSS.escape(field.value)}"]`);
    if (!mine) continue;
    mine.checked = field.checked;
    if (!["checkbox", "radio"].includes(mine.type)) mine.value = field.value;
  }
}

function pointFromList() {
  const pointed = (event) => {
    const row = event.target.closest?.(".place");
    tell(POINTED, { slug: row ? row.dataset.slug : null, from: "list" });
  };
  const results = () => document.getElementById("resultats");
  document.addEventListener("mouseover", (event) => results().contains(event.target) && pointed(event));
  document.addEventListener("focusin", (event) => results().contains(event.target) && pointed(event));
  document.addEventListener("mouseout", (event) => {
    if (results().contains(event.target) && !results().contains(event.relatedTarget)) {
      tell(POINTED, { slug: null, from: "list" });
    }
  });
}
