// The live parts of the desk: one event stream a tab, the keyboard, and nothing that a page needs to be read.
"use strict";
(() => {
  const SILENT_AFTER_MS = 10_000;
  const LISTEN_AGAIN_MS = 2_000;
  const LISTEN_AT_LEAST_MS = 60_000;
  const REFRESHED_EVERY_MS = 250;
  // How often a desk that takes long to answer is asked: a fifth of the time.
  const REST_AFTER_ANSWER = 4;
  const root = document.documentElement;

  // Stream: every sign of life resets the clock; ten seconds without one and the page says that it is stale.
  const banner = document.getElementById("connection");
  const stream = document.body.dataset.stream;
  let lastSign = Date.now();
  let refresh = 0;

  function alive() {
    lastSign = Date.now();
    show(false);
  }
  function show(isSilent) {
    document.body.classList.toggle("is-silent", isSilent);
    if (banner) banner.hidden = !isSilent;
  }
  // Not once it is quiet: while alerts come in several times a second it never is. What changes while answers are on
  // their way, or while nobody looks, is due afterwards.
  // Where many look, the desk says within what time: each page then reads at a moment of its own, and that seldom.
  let asked = 0, unanswered = 0, restUntil = 0, isDue = false, withinMs = 0;
  function refreshSoon(spreadMs = withinMs) {
    const wait = Math.max(asked + Math.max(REFRESHED_EVERY_MS, spreadMs), restUntil) - Date.now();
    refresh ||= setTimeout(() => {
      refresh = 0;
      isDue = unanswered > 0 || document.hidden;
      if (isDue) return;
      if (window.htmx) leaders().forEach((part) => htmx.trigger(part, "refresh"));
    }, wait > 0 ? wait : Math.random() * spreadMs);
  }
  // The parts to ask for: of those that one address has, the first one's answer brings all.
  function leaders() {
    const found = new Map();
    document.querySelectorAll("[data-live]").forEach((part) => {
      const address = part.getAttribute("hx-get");
      const leader = found.get(address);
      if (!leader) found.set(address, part);
      else {
        const beside = new Set(leader.getAttribute("hx-select-oob")?.split(","));
        leader.setAttribute("hx-select-oob", [...beside.add(`#${part.id}`)].join());
      }
    });
    return found;
  }
  function whatIsDue(spreadMs) {
    if (isDue && !unanswered && !document.hidden) refreshSoon(spreadMs);
  }
  function answered() {
    if (--unanswered) return;
    restUntil = Date.now() + REST_AFTER_ANSWER * (Date.now() - asked);
    whatIsDue();
  }
  // Whoever turns to a page waits for no crowd.
  document.addEventListener("visibilitychange", () => whatIsDue(0));
  document.addEventListener("htmx:beforeSend", (event) => {
    if (!event.detail.elt.matches("[data-live]")) return;
    if (!unanswered++) asked = Date.now();
    // The part itself is replaced by then, and its events do not come this far.
    event.detail.xhr.addEventListener("loadend", answered);
  });
  function listen(pauseMs = LISTEN_AGAIN_MS) {
    const source = new EventSource(stream);
    source.addEventListener("beat", (event) => {
      alive();
      const beat = JSON.parse(event.data);
      const clock = document.getElementById("pulse-time");
      if (clock) clock.textContent = beat.time;
      if (root.dataset.themeAuto) root.dataset.theme = beat.theme;
    });
    source.addEventListener("change", (event) => {
      alive();
      withinMs = JSON.parse(event.data).within_ms;
      refreshSoon();
    });
    // After a break the page may have missed changes: read the live parts again.
    source.addEventListener("open", () => {
      if (document.body.classList.contains("is-silent")) refreshSoon();
      pauseMs = LISTEN_AGAIN_MS;
      alive();
    });
    // A broken line is opened again by the browser; an answer that is no stream, as a proxy's while the desk starts, is not.
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(listen, pauseMs * (1 + Math.random()), Math.min(2 * pauseMs, LISTEN_AT_LEAST_MS));
    });
  }
  if (stream && window.EventSource) {
    listen();
    setInterval(() => show(Date.now() - lastSign > SILENT_AFTER_MS), 1_000);
  }

  // Long work that a form starts: its button says so and is not pressed twice; back from the next page it is as it was.
  document.querySelectorAll("form[data-busy] button").forEach((button) => {
    const label = button.textContent;
    button.form.addEventListener("submit", () => {
      button.disabled = true;
      button.textContent = button.form.dataset.busy;
    });
    addEventListener("pageshow", () => {
      button.disabled = false;
      button.textContent = label;
    });
  });

  // Keyboard: j and k move along the rows, the other keys press what the row or page marks with them.
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const BOX = "input[type=checkbox]";
  let chosen = "";

  function choose(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.dataset.row === chosen);
    const next = all[Math.max(0, Math.min(all.length - 1, at + step))];
    chosen = next.dataset.row;
    paint();
    next.querySelector("a")?.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }
  function paint() {
    rows().forEach((row) => row.classList.toggle("on", row.dataset.row === chosen));
  }
  function press(key) {
    const row = rows().find((one) => one.dataset.row === chosen);
    // What judges or binds together is done to the row that one looks at, never to the first that happens to be there.
    if (!row && rows().length && /[mcfx]/.test(key)) return false;
    const place = row ?? document;
    const target = place.querySelector(`[data-key="${key}"]`) ?? document.querySelector(`[data-key="${key}"]`);
    if (!target) return false;
    if (target.tagName === "DETAILS") {
      target.open = true;
      target.querySelector("input:not([type=hidden]), textarea, select")?.focus();
    } else if (target.matches("input, textarea") && !target.matches(BOX)) target.focus();
    else {
      if (row && target.matches("button")) keepPlace();
      target.click();
    }
    return true;
  }
  // What is done by key leads back to the rows: to the same one, or where it left, to the one that came after it.
  const PLACE = `place on ${location.pathname}`;
  function keepPlace() {
    const all = rows().map((row) => row.dataset.row);
    const at = all.indexOf(chosen);
    sessionStorage.setItem(PLACE, JSON.stringify([...all.slice(at), ...all.slice(0, at).reverse()]));
  }
  function backToPlace() {
    const wanted = JSON.parse(sessionStorage.getItem(PLACE) ?? "[]");
    sessionStorage.removeItem(PLACE);
    const here = rows().map((row) => row.dataset.row);
    const back = wanted.find((row) => here.includes(row));
    if (back === undefined) return;
    chosen = back;
    choose(0);
    // What was said of it, and its undo, stay in sight.
    document.querySelector(".flash")?.classList.add("stays");
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!event.target.matches(BOX) && event.target.closest("input, textarea, select, [contenteditable]")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const help = document.getElementById("help");
    if (event.key === "j") choose(1);
    else if (event.key === "k") choose(-1);
    else if (event.key === "?") help?.showModal();
    else if (!/^[aehmcfx/[\]]$/.test(event.key) || !press(event.key)) return;
    event.preventDefault();
  });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) {
      chosen = row.dataset.row;
      paint();
    }
  });
  // Acts on what is chosen wait until something is; how many stands beside them.
  function countChosen() {
    document.querySelectorAll("form[data-of-chosen]").forEach((form) => {
      const n = [...form.elements].filter((one) => one.matches(`${BOX}:checked`)).length;
      form.querySelector("[data-count]").textContent = n || "";
      form.querySelectorAll("button").forEach((button) => { button.disabled = !n; });
    });
  }
  document.addEventListener("change", countChosen);
  addEventListener("pageshow", countChosen);
  // What was unfolded or ticked stays so when its part is read again, and the keyboard stays on its row.
  let unfolded = [], ticked = [], wasOnRow = false;
  document.addEventListener("htmx:beforeSwap", () => {
    unfolded = [...document.querySelectorAll("[data-live] details[id][open]")].map((one) => one.id);
    ticked = [...document.querySelectorAll(`[data-live] ${BOX}:checked`)].map(
      (box) => `[data-live] ${BOX}[name="${CSS.escape(box.name)}"][value="${CSS.escape(box.value)}"]`);
    wasOnRow = document.activeElement.closest("[data-live] [data-row]") !== null;
  });
  document.addEventListener("htmx:afterSwap", () => {
    unfolded.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    ticked.forEach((box) => document.querySelectorAll(box).forEach((one) => { one.checked = true; }));
    countChosen();
    paint();
    if (wasOnRow && document.activeElement === document.body)
      document.querySelector("[data-row].on a")?.focus({ preventScroll: true });
  });
  backToPlace();

  // Where the weeks stand in one line, as on a phone, the shown one stands in sight.
  const week = document.querySelector(".week-tabs [aria-current]");
  if (week) week.parentElement.scrollLeft = week.offsetLeft - week.parentElement.offsetLeft - 40;

  // Browsers give the clipboard to encrypted pages alone; elsewhere the text is left chosen, ready for Ctrl-C.
  function copyText(button) {
    const source = document.querySelector(button.dataset.copy);
    const range = document.createRange();
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    navigator.clipboard?.writeText(source.textContent).then(() => {
      button.textContent = button.dataset.copied;
    });
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    if (event.target.closest("[data-help]")) document.getElementById("help")?.showModal();
    const copy = event.target.closest("[data-copy]");
    if (copy) copyText(copy);
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  // The face of a field of files, in the page's language; a form that comes back may hold what was chosen before.
  function nameFiles(field) {
    const names = field.parentElement.querySelector(".file-names");
    names.textContent = [...field.files].map((file) => file.name).join(", ") || names.dataset.none;
    names.classList.toggle("some", field.files.length > 0);
  }
  const nameAll = () => document.querySelectorAll(".file > input").forEach(nameFiles);
  addEventListener("pageshow", nameAll);
  // The form is empty only after the event.
  document.addEventListener("reset", () => setTimeout(nameAll));
  document.addEventListener("change", (event) => {
    if (event.target.matches(".file > input")) nameFiles(event.target);
  });
  for (const [name, isOver] of [["dragenter", true], ["dragleave", false], ["drop", false]])
    document.addEventListener(name, (event) => event.target.closest?.(".file")?.classList.toggle("over", isOver));

  // Too many or too large files would be refused before any page could bring the form back: say it beside the field.
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!field.matches("input[type=file][data-most-bytes]")) return;
    const bytes = [...field.files].reduce((sum, file) => sum + file.size, 0);
    const isTooMuch = bytes > Number(field.dataset.mostBytes) || field.files.length > Number(field.dataset.mostFiles);
    field.setCustomValidity(isTooMuch ? field.dataset.tooMuch : "");
    if (isTooMuch) field.reportValidity();
  });

  // Forms opened by an address such as /cases/7/#claim, also by a link on the page itself.
  function openNamed() {
    const named = location.hash && document.getElementById(location.hash.slice(1));
    if (!named || named.tagName !== "DETAILS") return;
    named.open = true;
    named.querySelector("input:not([type=hidden]), textarea, select")?.focus();
  }
  window.addEventListener("hashchange", openNamed);
  openNamed();
})();
