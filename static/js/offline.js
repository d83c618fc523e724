/**
 * The three questions and their answers without network: pages that the telephone keeps, which this module makes true
 * for now. The answers and their order are those of the server (places/finding/results.py); what they need is in the
 * page (places/finding/kept.py).
 */
const EARTH_RADIUS = 6_371_008.8; // metres
const METRES_PER_MINUTE = 4_500 / 60 / 1.3; // as the crow flies, for who walks along streets
const POINT = /^(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$/;
const DECIMALS = 1e4; // of a degree, kept of a start
const OWN = { "": ["besoin"], "ou/": ["autour", "point", "precision"], "quand/": ["quand"] }; // what a step asks again

const scope = new URL(".", document.querySelector("link[rel=manifest]").href).pathname;
const step = location.pathname.slice(scope.length);
const asked = new URLSearchParams(location.search);
let data, now, isStale; // what the telephone knows of the places; minutes from its first midnight; whether it is too old

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
  if (step.startsWith("lieu/") && address.pathname === scope && location.search) address.pathname = `${scope}resultats/`;
  address.search = given;
  return address.href;
}

function carry() {
  for (const link of document.querySelectorAll("main a[href]")) {
    if (!link.closest(".asked") && !/^[a-z]+:/.test(link.getAttribute("href"))) link.href = carried(link.href);
  }
  for (const element of document.querySelectorAll("[data-next]")) element.dataset.next = carried(element.dataset.next);
}

/* --- hours, in minutes from the first midnight that the page knows */
function pieceAt(line) {
  if (isStale) return [0, "unknown", data.words.stale, null];
  return data.lines[line]
    .map((number) => data.pieces[number])
    .filter(([start]) => start <= now)
    .pop();
}

function said(line) {
  const [, state, sentence] = pieceAt(line);
  return { state, sentence: isStale ? sentence : data.sentences[sentence] };
}

/** Whether hours are open during one of these spans of minutes. */
function isOpen(line, spans) {
  if (line === null || isStale) return false;
  const pieces = data.lines[line].map((number) => data.pieces[number]);
  return pieces.some(([start, state], number) => {
    const end = pieces[number + 1]?.[0] ?? Infinity;
    return state === "open" && spans.some(([from, to]) => start < to && from < end);
  });
}

function spansOf(name) {
  const next = data.midnights.findIndex((midnight) => midnight > now);
  if (name === "maintenant") return [[now, now + 1]];
  if (name === "aujourdhui") return [[now, data.midnights[next]]];
  return [[now, data.midnights[next + 6]]];
}

/** Open the longest first, then what opens the soonest, then what nobody knows. */
function wait(line) {
  const [, state, , until] = pieceAt(line);
  if (state === "open") return [0, -(until ?? Infinity)];
  return [state === "closed" ? 1 : 2, until ?? Infinity];
}

/* --- a question */
class Question {
  constructor() {
    this.slug = known(data.needs, "besoin");
    this.need = this.slug && data.needs[this.slug];
    this.time = known(data.times, "quand");
    this.spans = this.time && spansOf(this.time);
    this.start = POINT.exec(asked.get("point")?.trim() ?? "")?.slice(1).map(rounded) ?? null;
    this.wanted = this.need?.asks.flat() ?? [];
  }

  /** Places that answer one of several questions, each made of conditions that have to be met together. */
  fitting(asks, timed) {
    return data.places.filter((place) => {
      const there = timed && this.spans ? place.turns.filter(([line]) => isOpen(line, this.spans)) : null;
      if (there) return there.length && asks.some((ask) => ask.every((one) => there.some((turn) => has(place, turn, one))));
      return asks.some((ask) => ask.every((one) => place.offers.includes(one)));
    });
  }

  inOrder(places) {
    const far = new Map(places.map((place) => [place, this.metres(place)]));
    const rank = this.start ? (place) => far.get(place) : (place) => Number(!place.phone);
    return [...places].sort((one, other) => rank(one) - rank(other) || one.number - other.number);
  }

  metres({ point }) {
    return this.start && point ? distance(this.start, point) : Number.MAX_VALUE;
  }

  walk(place) {
    const minutes = Math.max(1, Math.ceil(this.metres(place) / METRES_PER_MINUTE - 1e-9));
    return data.walks[Math.min(minutes, data.walks.length) - 1];
  }

  get found() {
    return this.inOrder(this.fitting(this.need?.asks ?? [[]], true));
  }

  /** The nearest of those that almost fit, to fill the screen: the time is let go first, then the need, then both. */
  almost(found) {
    const rows = [];
    const seen = new Set(found);
    const relaxed = [];
    if (this.spans) relaxed.push([this.need?.asks ?? [[]], false, true, ""]);
    if (this.need) relaxed.push([this.need.almost, true, false, this.need.unsure]);
    if (this.need && this.spans) relaxed.push([this.need.almost, false, true, this.need.unsure]);
    for (const [asks, timed, late, unsure] of relaxed) {
      const places = this.inOrder(this.fitting(asks, timed)).filter((place) => !seen.has(place));
      for (const place of places.slice(0, data.atOnce - seen.size)) {
        seen.add(place);
        rows.push({ place, late, unsure });
      }
    }
    return rows;
  }

  /** What is said of the one who is there first and helps with the need. */
  opening(place) {
    const turns = place.turns.filter((turn) => this.answers(place, turn) && turn[0] !== null);
    if (place.turns.length === 1 || !turns.length) return said(place.line);
    const soonest = (one, other) => compared(wait(other[0]), wait(one[0])) < 0 ? other : one;
    return said(turns.reduce(soonest)[0]);
  }

  answers(place, turn) {
    return !this.need || this.wanted.some((one) => has(place, turn, one));
  }

  /** Whether a permanence is to be named: for what it offers, or because it alone is held at the time asked for. */
  names(place, [line, offers]) {
    if (this.need) return this.wanted.some((one) => offers.includes(one));
    return Boolean(this.spans) && isOpen(line, this.spans) && !isOpen(place.turns[0][0], this.spans);
  }
}

function known(names, parameter) {
  const name = asked.get(parameter)?.trim() ?? "";
  return Object.keys(names).includes(name) ? name : null;
}

function rounded(degrees) {
  return Math.round(degrees * DECIMALS) / DECIMALS;
}

function has(place, [, offers], condition) {
  return offers.includes(condition) || (data.lasting.includes(condition) && place.offers.includes(condition));
}

function compared([rank, time], [otherRank, otherTime]) {
  return rank - otherRank || (time === otherTime ? 0 : time - otherTime);
}

function distance(one, other) {
  const [lat1, lon1, lat2, lon2] = [...one, ...other].map((degrees) => (degrees * Math.PI) / 180);
  const half = Math.sin((lat2 - lat1) / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin((lon2 - lon1) / 2) ** 2;
  return 2 * EARTH_RADIUS * Math.asin(Math.sqrt(half));
}

/* --- the page of answers */
function answer() {
  const question = new Question();
  const found = question.found;
  const last = Math.max(1, Math.ceil(found.length / data.atOnce));
  const page = Math.min(Math.max(1, Math.trunc(Number(asked.get("page"))) || 1), last);
  const shown = found.slice((page - 1) * data.atOnce, page * data.atOnce);
  const almost = found.length < data.atOnce ? question.almost(shown) : [];
  const heading = document.querySelector("h1");
  if (shown.length) heading.textContent = data.counts[found.length];
  document.querySelector(question.start ? "#du-plus-proche" : "#a-appeler").hidden = !shown.length;
  document.querySelector("#trouves").append(...shown.map((place) => drawn(question, place)));
  document.querySelector("#presque").append(...almost.map((row) => drawn(question, row.place, row)));
  document.querySelector("#presque-titre").hidden = !almost.length;
  turn("prev", page > 1 && page - 1);
  turn("next", page < last && page + 1);
  repeat(question);
}

function drawn(question, place, { late, unsure } = {}) {
  const row = place.row;
  const opening = question.opening(place);
  const state = row.querySelector(".state");
  write(state, opening);
  if (late) {
    state.parentElement.replaceWith(notice(opening.state === "unknown" ? data.words.unknown : opening.sentence));
  }
  const heading = row.querySelector("h2");
  if (unsure) heading.after(notice(unsure));
  if (late || unsure) {
    const lower = document.createElement("h3");
    lower.append(...heading.childNodes);
    heading.replaceWith(lower);
  }
  const permanences = [...row.querySelectorAll("[data-permanence]")];
  const named = permanences.filter((_line, number) => question.names(place, place.turns[number + 1])).slice(0, 3);
  for (const line of permanences) if (!named.includes(line)) line.remove();
  const way = row.querySelector("[data-way]");
  if (way && question.start) way.querySelector("strong").textContent = question.walk(place);
  else way?.remove();
  return row;
}

function notice(words) {
  const paragraph = document.createElement("p");
  paragraph.className = "notice";
  paragraph.textContent = words;
  return paragraph;
}

function turn(rel, page) {
  const link = document.querySelector(`a[rel=${rel}]`);
  link.hidden = !page;
  const given = new URLSearchParams(asked);
  given.set("page", page);
  link.href = `?${given}`;
}

/** Say again what was asked, each with the way to another answer. */
function repeat({ slug, need, time, start }) {
  const near = asked.get("autour") && !/^ma position$/i.test(asked.get("autour"));
  const where = near ? data.words.near.replace("%s", asked.get("autour")) : data.words.nearYou;
  const answers = [
    [need ? slug : "partout", need?.title ?? data.words.anyNeed],
    [start ? "adresse" : "partout", start ? where : data.words.anywhere],
    [time ?? "partout", data.times[time] ?? data.words.anyTime],
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
function show(place) {
  const question = new Question();
  const state = document.querySelector(".state");
  write(state, question.opening(place));
  const { need, wanted } = question;
  if (need && !wanted.some((one) => place.offers.includes(one))) state.parentElement.after(notice(need.unsure));
  if (need?.bring.length) bring(need.bring);
  const way = document.querySelector("[data-way]");
  if (way && question.start) {
    way.querySelector("strong").textContent = question.walk(place);
    way.hidden = false;
  }
  const days = document.querySelector("[data-today]");
  if (days && isStale) days.remove();
  else if (days) follow(days);
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
function follow(days) {
  const today = data.midnights.findIndex((midnight) => midnight > now) - 1;
  for (const [number, day] of [...days.rows].entries()) {
    day.hidden = number < today || number >= today + 7;
    day.classList.toggle("is-today", number === today);
    if (number === today) day.cells[0].firstChild.data = days.dataset.today;
  }
}

function write(state, opening) {
  state.className = `state state-${opening.state}`;
  state.textContent = opening.sentence;
}

async function start() {
  carry();
  const isAnswer = step === "resultats/";
  const { place } = document.body.dataset;
  if (!isAnswer && !place) return;
  data = await (await fetch(`${scope}facts.json`)).json();
  now = Math.floor(Date.now() / 60_000) - data.origin;
  isStale = now >= data.known || now < 0;
  if (place) return show(data.places[place]);
  const rows = [...document.querySelector("#gardes").content.children];
  for (const [number, told] of data.places.entries()) Object.assign(told, { number, row: rows[number] });
  answer();
  carry();
}

start();
