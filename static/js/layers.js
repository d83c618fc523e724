// The layers under the markers: the commune always; QPV, quartiers, IRIS coloured by an indicator and the city's own
// maps when asked. Nothing is downloaded before. What is shown is kept in the address: couches=qpv,iris:population.
import { show, shown } from "./screen.js";

const SVG = "http://www.w3.org/2000/svg";
const STYLES = {
  commune: { color: "#14181f", weight: 3, fill: false, dashArray: "1 6", lineCap: "round", className: "area-line" },
  quartier: { color: "#3a2a00", weight: 2, dashArray: "8 5", fillOpacity: 1, className: "area-line" },
  qpv: { color: "#7a0030", weight: 3, fillOpacity: 1, className: "area-line" },
  iris: { color: "#30353f", weight: 1, fillOpacity: 0.8 },
};
const PATTERNS = { quartier: "url(#points-quartier)", qpv: "url(#hachures-qpv)", unknown: "url(#hachures-inconnu)" };
const TRANSPORT = { lines: "drawLines", stops: "drawStops" };
const FROM_TOP = ["qpv", "quartier", "iris", "commune"];

export class Layers {
  /** `addresses` gives the outlines of each kind; `panel` holds the boxes, and may be missing on a map of one place. */
  constructor(map, addresses, panel) {
    this.map = map;
    this.addresses = addresses;
    this.panel = panel;
    this.drawn = new Map();
    this.downloads = new Map();
  }

  /** Draw one kind of territory and return it; rejects when its outlines cannot be loaded. */
  async show(kind) {
    if (!this.drawn.has(kind)) {
      const outlines = await this.download(this.addresses[kind]);
      this.drawn.set(kind, L.geoJSON(outlines, { interactive: kind !== "commune", style: STYLES[kind] }));
    }
    const layer = this.drawn.get(kind);
    layer.addTo(this.map);
    layer.eachLayer((area) => {
      if (PATTERNS[kind]) area.getElement()?.setAttribute("fill", PATTERNS[kind]);
      if (kind !== "commune" && !area.getTooltip()) this.name(area, kind, area.feature.properties.nom);
    });
    for (const below of FROM_TOP) this.drawn.get(below)?.bringToBack();
    return layer;
  }

  hide(name) {
    this.drawn.get(name)?.remove();
  }

  /** Follow the boxes of the panel, from what the address asks; `failed` is called when a layer cannot be loaded. */
  follow(failed) {
    if (!this.panel) return;
    this.failed = failed;
    const asked = new Map((shown("couches") ?? "").split(",").map((part) => part.split(":")));
    for (const box of this.boxes()) {
      box.checked = asked.has(box.dataset.layer);
      const choice = this.choiceOf(box);
      const wanted = asked.get(box.dataset.layer);
      if (choice && [...choice.options].some((option) => option.value === wanted)) choice.value = wanted;
      if (box.checked) this.apply(box);
    }
    this.panel.addEventListener("change", (event) => {
      const box = event.target.closest("[data-layer]") ?? event.target.closest(".map-layer")?.querySelector("[data-layer]");
      if (!box) return;
      if (event.target !== box) box.checked = true; // who chooses an indicator wants to see it
      this.apply(box);
      this.keep();
    });
  }

  async apply(box) {
    const legend = box.closest(".map-layer").querySelector(".map-legend");
    if (!box.checked) {
      this.hide(box.dataset.layer);
      legend?.replaceChildren();
      return;
    }
    try {
      if (box.dataset.draw === "indicator") await this.showIndicator(box, legend);
      else if (box.dataset.draw === "municipal") await this.showMunicipal(box);
      else if (box.dataset.draw in TRANSPORT) await this.showTransport(box, legend);
      else await this.show(box.dataset.layer);
      if (!box.checked) this.apply(box); // unticked while it was coming
    } catch {
      box.checked = false;
      this.keep();
      this.failed();
    }
  }

  async showIndicator(box, legend) {
    const kind = box.dataset.layer;
    const key = this.choiceOf(box).value;
    const figures = await this.download(box.dataset.figures.replace("CLE", encodeURIComponent(key)));
    const layer = await this.show(kind);
    if (key !== this.choiceOf(box).value) return;
    layer.eachLayer((area) => {
      const { code, nom } = area.feature.properties;
      const [text, rank] = figures.valeurs[code] ?? ["–", null];
      const element = area.getElement();
      element.setAttribute("class", `leaflet-interactive area-coloured ${rank === null ? "" : `class-${rank}`}`);
      element.setAttribute("fill", rank === null ? PATTERNS.unknown : "none");
      this.name(area, kind, `${nom} : ${text}`, `${figures.titre} : ${text}`);
    });
    legend.replaceChildren(...this.legend(figures, legend.dataset.unknown));
  }

  legend(figures, unknown) {
    const title = document.createElement("p");
    title.textContent = figures.titre;
    const list = document.createElement("ul");
    figures.classes.forEach((known, rank) => list.append(legendLine(`class-${rank}`, null, `${known.texte} (${known.nombre})`)));
    if (figures.inconnus) list.append(legendLine("", PATTERNS.unknown, `${unknown} (${figures.inconnus})`));
    const source = document.createElement("p");
    source.textContent = figures.source;
    return figures.source ? [title, list, source] : [title, list];
  }

  async showMunicipal(box) {
    const { layer: name, address, colour, shape } = box.dataset;
    if (!this.drawn.has(name)) {
      const features = await this.download(address);
      this.drawn.set(name, L.geoJSON(features, {
        style: { color: colour, weight: 3, fillOpacity: 0.25, className: "area-line" },
        pointToLayer: (feature, point) => L.marker(point, { icon: pictogram(shape, colour), keyboard: true, riseOnHover: true }),
        onEachFeature: (feature, drawn) => {
          drawn.bindTooltip(() => line(feature.properties.nom), { className: "area-name" });
          drawn.bindPopup(() => described(feature.properties), { maxWidth: 320 });
        },
      }));
    }
    this.drawn.get(name).addTo(this.map).eachLayer((drawn) => {
      drawn.getElement?.()?.setAttribute("aria-label", drawn.feature.properties.nom);
    });
  }

  async showTransport(box, legend) {
    const { layer: name, draw, address } = box.dataset;
    // Its code also comes only now.
    const [features, transport] = await Promise.all([this.download(address), import("./transport_layers.js")]);
    if (!this.drawn.has(name)) this.drawn.set(name, transport[TRANSPORT[draw]](features, box.dataset));
    this.drawn.get(name).addTo(this.map);
    this.drawn.get("arrets")?.eachLayer((stop) => stop.bringToFront());
    legend?.replaceChildren(transport.lineLegend(features));
  }

  /** Name an area under the pointer, and link it to its page when it is pressed. */
  name(area, kind, text, detail) {
    area.unbindTooltip().bindTooltip(line(text), { sticky: true, className: "area-name" });
    if (!this.panel) return;
    const link = document.createElement("a");
    link.href = `${this.panel.dataset.pages}${kind}/${encodeURIComponent(area.feature.properties.code)}/`;
    link.textContent = area.feature.properties.nom;
    const box = document.createElement("div");
    box.className = "area-popup";
    box.append(link);
    if (detail) box.append(paragraph(detail));
    area.unbindPopup().bindPopup(box, { maxWidth: 320 });
  }

  keep() {
    const names = this.boxes().filter((box) => box.checked).map((box) => {
      const choice = this.choiceOf(box);
      return choice ? `${box.dataset.layer}:${choice.value}` : box.dataset.layer;
    });
    show("couches", names.join());
  }

  boxes() {
    return [...this.panel.querySelectorAll("input[data-layer]")];
  }

  choiceOf(box) {
    return box.closest(".map-layer").querySelector("select");
  }

  /** Return the data of an address, asked for once; a failure is forgotten, so that it can be tried again. */
  download(address) {
    if (!this.downloads.has(address)) {
      const coming = fetch(address).then((answer) => {
        if (!answer.ok) throw new Error(answer.statusText);
        return answer.json();
      });
      coming.catch(() => this.downloads.delete(address));
      this.downloads.set(address, coming);
    }
    return this.downloads.get(address);
  }
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
