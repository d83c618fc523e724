// The one entry of the public pages: everything here improves HTML that already works.
import "./map.js";
import "./near.js";
import "./when.js";
import "./question.js";
import "./card_panel.js";
import "./departures.js";
import "./selection.js";
import "./share.js";

document.documentElement.classList.remove("no-js");
