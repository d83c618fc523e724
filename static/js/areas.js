// Outlines of territories: the commune always, QPV and quartiers when asked, told apart by pattern and outline.

const STYLES = {
  commune: { color: "#14181f", weight: 3, fill: false, dashArray: "1 6", lineCap: "round", className: "area-line" },
  quartier: { color: "#3a2a00", weight: 2, dashArray: "8 5", fillOpacity: 1, className: "area-line" },
  qpv: { color: "#7a0030", weight: 3, fillOpacity: 1, className: "area-line" },
};
const PATTERNS = { quartier: "url(#points-quartier)", qpv: "url(#hachures-qpv)" };

export class Areas {
  constructor(map, addresses) {
    this.map = map;
    this.addresses = addresses;
    this.layers = new Map();
  }

  /** Show one kind of territory; rejects when its outlines cannot be loaded. */
  async show(kind) {
    if (!this.layers.has(kind)) {
      const answer = await fetch(this.addresses[kind]);
      if (!answer.ok) throw new Error(answer.statusText);
      this.layers.set(kind, L.geoJSON(await answer.json(), { interactive: kind !== "commune", style: STYLES[kind] }));
    }
    const layer = this.layers.get(kind);
    layer.addTo(this.map);
    layer.eachLayer((area) => {
      if (PATTERNS[kind]) area.getElement()?.setAttribute("fill", PATTERNS[kind]);
      if (kind === "commune") area.bringToBack();
      else if (!area.getTooltip()) area.bindTooltip(nameOf(area.feature), { sticky: true, className: "area-name" });
    });
    return layer;
  }

  hide(kind) {
    this.layers.get(kind)?.remove();
  }
}

function nameOf(feature) {
  const name = document.createElement("span");
  name.textContent = feature.properties.nom;
  return name;
}
