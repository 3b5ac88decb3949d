// Lays the two pictures of a pair over each other, with a slider between them. Without this they stand side by side.
for (const slider of document.querySelectorAll(".compare input")) {
  const pair = slider.parentElement;
  const move = () => pair.style.setProperty("--at", `${slider.value}%`);
  slider.addEventListener("input", move);
  slider.hidden = false;
  pair.classList.add("compare--live");
  move();
}
