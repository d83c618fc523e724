// A day or an hour that is typed means "another day"; "another day" begins with today, until one is chosen.
const group = document.querySelector("[data-when]");
if (group) {
  const other = group.querySelector('input[value="choisi"]');
  const day = group.querySelector('input[type="date"]');

  // Before the form hears of the change, so that it asks once.
  group.addEventListener("change", (event) => {
    // The year 202 on the way to 2026 is no question.
    if (event.target.type === "date" && event.target.value && event.target.value < "1000") event.stopPropagation();
    if (["date", "time"].includes(event.target.type) && event.target.value) other.checked = true;
    if (other.checked && !day.value) day.value = day.min;
  });
}
