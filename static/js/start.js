// Where the visitor starts from, on the map: a mark, and the circle of their walk in a straight line.

const SIZE = 36; // pixels
const AROUND = 900; // metres shown around a start without a limit

export class Start {
  /** `words.start` names the mark; `words.reach` gives the metres of each walk in minutes. */
  constructor(map, words) {
    this.map = map;
    this.words = words;
    this.layer = L.layerGroup().addTo(map);
    this.shown = "";
  }

  /** Draw the start of a question and, when it is a new one, move the map there. Returns whether there is one. */
  follow(queryString, { move = true } = {}) {
    const query = new URLSearchParams(queryString);
    const point = (query.get("point") ?? "").split(",").map(Number);
    const minutes = query.get("minutes") ?? "";
    const there = point.length === 2 && point.every(Number.isFinite) && query.has("point");
    const wanted = there ? `${point} ${minutes}` : "";
    if (wanted === this.shown) return there;
    this.shown = wanted;
    this.layer.clearLayers();
    if (!there) return false;
    const metres = this.words.reach[minutes];
    const circle = L.circle(point, { radius: metres ?? AROUND, interactive: false, className: "start-walk" });
    circle.addTo(this.map); // Leaflet needs the map to know its bounds
    if (move) this.map.fitBounds(circle.getBounds(), { animate: false });
    circle.remove();
    if (metres) this.layer.addLayer(circle);
    const icon = L.divIcon({ className: "marker-start", html: document.createElement("span"), iconSize: [SIZE, SIZE] });
    const mark = L.marker(point, { icon, keyboard: false, interactive: false, zIndexOffset: -500 });
    this.layer.addLayer(mark);
    mark.getElement().setAttribute("role", "img");
    mark.getElement().setAttribute("aria-label", this.words.start);
    return true;
  }
}
