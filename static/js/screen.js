// What the screen shows besides the question: the view of the map, its layers, the places that do not match. All of it
// is kept in the address, so that a link reproduces the screen.

const NAMES = ["vue", "couches", "autres", "integration"];

/** Return what the address says of one thing, null when it says nothing. */
export function shown(name) {
  return new URL(location.href).searchParams.get(name);
}

/** Write one thing into the address without leaving a step behind; a blank value takes it out. */
export function show(name, value) {
  const address = new URL(location.href);
  if (value) address.searchParams.set(name, value);
  else address.searchParams.delete(name);
  history.replaceState(history.state, "", plain(address));
}

/** Return the address of another question on the same screen. */
export function onThisScreen(address) {
  const other = new URL(address, location.href);
  const here = new URL(location.href).searchParams;
  for (const name of NAMES) if (here.has(name)) other.searchParams.set(name, here.get(name));
  return plain(other);
}

/** Return an address without what only the screen knows: two addresses ask the same when these are equal. */
export function questionOf(address) {
  const url = new URL(address, location.href);
  for (const name of NAMES) url.searchParams.delete(name);
  return plain(url);
}

function plain(url) {
  return url.href.replaceAll("%2C", ",").replaceAll("%3A", ":");
}
