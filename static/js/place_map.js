// One place on a map, in its card or over the whole screen.
const TOLD = 1500; // milliseconds that the word about two fingers stays in the middle
const ZOOM = 16;

let panel = null;

/** Show the map in place of the link that asks for it, once the library is here. */
export async function open(link) {
  const settings = JSON.parse(document.getElementById(link.dataset.map).textContent);
  panel ??= document.getElementById("carte-panneau").content.firstElementChild.cloneNode(true);
  await library(panel.dataset.style, panel.dataset.leaflet);
  if (!panel.isConnected) {
    link.after(panel);
    panel.show();
    const map = draw(settings);
    fingers(map);
    buttons(map, link);
  } else {
    panel.show();
  }
  link.hidden = true;
  panel.querySelector(".map-canvas").focus({ preventScroll: true }); // its keys move it
  panel.scrollIntoView({ block: "center" });
}

function library(style, script) {
  if (window.L) return null;
  const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: style });
  const code = Object.assign(document.createElement("script"), { src: script });
  const loaded = [sheet, code].map(
    (element) => new Promise((resolve, reject) => Object.assign(element, { onload: resolve, onerror: reject })),
  );
  document.head.append(sheet, code);
  return Promise.all(loaded);
}

function draw({ point, start, tiles, options }) {
  const canvas = panel.querySelector(".map-canvas");
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(canvas, { center: point, zoom: ZOOM, maxZoom: 19, zoomControl: false, dragging: false, scrollWheelZoom: false, zoomAnimation: !still, fadeAnimation: !still });
  map.attributionControl.setPrefix(false);
  const words = panel.querySelector(".map-words");
  const ground = L.tileLayer(tiles, options);
  ground.on("tileerror", () => (words.textContent = words.dataset.noTiles));
  ground.on("tileload", () => (words.textContent = ""));
  ground.addTo(map);
  const pin = document.querySelector("svg.map-pin").cloneNode(true);
  pin.removeAttribute("hidden");
  L.marker(point, { icon: L.divIcon({ html: pin, className: "", iconSize: [36, 46], iconAnchor: [18, 45] }), interactive: false, keyboard: false }).addTo(map);
  if (start) {
    L.circleMarker(start, { radius: 9, color: "#fff", weight: 3, fillColor: "#b3005e", fillOpacity: 1, interactive: false }).addTo(map);
    map.fitBounds([point, start], { padding: [48, 48], maxZoom: ZOOM });
  }
  const noted = () => (canvas.dataset.view = [map.getCenter().lat.toFixed(5), map.getCenter().lng.toFixed(5), map.getZoom()].join());
  map.on("moveend zoomend", noted);
  noted();
  new ResizeObserver(() => map.invalidateSize()).observe(canvas);
  return map;
}

/** In the page, leave one finger to the scrolling of the page, and say it; a mouse drags as ever. */
function fingers(map) {
  const canvas = map.getContainer();
  const hint = panel.querySelector(".map-fingers");
  let told = 0;
  canvas.addEventListener(
    "pointerdown",
    (event) => isWhole() || map.dragging[event.pointerType === "mouse" ? "enable" : "disable"](),
    { capture: true, passive: true },
  );
  canvas.addEventListener("pointerup", () => isWhole() || map.dragging.disable());
  // Two fingers are the map's: refused to the browser, which would scroll the page with them.
  for (const deed of ["touchstart", "touchmove"]) {
    canvas.addEventListener(
      deed,
      (event) => {
        if (event.touches.length > 1 && event.cancelable) event.preventDefault();
        if (deed === "touchmove") tell(event.touches.length === 1 && !isWhole());
      },
      { passive: false },
    );
  }

  function tell(isAlone) {
    clearTimeout(told);
    hint.classList.toggle("is-told", isAlone);
    told = setTimeout(() => hint.classList.remove("is-told"), TOLD);
  }
}

function buttons(map, link) {
  const whole = panel.querySelector("[data-whole]");
  const larger = whole.textContent;
  const show = (isLarge) => {
    panel.close();
    panel[isLarge ? "showModal" : "show"]();
    whole.textContent = isLarge ? whole.dataset.smaller : larger;
    map.dragging[isLarge ? "enable" : "disable"]();
    map.scrollWheelZoom[isLarge ? "enable" : "disable"]();
    map.invalidateSize();
    whole.focus();
  };
  panel.addEventListener("click", ({ target }) => {
    if (target.dataset.zoom) map.zoomIn(Number(target.dataset.zoom));
    else if (target === whole) show(!isWhole());
    else if ("close" in target.dataset) {
      if (isWhole()) show(false);
      panel.close();
      link.hidden = false;
      link.focus();
    }
  });
  // Escape, or the back key of a phone, comes back to the page rather than closing the map.
  panel.addEventListener("cancel", (event) => {
    event.preventDefault();
    show(false);
  });
}

function isWhole() {
  return panel.matches(":modal");
}
