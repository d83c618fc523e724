// The entry of the public pages, after that of the map: everything here improves HTML that already works.
import "./near.js";
import "./when.js";
import "./question.js";
import "./card_panel.js";
import "./departures.js";
import "./selection.js";
import "./share.js";
