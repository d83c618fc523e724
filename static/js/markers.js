// Drawing markers: one shape and one colour per family, a number for several places at one spot.

const SVG = "http://www.w3.org/2000/svg";
const SIZE = 34; // pixels drawn
const TARGET = 44; // pixels that answer a finger
export const TOUCHING = 30; // pixels: closer than that, markers would hide each other

/** Return a Leaflet icon with the shape of a family. */
export function familyIcon(settings, family) {
  const known = settings.families[family] ?? settings.families.autre;
  const shape = document.createElementNS(SVG, "svg");
  shape.setAttribute("viewBox", "0 0 32 32");
  shape.setAttribute("width", SIZE);
  shape.setAttribute("height", SIZE);
  shape.setAttribute("fill", known.colour);
  shape.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${settings.shapes}#${family in settings.families ? family : "autre"}`);
  shape.append(use);
  return icon(shape, "marker");
}

/** Return a Leaflet icon with a number. */
export function numberIcon(number, kind) {
  const text = document.createElement("span");
  text.textContent = number;
  return icon(text, `marker ${kind}`);
}

/** Return a Leaflet icon for a place that does not match: a small ring, unlike any family. */
export function otherIcon() {
  return icon(document.createElement("span"), "marker marker-other");
}

function icon(html, className) {
  return L.divIcon({ html, className, iconSize: [TARGET, TARGET], iconAnchor: [TARGET / 2, TARGET / 2] });
}

/** Group features whose points touch on screen; the first of each group keeps its point. Returns arrays of features. */
export function piles(features, project) {
  const cells = new Map();
  const groups = [];
  for (const feature of features) {
    const [longitude, latitude] = feature.geometry.coordinates;
    const point = project([latitude, longitude]);
    const column = Math.floor(point.x / TOUCHING);
    const row = Math.floor(point.y / TOUCHING);
    let home = null;
    for (let x = column - 1; x <= column + 1 && !home; x += 1) {
      for (let y = row - 1; y <= row + 1 && !home; y += 1) {
        home = (cells.get(`${x} ${y}`) ?? []).find((group) => group.point.distanceTo(point) < TOUCHING);
      }
    }
    if (home) {
      home.features.push(feature);
      continue;
    }
    const group = { point, features: [feature] };
    groups.push(group);
    const key = `${column} ${row}`;
    cells.set(key, [...(cells.get(key) ?? []), group]);
  }
  return groups.map((group) => group.features);
}
