/** What the telephone knows of the places (places/finding/kept.py), at one moment. */
const EARTH_RADIUS = 6_371_008.8; // metres
const METRES_PER_MINUTE = 4_500 / 60 / 1.3; // as the crow flies, for who walks along streets

/** Minutes count from the first midnight that is known; hours are numbers of lines, null when nobody can read them. */
export class Facts {
  constructor(told, moment) {
    Object.assign(this, told);
    this.now = Math.floor(moment / 60_000) - this.origin;
    this.isStale = this.now >= this.known || this.now < 0;
    for (const [number, place] of this.places.entries()) place.number = number;
  }

  static async read(address) {
    return new Facts(await (await fetch(address)).json(), Date.now());
  }

  /** How many midnights have passed since the first. */
  get day() {
    return this.midnights.findIndex((midnight) => midnight > this.now) - 1;
  }

  said(line) {
    if (this.isStale) return { state: "unknown", sentence: this.words.stale };
    const [, state, sentence] = this.pieceAt(line);
    return { state, sentence: this.sentences[sentence] };
  }

  /** Whether hours are open during a span of minutes, its end left out. */
  isOpen(line, [from, to]) {
    if (line === null || this.isStale) return false;
    const pieces = this.piecesOf(line);
    return pieces.some(([start, state], number) => {
      return state === "open" && start < to && from < (pieces[number + 1]?.[0] ?? Infinity);
    });
  }

  /** Open the longest first, then what opens the soonest, then what nobody knows: the lower the sooner. */
  compare(line, other) {
    const [rank, time] = this.wait(line);
    const [otherRank, otherTime] = this.wait(other);
    return rank - otherRank || (time === otherTime ? 0 : time - otherTime);
  }

  /** The minutes that a time asked for stands for. */
  span(time) {
    if (time === "maintenant") return [this.now, this.now + 1];
    return [this.now, this.midnights[this.day + (time === "aujourdhui" ? 1 : 7)]];
  }

  /** Whether a condition is met by who is there, or by the place whoever is there. */
  has(place, [, offers], condition) {
    return offers.includes(condition) || (this.lasting.includes(condition) && place.offers.includes(condition));
  }

  onFoot(metres) {
    const minutes = Math.max(1, Math.ceil(metres / METRES_PER_MINUTE - 1e-9));
    return this.walks[Math.min(minutes, this.walks.length) - 1];
  }

  piecesOf(line) {
    return this.lines[line].map((number) => this.pieces[number]);
  }

  pieceAt(line) {
    return this.piecesOf(line)
      .filter(([start]) => start <= this.now)
      .pop();
  }

  wait(line) {
    const [, state, , until] = this.isStale ? [0, "unknown", 0, null] : this.pieceAt(line);
    if (state === "open") return [0, -(until ?? Infinity)];
    return [state === "closed" ? 1 : 2, until ?? Infinity];
  }
}

/** Metres between two points, by the shortest way on the globe. */
export function distance(one, other) {
  const [lat1, lon1, lat2, lon2] = [...one, ...other].map((degrees) => (degrees * Math.PI) / 180);
  const half = Math.sin((lat2 - lat1) / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin((lon2 - lon1) / 2) ** 2;
  return 2 * EARTH_RADIUS * Math.asin(Math.sqrt(half));
}
