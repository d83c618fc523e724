// The map of the results: markers, their short cards, and the territories under them.
import { CARD, POINTED, QUESTION, listen, tell } from "./events.js";
import { familyIcon, numberIcon, otherIcon, piles } from "./markers.js";
import { show, shown } from "./screen.js";
import { Start } from "./start.js";

const ROOMY = 900; // pixels: a map wide enough to keep its legend open
const LATE = 200; // milliseconds that the tiles wait for the places
const HOVERING = 120; // milliseconds before a short card asks for more than a name

/** Wait for Leaflet, by far the heaviest file: what the map needs besides is ready before it comes. */
const leaflet = new Promise((resolve, reject) => {
  if (window.L) return resolve();
  const script = document.querySelector('script[src*="/leaflet/"]');
  script.addEventListener("load", resolve);
  script.addEventListener("error", reject);
});

class PlacesMap extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.settings = JSON.parse(this.querySelector("#map-settings").textContent);
    this.words = this.settings.words;
    this.query = this.settings.query;
    this.features = [];
    this.others = [];
    this.markers = new Map();
    const panel = this.querySelector(".map-panel");
    if (this.offsetWidth > ROOMY && this.offsetHeight > ROOMY * 0.7) panel.open = true;
    this.ready = leaflet.then(() => this.prepare());
    if (!this.settings.only) this.otherPlaces();
    this.drawGround(this.load());
    if (this.settings.only) return;
    listen(QUESTION, ({ query }) => {
      this.query = query;
      this.start.follow(query);
      this.load();
    });
    listen(POINTED, ({ slug, from }) => from === "list" && this.point(slug));
  }

  /** Make the map, with where the visitor starts from. */
  prepare() {
    this.drawMap();
    if (this.settings.only) return;
    this.start = new Start(this.map, this.words);
    this.fitted = this.start.follow(this.query, { move: !this.fitted }) || this.fitted;
  }

  /** Draw what lies under the markers once these are drawn or late; the code of the layers comes only now. */
  async drawGround(markers) {
    await this.ready;
    await Promise.race([markers, new Promise((late) => setTimeout(late, LATE))]);
    this.tiles.addTo(this.map);
    const { Layers } = await import("./layers.js");
    this.layers = new Layers(this.map, this.settings.areas, this.querySelector(".map-layers"));
    this.layers.follow(() => this.say(this.words.areas, "areas"));
    this.showCommune();
  }

  drawMap() {
    const canvas = this.querySelector(".map-canvas");
    this.map = L.map(canvas, {
      center: this.settings.center,
      zoom: this.settings.zoom,
      maxZoom: 19,
      zoomControl: false,
      zoomAnimation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    });
    this.map.attributionControl.setPrefix(false);
    L.control.zoom({ zoomInTitle: this.words.zoomIn, zoomOutTitle: this.words.zoomOut, position: "topright" }).addTo(this.map);
    L.control.scale({ imperial: false }).addTo(this.map);
    this.tiles = L.tileLayer(this.settings.tiles.address, { ...this.settings.tiles.options, maxZoom: 19 });
    this.tiles.on("tileerror", () => this.say(this.words.tiles, "tiles"));
    this.tiles.on("tileload", () => this.unsay("tiles"));
    this.otherLayer = L.layerGroup().addTo(this.map);
    this.markerLayer = L.layerGroup().addTo(this.map);
    this.restoreView();
    this.map.on("zoomend", () => this.draw());
    this.map.on("moveend", () => this.complete === false && this.load());
    // Only what a person does is kept: the map also moves by itself, to show the results.
    for (const deed of ["pointerdown", "wheel", "keydown"]) {
      canvas.addEventListener(deed, () => (this.handled = true), { capture: true, passive: true });
    }
    this.map.on("moveend", () => this.handled && this.keepView());
    this.followPaper();
    new ResizeObserver(() => this.map.invalidateSize()).observe(canvas);
  }

  /** Take the size of the sheet while it is printed, all results in view, then the screen's again. */
  followPaper() {
    let view = null;
    window.addEventListener("beforeprint", () => {
      view = { center: this.map.getCenter(), zoom: this.map.getZoom() };
      document.documentElement.classList.add("is-printing");
      this.map.invalidateSize({ animate: false });
      this.fit();
    });
    window.addEventListener("afterprint", () => {
      document.documentElement.classList.remove("is-printing");
      this.map.invalidateSize({ animate: false });
      this.map.setView(view.center, view.zoom, { animate: false });
    });
  }

  /** Start from the view of the address, when it holds one. */
  restoreView() {
    const [latitude, longitude, zoom] = (shown("vue") ?? "").split(",").map(Number);
    const makes = Math.abs(latitude) <= 85 && Math.abs(longitude) <= 180 && zoom >= 0 && zoom <= 19;
    if (this.settings.only || !makes) return;
    this.fitted = true;
    this.map.setView([latitude, longitude], zoom, { animate: false });
  }

  keepView() {
    if (this.settings.only || location.pathname !== this.settings.list) return; // a card is open: its address is its own
    const { lat, lng } = this.map.getCenter();
    show("vue", [lat.toFixed(4), lng.toFixed(4), this.map.getZoom()].join());
  }

  /** Keep the places that do not match on the map, dimmed, for as long as the person wants. */
  otherPlaces() {
    const box = this.querySelector("[data-others]");
    box.checked = shown("autres") === "oui";
    box.addEventListener("change", () => {
      show("autres", box.checked ? "oui" : "");
      this.load();
    });
  }

  async loadOthers(signal) {
    const wanted = this.query && this.querySelector("[data-others]")?.checked;
    this.unsay("others");
    if (!wanted) return [];
    const found = await this.ask("", signal, this.complete === false);
    if (found.features.some((feature) => feature.properties.lieux)) {
      this.say(this.words.others, "others");
      return [];
    }
    const matching = new Set(this.features.map((feature) => feature.properties.slug));
    return found.features.filter((feature) => !matching.has(feature.properties.slug));
  }

  async showCommune() {
    try {
      const layer = await this.layers.show("commune");
      if (!this.settings.only && layer.getLayers().length && !this.fitted) this.map.fitBounds(layer.getBounds(), { animate: false });
    } catch {
      this.say(this.words.areas, "areas");
    }
  }

  async load() {
    this.loading?.abort();
    this.loading = new AbortController();
    const { signal } = this.loading;
    const wasComplete = this.complete;
    try {
      const found = await this.ask(this.query, signal, this.complete === false);
      await this.ready;
      this.unsay("places");
      this.complete = found.complete;
      this.features = found.features;
      this.others = await this.loadOthers(signal);
    } catch (error) {
      if (error.name !== "AbortError") this.say(this.words.places, "places");
      return;
    }
    if (!this.fitted && !this.handled) this.fit();
    this.draw();
    if (!this.complete && wasComplete !== false) this.load();
  }

  /** Return the map's answer to a question; when all of them are too many, to what is in view. */
  async ask(question, signal, inView) {
    if (this.settings.only) return { complete: true, features: this.settings.only };
    const query = new URLSearchParams(question);
    query.delete("page");
    if (!inView && !String(query)) return this.fetched(this.settings.places, signal);
    if (inView) {
      const box = this.map.getBounds();
      query.set("bbox", [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((n) => n.toFixed(5)).join());
      query.set("zoom", Math.round(this.map.getZoom()));
    }
    return this.fetched(`${this.settings.places}?${query}`, signal);
  }

  async fetched(address, signal) {
    const answer = await fetch(address, { signal });
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  }

  fit() {
    const points = this.features.map((feature) => [...feature.geometry.coordinates].reverse());
    if (!points.length) return;
    this.fitted = true;
    this.map.fitBounds(points, { padding: [40, 40], maxZoom: 16, animate: false });
  }

  draw() {
    const focused = this.contains(document.activeElement) ? document.activeElement.dataset.slug : null;
    this.markerLayer.clearLayers();
    this.otherLayer.clearLayers();
    this.markers.clear();
    for (const other of this.others) this.addOther(other);
    this.dataset.others = this.others.length;
    const project = (point) => this.map.project(point);
    const counts = this.features.filter((feature) => feature.properties.lieux);
    const places = this.features.filter((feature) => !feature.properties.lieux);
    for (const count of counts) this.addCount(count);
    for (const pile of piles(places, project)) {
      if (pile.length === 1) this.addPlace(pile[0]);
      else this.addPile(pile);
    }
    this.dataset.drawn = places.length;
    if (focused) this.markers.get(focused)?.getElement().focus({ preventScroll: true });
  }

  addPlace(feature) {
    const { slug, famille } = feature.properties;
    const marker = this.addMarker(feature, familyIcon(this.settings, famille), this.label(feature));
    marker.bindTooltip(this.shortCard(feature), { direction: "auto", offset: [18, 0], className: "short-card", opacity: 1 });
    marker.on("tooltipopen", () => this.completeCard(marker, feature));
    marker.on("click", () => tell(CARD, { href: this.hrefOf(slug) }));
    this.listenPointing(marker, slug);
    this.markers.set(slug, marker);
    marker.getElement().dataset.slug = slug;
    marker.getElement().dataset.family = famille;
  }

  /** A place that does not match: a small ring, whose name and card are still at hand. */
  addOther(feature) {
    const { slug, nom } = feature.properties;
    const marker = this.addMarker(feature, otherIcon(), this.words.other.replace("%s", nom), this.otherLayer);
    marker.bindTooltip(() => textNode(this.words.other.replace("%s", nom)), { direction: "top", offset: [0, -8] });
    marker.on("click", () => tell(CARD, { href: this.hrefOf(slug) }));
  }

  addPile(pile) {
    const label = this.words.pile.replace("%s", pile.length);
    const marker = this.addMarker(pile[0], numberIcon(pile.length, "marker-pile"), label);
    marker.bindTooltip(() => textNode(this.words.pileTitle.replace("%s", pile.length)), { direction: "top", offset: [0, -18] });
    marker.bindPopup(() => this.pileList(pile), { maxWidth: 320, className: "pile", closeButton: true });
    marker.on("popupopen", ({ popup }) => {
      popup.getElement().querySelector("a.leaflet-popup-close-button")?.setAttribute("aria-label", this.words.close);
      popup.getElement().querySelector(".pile-place")?.focus();
    });
    marker.on("popupclose", () => marker.getElement()?.focus({ preventScroll: true }));
    for (const feature of pile) this.markers.set(feature.properties.slug, marker);
    marker.getElement().dataset.slugs = pile.map((feature) => feature.properties.slug).join(" ");
  }

  addCount(feature) {
    const number = feature.properties.lieux;
    const label = this.words.cell.replace("%s", number);
    const marker = this.addMarker(feature, numberIcon(number, "marker-count"), label);
    marker.on("click", () => this.map.setView(marker.getLatLng(), Math.min(this.map.getZoom() + 2, 19)));
  }

  addMarker(feature, icon, label, layer = this.markerLayer) {
    const [longitude, latitude] = feature.geometry.coordinates;
    const behind = layer === this.otherLayer ? -10000 : 0;
    const marker = L.marker([latitude, longitude], { icon, keyboard: true, riseOnHover: true, zIndexOffset: behind });
    marker.addTo(layer);
    marker.getElement().setAttribute("aria-label", label);
    // A button answers Enter and Space; Leaflet's markers alone do not.
    marker.getElement().addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      marker.fire("click");
    });
    return marker;
  }

  listenPointing(marker, slug) {
    const element = marker.getElement();
    const point = () => tell(POINTED, { slug, from: "map" });
    const leave = () => tell(POINTED, { slug: null, from: "map" });
    element.addEventListener("mouseenter", point);
    element.addEventListener("focus", point);
    element.addEventListener("mouseleave", leave);
    element.addEventListener("blur", leave);
  }

  point(slug) {
    this.pointed?.getElement()?.classList.remove("is-pointed");
    this.pointed?.setZIndexOffset(0);
    this.pointed = slug ? this.markers.get(slug) : null;
    this.pointed?.getElement()?.classList.add("is-pointed");
    this.pointed?.setZIndexOffset(1000);
  }

  pileList(pile) {
    const list = document.createElement("ul");
    list.className = "pile-list";
    for (const feature of pile) {
      const link = document.createElement("a");
      link.className = "pile-place place-link";
      link.href = this.hrefOf(feature.properties.slug);
      link.append(familyIcon(this.settings, feature.properties.famille).options.html, textNode(feature.properties.nom));
      const item = document.createElement("li");
      item.append(link);
      list.append(item);
    }
    return list;
  }

  label(feature) {
    const family = this.settings.families[feature.properties.famille] ?? this.settings.families.autre;
    return `${feature.properties.nom}, ${family.label}`;
  }

  shortCard(feature) {
    const card = document.createElement("div");
    const name = document.createElement("strong");
    name.textContent = feature.properties.nom;
    const family = document.createElement("p");
    family.textContent = (this.settings.families[feature.properties.famille] ?? this.settings.families.autre).label;
    card.append(name, family);
    return card;
  }

  /** Add opening and address to a short card that stays open long enough. */
  completeCard(marker, feature) {
    if (marker.isDetailed) return;
    setTimeout(async () => {
      if (!marker.isTooltipOpen()) return;
      try {
        const { placePage } = await import("./card_panel.js");
        const page = await placePage(this.hrefOf(feature.properties.slug));
        const summary = document.importNode(page.querySelector("#fiche .card-summary"), true);
        const card = this.shortCard(feature);
        card.append(summary);
        marker.isDetailed = true;
        marker.setTooltipContent(card);
      } catch {
        // The name alone is already a short card.
      }
    }, HOVERING);
  }

  hrefOf(slug) {
    const address = this.settings.card.replace("SLUG", encodeURIComponent(slug));
    return this.query ? `${address}?${this.query}` : address;
  }

  say(text, about) {
    const status = this.querySelector(".map-status");
    if (status.dataset.about === about) return;
    status.dataset.about = about;
    status.textContent = text;
  }

  unsay(about) {
    const status = this.querySelector(".map-status");
    if (status.dataset.about !== about) return;
    delete status.dataset.about;
    status.textContent = "";
  }
}

function textNode(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}

customElements.define("places-map", PlacesMap);
