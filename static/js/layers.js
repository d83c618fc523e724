// The layers under the markers: the commune always; QPV, quartiers, IRIS coloured by an indicator and the city's own
// maps when asked. Nothing is downloaded before. What is shown is kept in the address: couches=qpv,iris:population.
import { show, shown } from "./screen.js";

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
    const address = box.dataset.figures.replace("CLE", encodeURIComponent(key));
    const [figures, drawings] = await Promise.all([this.download(address), import("./layer_drawings.js")]);
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
    legend.replaceChildren(...drawings.indicatorLegend(figures, legend.dataset.unknown, PATTERNS.unknown));
  }

  async showMunicipal(box) {
    const { layer: name, address } = box.dataset;
    const [features, drawings] = await Promise.all([this.download(address), import("./layer_drawings.js")]);
    if (!this.drawn.has(name)) this.drawn.set(name, drawings.drawMunicipal(features, box.dataset));
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
