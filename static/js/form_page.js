// The one entry of the pages where visitors write: everything here improves forms that already work.
import "./address_pin.js";
import "./draft.js";
import "./hours_grid.js";
import "./more_forms.js";
import "./point_picker.js";

// What is to be read first, after a form came back.
document.getElementById("a-corriger")?.focus();
