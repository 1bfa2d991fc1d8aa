// A draft by hand: names are dragged with mouse or finger, or carried with the keyboard; the checker says at once what
// each shift would break. Everything here is also a form or a link without it.
"use strict";
(() => {
  const draft = () => document.getElementById("draft");
  const LONG_PRESS_MS = 350;
  const MOVED_PX = 6;
  let held = null; // { member, name, from, chip, barred, ghost, byKeyboard }
  let press = null; // a pointer that went down on a name and has not moved yet

  const cells = () => [...draft().querySelectorAll("[data-grid] td[data-slot]")];
  const mayPlan = () => draft()?.dataset.mayPlan === "1";
  const say = (text) => {
    const line = document.querySelector("[data-said]");
    if (line) line.textContent = text;
  };
  const show = (text) => {
    const line = draft().querySelector("[data-drag-said]");
    if (!line) return;
    line.textContent = text;
    line.hidden = !text;
  };

  const slotOf = (chip) => chip.closest("[data-slot]")?.dataset.slot ?? "";
  const cellOf = (slot) => cells().find((one) => one.dataset.slot === slot);
  function hold(chip, byKeyboard) {
    held = { member: chip.dataset.member, name: chip.dataset.name, from: slotOf(chip), byKeyboard, barred: {} };
    say(held.name);
    weigh();
  }
  // What a name may do: asked when it is taken up, and when the grid is drawn anew; painted on every shift of the week.
  async function weigh() {
    const root = (held.root = draft());
    root.classList.add("is-holding");
    const chips = [...root.querySelectorAll(`.chip[data-member="${CSS.escape(held.member)}"]`)];
    chips.find((one) => slotOf(one) === held.from)?.classList.add("held");
    if (held.target) aim(cellOf(held.target.dataset.slot) ?? null);
    const mine = held;
    const query = new URLSearchParams({ member: held.member, from: held.from });
    const answer = await fetch(`${root.dataset.fits}?${query}`, { headers: { Accept: "application/json" } });
    const barred = answer.ok && (await answer.json()).barred;
    if (!barred || held !== mine || held.root !== root) return;
    held.barred = barred;
    cells().forEach((one) => {
      if ("past" in one.dataset) return;
      const reasons = held.barred[one.dataset.slot];
      one.classList.toggle("barred", Boolean(reasons));
      one.classList.toggle("fits", !reasons);
    });
    if (held.target) aim(held.target);
  }
  function release() {
    held?.ghost?.remove();
    held = null;
    const root = draft();
    root?.classList.remove("is-holding");
    root?.querySelectorAll(".held, .target, .barred, .fits").forEach((one) => {
      one.classList.remove("held", "target", "barred", "fits");
    });
    show("");
  }
  function aim(cell) {
    draft().querySelectorAll(".target").forEach((one) => one.classList.remove("target"));
    held.target = cell;
    cell?.classList.add("target");
    const reasons = cell && held.barred[cell.dataset.slot];
    const text = reasons ? `${held.name}: ${reasons.join("; ")}` : "";
    show(text);
    if (held.byKeyboard && cell) say(`${cell.dataset.day}. ${text || "✓"}`);
  }

  // One step: the same form that works without script, sent in place.
  function send(values) {
    const form = draft().querySelector("[data-edit-form]");
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    htmx.ajax("POST", draft().dataset.edit, {
      source: form, target: "#draft", select: "#draft", swap: "outerHTML",
      values: { ...values, week: draft().dataset.week, csrfmiddlewaretoken: token },
    });
  }
  function drop(cell) {
    const { member, from } = held;
    const back = { slot: cell?.dataset.slot ?? from, member };
    release();
    if (!cell || cell.dataset.slot === from || "past" in cell.dataset) return catchUp();
    focusAfter(back);
    send(from ? { act: "move", slot: cell.dataset.slot, member, from } : { act: "place", slot: cell.dataset.slot, member });
  }
  function takeOff(chip) {
    const slot = chip.closest("[data-slot]")?.dataset.slot;
    if (!slot) return;
    focusAfter({ slot });
    send({ act: "remove", slot, member: chip.dataset.member });
  }

  // After the grid was drawn anew, by a step or by a refresh, the keyboard stands where it was; a step's outcome is said.
  let wanted = null;
  const focusAfter = (place) => {
    wanted = { ...place, root: draft(), isStep: true };
  };
  function keepFocus() {
    const slot = draft()?.contains(document.activeElement) && slotOf(document.activeElement);
    if (slot) wanted ??= { slot, member: document.activeElement.dataset.member, root: draft() };
  }
  document.addEventListener("htmx:afterSettle", () => {
    if (!wanted || !draft() || wanted.root === draft()) return;
    const cell = draft().querySelector(`td[data-slot="${CSS.escape(wanted.slot)}"]`);
    const chip = wanted.member && cell?.querySelector(`.chip[data-member="${CSS.escape(wanted.member)}"]`);
    (chip ?? cell)?.focus({ preventScroll: true });
    if (wanted.isStep) say(draft().dataset.state);
    wanted = null;
  });
  // A live refresh, alone or beside another part's (which names no request), must not take away what somebody holds in
  // their hand; it is asked for again once that is put back. The answer to a step is drawn around it.
  let isBehind = false;
  function catchUp() {
    if (isBehind) htmx.trigger(draft(), "refresh");
  }
  ["htmx:beforeSwap", "htmx:oobBeforeSwap"].forEach((name) => {
    document.addEventListener(name, ({ detail }) => {
      if (detail.target.id !== "draft") return;
      isBehind = Boolean(held) && (detail.requestConfig?.verb ?? "get") === "get";
      if (isBehind) detail.shouldSwap = false;
      else keepFocus();
    });
  });
  // Not before it has settled, which gives the draft the classes of the answer.
  document.addEventListener("htmx:afterSettle", () => {
    if (held && draft() && held.root !== draft()) weigh();
  });

  // Pointer: a mouse drags after a few pixels, a finger after a long press, so that scrolling stays scrolling.
  document.addEventListener("pointerdown", (event) => {
    const chip = event.target.closest?.(".chip[data-member]");
    if (!chip || !draft()?.contains(chip) || !mayPlan() || chip.closest("[data-past]") || event.button !== 0) return;
    press = { chip, x: event.clientX, y: event.clientY, id: event.pointerId };
    if (event.pointerType !== "mouse") press.timer = setTimeout(() => lift(event), LONG_PRESS_MS);
  });
  function lift(event) {
    if (!press) return;
    const { chip } = press;
    clearTimeout(press.timer);
    press = null;
    hold(chip, false);
    held.ghost = chip.cloneNode(true);
    held.ghost.classList.add("ghost");
    document.body.append(held.ghost);
    follow(event);
  }
  function follow(event) {
    held.ghost.style.left = `${event.clientX + 10}px`;
    held.ghost.style.top = `${event.clientY + 10}px`;
    const under = document.elementFromPoint(event.clientX, event.clientY);
    aim(under?.closest("td[data-slot]") ?? null);
    held.isOut = Boolean(under?.closest("[data-pool]"));
  }
  document.addEventListener("pointermove", (event) => {
    if (press && Math.hypot(event.clientX - press.x, event.clientY - press.y) > MOVED_PX) {
      if (event.pointerType === "mouse") lift(event);
      else {
        clearTimeout(press.timer);
        press = null;
      }
    } else if (held && !held.byKeyboard) follow(event);
  });
  document.addEventListener("touchmove", (event) => {
    if (held && !held.byKeyboard) event.preventDefault();
  }, { passive: false });
  document.addEventListener("pointerup", () => {
    if (press) clearTimeout(press.timer);
    press = null;
    if (!held || held.byKeyboard) return;
    if (held.isOut && held.from) {
      const { from, member } = held;
      release();
      send({ act: "remove", slot: from, member });
    } else drop(held.target);
  });
  document.addEventListener("pointercancel", () => {
    if (press) clearTimeout(press.timer);
    press = null;
    if (!held || held.byKeyboard) return;
    release();
    catchUp();
  });

  // Keyboard: arrows go over the shifts, Space takes a name up and Enter lays it down.
  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  function beside(cell, [down, across]) {
    const rows = [...cell.closest("tbody").rows];
    let row = rows.indexOf(cell.parentElement);
    let column = cell.cellIndex;
    for (;;) {
      row += down;
      column += across;
      const next = rows[row]?.cells[column];
      if (!next || next.tagName !== "TD") return null;
      if (next.dataset.slot) return next;
    }
  }
  function carry(event) {
    const step = STEPS[event.key];
    if (step) {
      const from = held.target ?? cellOf(held.from) ?? cells()[0];
      const next = held.target || held.from ? beside(from, step) : from;
      if (next) {
        aim(next);
        next.scrollIntoView({ block: "nearest", inline: "nearest" });
      }
    } else if (event.key === "Enter" || event.key === " ") drop(held.target);
    else if (event.key === "Escape") {
      release();
      catchUp();
    } else return false;
    return true;
  }
  function walk(event, cell, chip) {
    const step = STEPS[event.key];
    if (step && cell) (beside(cell, step) ?? cell).focus();
    else if (chip && mayPlan() && event.key === " ") hold(chip, true);
    else if (chip && mayPlan() && (event.key === "Delete" || event.key === "Backspace")) takeOff(chip);
    else if (event.key === "Enter" && (cell || chip)) (cell ?? chip).querySelector("[data-find]")?.click();
    else return false;
    return true;
  }
  document.addEventListener("keydown", (event) => {
    if (!draft() || event.target.closest("input, textarea, select")) return;
    const isCommand = event.ctrlKey || event.metaKey;
    if (!event.altKey && (isCommand ? event.key.toLowerCase() === "z" : event.key === "u")) {
      draft().querySelector(event.shiftKey ? "[data-redo]" : "[data-undo]")?.click();
      event.preventDefault();
      return;
    }
    if (isCommand || event.altKey) return;
    const chip = event.target.closest(".chip[data-member]");
    const cell = event.target.closest("[data-grid] td[data-slot]");
    if (held?.byKeyboard ? carry(event) : walk(event, cell, chip)) event.preventDefault();
  });
  // The first shift of the grid can be reached by Tab; arrows go on from there.
  const reachable = () => cells()[0]?.setAttribute("tabindex", "0");
  document.addEventListener("htmx:afterSwap", reachable);
  if (draft()) reachable();

  // Forms of the draft are sent in place, so that the page does not jump.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-draft-form]");
    if (!form || !draft()?.contains(form) || !window.htmx) return;
    event.preventDefault();
    const values = Object.fromEntries(new FormData(form, event.submitter));
    htmx.ajax("POST", form.action, { source: form, target: "#draft", select: "#draft", swap: "outerHTML", values });
  });
})();
