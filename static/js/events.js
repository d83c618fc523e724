// What the modules of a page tell each other, through the document.

/** Another question is on screen; `detail.query` is its query string. */
export const QUESTION = "carte:question";
/** A place is pointed at, or no longer (`detail.slug` null), in the list or on the map. */
export const POINTED = "carte:pointed";
/** A place's card is asked for; `detail.href` is its page. */
export const CARD = "carte:card";

export function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

export function listen(name, heard) {
  document.addEventListener(name, (event) => heard(event.detail));
}
