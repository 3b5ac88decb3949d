// Slides by keys and buttons, by themselves, and on the whole screen. Without this they are swiped and scrolled.
(() => {
  const stage = document.getElementById("stage"), deck = document.getElementById("deck"), bar = document.getElementById("bar");
  const slides = deck.children, last = slides.length - 1, notes = [...deck.querySelectorAll("details")];
  const still = matchMedia("(prefers-reduced-motion: reduce)"), seconds = Number(deck.dataset.seconds);
  const button = (name) => bar.querySelector(`[data-do=${name}]`), count = bar.querySelector("output");
  let at = 0, timer = 0, settling = 0, playing = false;

  const wait = () => {
    clearTimeout(timer);
    if (playing && !document.hidden) timer = setTimeout(() => go(at === last ? 0 : at + 1), seconds * 1000);
  };
  const show = () => {
    count.value = at ? `${at} / ${last}` : "";
    count.setAttribute("aria-live", playing ? "off" : "polite");
    bar.style.setProperty("--done", last ? at / last : 0);
    button("back").disabled = at === 0;
    button("next").disabled = at === last;
    wait();
  };
  const go = (to) => {
    at = Math.max(0, Math.min(last, to));
    deck.scrollTo({ left: at * deck.clientWidth, behavior: still.matches ? "instant" : "smooth" });
    show();
  };
  const settle = () => {
    clearTimeout(settling);
    settling = setTimeout(() => { at = Math.round(deck.scrollLeft / deck.clientWidth); show(); }, 150);
  };
  const play = (on) => {
    playing = on;
    button("play").setAttribute("aria-pressed", on);
    show();
  };
  const deeds = {
    back: () => go(at - 1),
    next: () => go(at + 1),
    play: () => seconds && play(!playing),
    notes: () => {
      const open = notes.some((one) => !one.open);
      for (const one of notes) one.open = open;
    },
    full: () => (document.fullscreenElement ? document.exitFullscreen() : stage.requestFullscreen()).catch(() => {}),
  };
  const keys = {
    ArrowRight: deeds.next, PageDown: deeds.next, ArrowLeft: deeds.back, PageUp: deeds.back,
    Home: () => go(0), End: () => go(last), f: deeds.full, p: deeds.notes,
    " ": (event) => (seconds ? deeds.play() : event.shiftKey ? deeds.back() : deeds.next()),
  };
  addEventListener("keydown", (event) => {
    const deed = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!deed || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && event.target.closest("button, summary, a")) return;
    event.preventDefault();
    deed(event);
  });
  bar.addEventListener("click", (event) => {
    const pressed = event.target.closest("button");
    if (pressed) deeds[pressed.dataset.do]();
  });
  deck.addEventListener("scroll", settle, { passive: true });
  addEventListener("resize", () => deck.scrollTo({ left: at * deck.clientWidth, behavior: "instant" }));
  document.addEventListener("visibilitychange", wait);

  button("full").hidden = !document.fullscreenEnabled;
  stage.classList.add("stage--live");
  bar.hidden = false;
  at = Math.round(deck.scrollLeft / deck.clientWidth);
  if (seconds) play(!still.matches);
  else show();
})();
