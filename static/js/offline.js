/** The pages of /trouver/ in the telephone: what they say is made true for now, and their links carry the answers. */
import { Facts } from "./offline_facts.js";
import { Question } from "./offline_question.js";

const OWN = { "": ["besoin"], "ou/": ["autour", "point", "precision"], "quand/": ["quand"] }; // what a step asks again
const MOST_NAMED = 3; // permanences in a row

const scope = new URL(".", document.querySelector("link[rel=manifest]").href).pathname;
const step = location.pathname.slice(scope.length);
const asked = new URLSearchParams(location.search);

/* --- what was answered before goes with every link */
function carried(href) {
  const address = new URL(href, location.href);
  if (!address.pathname.startsWith(scope)) return href;
  const given = new URLSearchParams(asked);
  for (const name of ["page", ...(OWN[step] ?? [])]) given.delete(name);
  for (const [name, value] of address.searchParams) given.set(name, value);
  if (given.get("changer") === "oui" && step in OWN) {
    given.delete("changer");
    address.pathname = `${scope}resultats/`;
  }
  if (step.startsWith("lieu/") && address.pathname === scope && location.search) address.pathname += "resultats/";
  address.search = given;
  return address.href;
}

function carry() {
  for (const link of document.querySelectorAll("main a[href]")) {
    if (!link.closest(".asked") && !/^[a-z]+:/.test(link.getAttribute("href"))) link.href = carried(link.href);
  }
  for (const element of document.querySelectorAll("[data-next]")) element.dataset.next = carried(element.dataset.next);
}

/* --- the page of answers */
function answer(facts) {
  const question = new Question(facts, asked);
  const rows = [...document.querySelector("#gardes").content.children];
  const draw = (place, doubts) => drawn(rows[place.number], question, place, doubts);
  const { found } = question;
  const last = Math.max(1, Math.ceil(found.length / facts.atOnce));
  const page = Math.min(Math.max(1, Math.trunc(Number(asked.get("page"))) || 1), last);
  const shown = found.slice((page - 1) * facts.atOnce, page * facts.atOnce);
  const almost = found.length < facts.atOnce ? question.almost(shown) : [];
  if (shown.length) document.querySelector("h1").textContent = facts.counts[found.length];
  document.querySelector(question.start ? "#du-plus-proche" : "#a-appeler").hidden = !shown.length;
  document.querySelector("#trouves").append(...shown.map((place) => draw(place)));
  document.querySelector("#presque").append(...almost.map((row) => draw(row.place, row)));
  document.querySelector("#presque-titre").hidden = !almost.length;
  turn("prev", page > 1 && page - 1);
  turn("next", page < last && page + 1);
  repeat(facts, question);
}

function drawn(row, question, place, { late, unsure } = {}) {
  const opening = question.opening(place);
  const state = row.querySelector(".state");
  const heading = row.querySelector("h2");
  write(state, opening);
  if (late) {
    const { unknown } = question.facts.words;
    state.parentElement.replaceWith(notice(opening.state === "unknown" ? unknown : opening.sentence));
  }
  if (unsure) heading.after(notice(unsure));
  if (late || unsure) {
    const lower = document.createElement("h3");
    lower.append(...heading.childNodes);
    heading.replaceWith(lower);
  }
  const permanences = [...row.querySelectorAll("[data-permanence]")];
  const named = permanences.filter((_line, number) => question.names(place, place.turns[number + 1]));
  for (const line of permanences) if (!named.slice(0, MOST_NAMED).includes(line)) line.remove();
  lead(row, question.way(place));
  return row;
}

function turn(rel, page) {
  const link = document.querySelector(`a[rel=${rel}]`);
  link.hidden = !page;
  const given = new URLSearchParams(asked);
  given.set("page", page);
  link.href = `?${given}`;
}

/** Say again what was asked, each with the way to another answer. */
function repeat({ words, times }, { slug, need, time, start }) {
  const near = asked.get("autour") && !/^ma position$/i.test(asked.get("autour"));
  const where = near ? words.near.replace("%s", () => asked.get("autour")) : words.nearYou;
  const answers = [
    [need ? slug : "partout", need?.title ?? words.anyNeed],
    [start ? "adresse" : "partout", start ? where : words.anywhere],
    [time ?? "partout", times[time] ?? words.anyTime],
  ];
  for (const [number, item] of [...document.querySelectorAll(".asked li")].entries()) {
    const [pictogram, title] = answers[number];
    const use = item.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${pictogram}`));
    item.querySelector("span").textContent = title;
    const given = new URLSearchParams(asked);
    given.delete("page");
    given.set("changer", "oui");
    const link = item.querySelector("a");
    link.href = `${link.pathname}?${given}`;
  }
}

/* --- the card of a place */
function show(facts, place) {
  const question = new Question(facts, asked);
  const state = document.querySelector(".state");
  write(state, question.opening(place));
  if (question.doubts(place)) state.parentElement.after(notice(question.need.unsure));
  if (question.need?.bring.length) bring(question.need.bring);
  lead(document, question.way(place));
  const days = document.querySelector("[data-today]");
  if (days && facts.isStale) days.remove();
  else if (days) follow(days, facts.day);
}

/** List what to bring for the need that was said. */
function bring(things) {
  const list = document.querySelector(".bring");
  for (const thing of things) list.append(Object.assign(document.createElement("li"), { textContent: thing }));
  list.hidden = false;
  const more = document.querySelector("[data-more]");
  more.textContent = more.dataset.more;
}

/** Show the week from today on. */
function follow(days, today) {
  for (const [number, day] of [...days.rows].entries()) {
    day.hidden = number < today || number >= today + 7;
    day.classList.toggle("is-today", number === today);
    if (number === today) day.cells[0].firstChild.data = days.dataset.today;
  }
}

/* --- both */
function write(state, opening) {
  state.className = `state state-${opening.state}`;
  state.textContent = opening.sentence;
}

function lead(page, words) {
  const way = page.querySelector("[data-way]");
  if (!words) way?.remove();
  else way.querySelector("strong").textContent = words;
}

function notice(words) {
  return Object.assign(document.createElement("p"), { className: "notice", textContent: words });
}

async function begin() {
  const { place } = document.body.dataset;
  if (place || step === "resultats/") {
    const facts = await Facts.read(`${scope}facts.json`);
    if (place) show(facts, facts.places[place]);
    else answer(facts);
  }
  carry();
}

begin().finally(() => document.querySelector("main").removeAttribute("aria-busy"));
