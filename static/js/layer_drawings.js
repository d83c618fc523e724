// What a layer draws besides outlines: the classes of an indicator, the places of a map of the city. Asked for with the
// first of these layers, not with the page.

const SVG = "http://www.w3.org/2000/svg";

/** Return the title, the classes with their counts, and the source of an indicator; `hatching` fills what is unknown. */
export function indicatorLegend(figures, unknown, hatching) {
  const list = document.createElement("ul");
  figures.classes.forEach((known, rank) => list.append(legendLine(`class-${rank}`, null, `${known.texte} (${known.nombre})`)));
  if (figures.inconnus) list.append(legendLine("", hatching, `${unknown} (${figures.inconnus})`));
  const title = paragraph(figures.titre);
  return figures.source ? [title, list, paragraph(figures.source)] : [title, list];
}

/** Return the layer of a map of the city: a pictogram for a point, its colour for an outline, its fields when pressed. */
export function drawMunicipal(features, { colour, shape }) {
  return L.geoJSON(features, {
    style: { color: colour, weight: 3, fillOpacity: 0.25, className: "area-line" },
    pointToLayer: (feature, point) => L.marker(point, { icon: pictogram(shape, colour), keyboard: true, riseOnHover: true }),
    onEachFeature: (feature, drawn) => {
      drawn.bindTooltip(() => line(feature.properties.nom), { className: "area-name" });
      drawn.bindPopup(() => described(feature.properties), { maxWidth: 320 });
    },
  });
}

function pictogram(shape, colour) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 32 32");
  drawing.setAttribute("width", 24);
  drawing.setAttribute("height", 24);
  drawing.setAttribute("fill", colour);
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", shape);
  drawing.append(use);
  return L.divIcon({ html: drawing, className: "marker marker-municipal", iconSize: [44, 44], iconAnchor: [22, 22] });
}

function described({ nom, lignes }) {
  const box = document.createElement("div");
  const name = document.createElement("strong");
  name.textContent = nom;
  box.append(name, ...lignes.map(([title, text]) => paragraph(`${title} : ${text}`)));
  return box;
}

function legendLine(rank, pattern, text) {
  const item = document.createElement("li");
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 36 20");
  drawing.setAttribute("class", "swatch");
  drawing.setAttribute("aria-hidden", "true");
  const sample = document.createElementNS(SVG, "rect");
  sample.setAttribute("width", 36);
  sample.setAttribute("height", 20);
  sample.setAttribute("class", `swatch-frame ${rank}`);
  if (pattern) sample.setAttribute("fill", pattern);
  drawing.append(sample);
  item.append(drawing, line(text));
  return item;
}

function line(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}

function paragraph(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}
