/** The three questions, answered without network as places/finding/results.py answers them. */
import { distance } from "./offline_facts.js";

const POINT = /^(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$/;
const DECIMALS = 1e4; // of a degree, kept of a start

export class Question {
  constructor(facts, asked) {
    this.facts = facts;
    this.slug = known(facts.needs, asked.get("besoin"));
    this.need = this.slug && facts.needs[this.slug];
    this.time = known(facts.times, asked.get("quand"));
    this.span = this.time && facts.span(this.time);
    this.start = POINT.exec(asked.get("point")?.trim() ?? "")?.slice(1).map(rounded) ?? null;
    this.wanted = this.need?.asks.flat() ?? [];
  }

  get found() {
    return this.inOrder(this.fitting(this.asks, true));
  }

  /** The nearest of those that almost fit, to fill the screen: the time is let go first, then the need, then both. */
  almost(found) {
    const rows = [];
    const seen = new Set(found);
    for (const [asks, timed, late, unsure] of this.relaxed()) {
      const places = this.inOrder(this.fitting(asks, timed)).filter((place) => !seen.has(place));
      for (const place of places.slice(0, this.facts.atOnce - seen.size)) {
        seen.add(place);
        rows.push({ place, late, unsure });
      }
    }
    return rows;
  }

  /** What is said of the one who is there first and helps with the need. */
  opening(place) {
    const there = place.turns.filter((turn) => turn[0] !== null && this.answers(place, turn)).map(([line]) => line);
    if (place.turns.length === 1 || !there.length) return this.facts.said(place.line);
    return this.facts.said(there.reduce((one, other) => (this.facts.compare(other, one) < 0 ? other : one)));
  }

  /** Whether a permanence is to be named: for what it offers, or because it alone is held at the time asked for. */
  names(place, [line, offers]) {
    if (this.need) return this.wanted.some((one) => offers.includes(one));
    const isHeld = (hours) => this.facts.isOpen(hours, this.span);
    return Boolean(this.span) && isHeld(line) && !isHeld(place.turns[0][0]);
  }

  /** Whether nothing says that a place helps with the need. */
  doubts(place) {
    return Boolean(this.need) && !this.wanted.some((one) => place.offers.includes(one));
  }

  way(place) {
    return this.start && place.point ? this.facts.onFoot(this.metres(place)) : "";
  }

  get asks() {
    return this.need?.asks ?? [[]];
  }

  relaxed() {
    const relaxed = [];
    if (this.span) relaxed.push([this.asks, false, true, ""]);
    if (this.need) relaxed.push([this.need.almost, true, false, this.need.unsure]);
    if (this.need && this.span) relaxed.push([this.need.almost, false, true, this.need.unsure]);
    return relaxed;
  }

  /** Places that answer one of several questions, each made of conditions that have to be met together. */
  fitting(asks, timed) {
    const fits = (holds) => asks.some((ask) => ask.every(holds));
    return this.facts.places.filter((place) => {
      if (!timed || !this.span) return fits((one) => place.offers.includes(one));
      const there = place.turns.filter(([line]) => this.facts.isOpen(line, this.span));
      return there.length && fits((one) => there.some((turn) => this.facts.has(place, turn, one)));
    });
  }

  inOrder(places) {
    const rank = new Map(places.map((place) => [place, this.start ? this.metres(place) : Number(!place.phone)]));
    return [...places].sort((one, other) => rank.get(one) - rank.get(other) || one.number - other.number);
  }

  metres({ point }) {
    return point ? distance(this.start, point) : Number.MAX_VALUE;
  }

  answers(place, turn) {
    return !this.need || this.wanted.some((one) => this.facts.has(place, turn, one));
  }
}

function known(names, text) {
  const name = text?.trim() ?? "";
  return Object.keys(names).includes(name) ? name : null;
}

function rounded(degrees) {
  return Math.round(degrees * DECIMALS) / DECIMALS;
}
