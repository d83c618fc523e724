// Lines and stops of public transport on the map: a dark edge keeps every colour of a line visible on the plan.

const SVG = "http://www.w3.org/2000/svg";

/** Draw lines in their colours, each named under the pointer. */
export function drawLines(features) {
  const way = (options) => L.geoJSON(features, options);
  const edges = way({ interactive: false, style: { color: "#14181f", weight: 7, opacity: 0.9, className: "line-edge" } });
  const colours = way({
    style: (feature) => ({ color: feature.properties.couleur, weight: 4, opacity: 1, className: "line-way" }),
    onEachFeature: (feature, drawn) => drawn.bindTooltip(() => named(feature.properties), { sticky: true, className: "area-name" }),
  });
  return L.layerGroup([edges, colours]);
}

/** Draw stops, each with its lines and its page, whose address is `page` with SLUG in it. */
export function drawStops(features, { page }) {
  const drawn = L.layerGroup();
  for (const feature of features.features) {
    const [longitude, latitude] = feature.geometry.coordinates;
    const point = [latitude, longitude];
    const look = { radius: 6, weight: 3, color: "#14181f", fillColor: "#ffffff", fillOpacity: 1, interactive: false, className: "stop-point" };
    L.circleMarker(point, look).addTo(drawn);
    // What a finger touches is larger than what the eye sees.
    L.circleMarker(point, { radius: 22, weight: 0, opacity: 0, fillOpacity: 0, className: "stop-target" })
      .bindTooltip(() => text("span", feature.properties.nom), { className: "area-name" })
      .bindPopup(() => card(feature.properties, page), { maxWidth: 320 })
      .addTo(drawn);
  }
  return drawn;
}

/** List the lines with their colours, as a legend. */
export function lineLegend(features) {
  const list = document.createElement("ul");
  list.className = "line-legend";
  for (const { properties } of features.features) {
    const drawing = document.createElementNS(SVG, "svg");
    drawing.setAttribute("viewBox", "0 0 12 24");
    drawing.setAttribute("class", "line-colour");
    drawing.setAttribute("aria-hidden", "true");
    const bar = document.createElementNS(SVG, "rect");
    for (const [name, value] of Object.entries({ x: 1, y: 1, width: 10, height: 22, fill: properties.couleur })) bar.setAttribute(name, value);
    drawing.append(bar);
    const item = document.createElement("li");
    item.className = "line-name";
    item.append(drawing, text("span", properties.nom));
    list.append(item);
  }
  return list;
}

function named({ nom, parcours }) {
  return text("span", parcours ? `${nom} – ${parcours}` : nom);
}

function card({ nom, slug, lignes }, page) {
  const box = document.createElement("div");
  box.className = "area-popup";
  const link = text("a", nom);
  link.href = page.replace("SLUG", encodeURIComponent(slug));
  box.append(link, text("p", lignes.join(", ")));
  return box;
}

function text(tag, words) {
  const element = document.createElement(tag);
  element.textContent = words;
  return element;
}
