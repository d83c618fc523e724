/**
 * The map of a place's form: a click sets the point, dragging or the arrow keys move it.
 *
 * The latitude and longitude inputs stay the truth: the map writes into them and follows what is typed there, so the
 * form works the same without it. Leaflet is the global `L`.
 */
const DECIMALS = 6; // of a degree: 0.1 m
const CLOSE_ZOOM = 17;
const STEP = 4; // pixels per arrow key
const LONG_STEP = 24; // with Shift
const DIRECTIONS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

class PointPicker extends HTMLElement {
  connectedCallback() {
    const { elements } = this.closest("form");
    this.inputs = [elements.namedItem("latitude"), elements.namedItem("longitude")];
    if (!window.L || this.inputs.includes(null)) return; // somebody who may only look
    this.hidden = false;
    this.config = JSON.parse(document.getElementById("point-picker-config").textContent);
    this.marker = this.createMarker();
    this.map = this.createMap();
    this.follow();
    this.drawOutline();
    this.map.on("click", (event) => this.choose(event.latlng));
    for (const input of this.inputs) input.addEventListener("input", () => this.follow());
    // Drawn in a closed part of the page, the map has no size until it opens.
    this.closest("details")?.addEventListener("toggle", () => this.map.invalidateSize());
    this.querySelector("[value=centre]").addEventListener("click", () => {
      this.choose(this.map.getCenter());
      this.marker.getElement().focus();
    });
    this.querySelector("[value=clear]").addEventListener("click", () => this.choose(null));
  }

  createMap() {
    const { tiles, attribution, center, zoom, former } = this.config;
    const map = L.map(this.querySelector(".map"), { zoomControl: false, scrollWheelZoom: false });
    const point = this.typed();
    map.setView(point ?? center, point ? CLOSE_ZOOM : zoom);
    if (former) this.drawFormer(map, former, point);
    map.attributionControl.setPrefix(false);
    L.control.zoom({ zoomInTitle: this.dataset.zoomIn, zoomOutTitle: this.dataset.zoomOut }).addTo(map);
    // The wheel scrolls the form until somebody has chosen the map.
    map.on("focus", () => map.scrollWheelZoom.enable());
    map.on("blur", () => map.scrollWheelZoom.disable());
    L.tileLayer(tiles, { attribution, referrerPolicy: "strict-origin", maxZoom: 19 })
      .once("tileerror", () => (this.querySelector("[role=status]").textContent = this.dataset.noTiles))
      .addTo(map);
    return map;
  }

  /** Show where the place is before the change, and both points at once. */
  drawFormer(map, former, point) {
    const style = { radius: 9, color: "#8a1c1c", weight: 4, fillColor: "#fff", fillOpacity: 1 };
    L.circleMarker(former, style).bindTooltip(this.config.formerLabel, { permanent: true, direction: "right" }).addTo(map);
    if (point) map.fitBounds(L.latLngBounds([former, point]).pad(0.3), { maxZoom: CLOSE_ZOOM });
  }

  createMarker() {
    const drawing = this.querySelector("template").content.firstElementChild.cloneNode(true);
    const icon = L.divIcon({ className: "point-marker", html: drawing, iconSize: [36, 46], iconAnchor: [18, 45] });
    const marker = L.marker([0, 0], { icon, draggable: true, autoPanOnFocus: false });
    marker.on("dragend", () => this.choose(marker.getLatLng()));
    marker.on("add", () => {
      marker.getElement().setAttribute("aria-label", this.dataset.marker);
      marker.getElement().addEventListener("keydown", (event) => this.nudge(event));
    });
    return marker;
  }

  /** The point of the inputs, null when they do not hold one. */
  typed() {
    const [latitude, longitude] = this.inputs.map((input) => Number.parseFloat(input.value));
    return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? L.latLng(latitude, longitude) : null;
  }

  choose(point) {
    const shown = point?.wrap();
    this.inputs[0].value = shown?.lat.toFixed(DECIMALS) ?? "";
    this.inputs[1].value = shown?.lng.toFixed(DECIMALS) ?? "";
    this.follow();
  }

  /** Show the point of the inputs, and bring it into view. */
  follow() {
    const point = this.typed();
    if (!point) return this.marker.remove();
    this.marker.setLatLng(point).addTo(this.map);
    if (!this.map.getBounds().contains(point)) this.map.panTo(point);
  }

  nudge(event) {
    const direction = DIRECTIONS[event.key];
    if (!direction) return;
    event.preventDefault();
    event.stopPropagation();
    const step = L.point(direction).multiplyBy(event.shiftKey ? LONG_STEP : STEP);
    this.choose(this.map.unproject(this.map.project(this.marker.getLatLng()).add(step)));
  }

  async drawOutline() {
    const answer = await fetch(this.config.outline).catch(() => null); // the map does without
    if (!answer?.ok) return;
    const style = { color: "#0b3d91", weight: 2, fill: false };
    L.geoJSON(await answer.json(), { interactive: false, style }).addTo(this.map);
  }
}

customElements.define("point-picker", PointPicker);
