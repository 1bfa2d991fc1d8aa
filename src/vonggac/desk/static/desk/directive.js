// Directives: a field's source lights up in the document; arrows move in the matrix; a clause and its note go together.
"use strict";
(() => {
  const source = document.getElementById("source");
  const light = (number) => {
    document.querySelectorAll(".source-line.lit").forEach((line) => line.classList.remove("lit"));
    const line = document.getElementById(`line-${number}`);
    if (!line || !source) return;
    line.classList.add("lit");
    const wanted = line.offsetTop - source.offsetTop - source.clientHeight / 3;
    if (source.scrollHeight > source.clientHeight) source.scrollTo({ top: wanted });
  };
  if (source) {
    document.addEventListener("focusin", (event) => {
      const number = event.target.dataset?.line;
      if (number) light(number);
    });
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a.to-line");
      if (!link) return;
      event.preventDefault();
      light(link.dataset.line);
    });
    // Pressed while the words are still selected: a button that takes the focus would lose them on some browsers.
    document.querySelectorAll("[data-take]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("mousedown", (event) => event.preventDefault());
      button.addEventListener("click", () => {
        const chosen = getSelection();
        if (!chosen.rangeCount || !source.contains(chosen.anchorNode) || !source.contains(chosen.focusNode)) return;
        const lines = [...source.querySelectorAll(".source-line")].filter((line) => chosen.containsNode(line, true));
        const words = lines.map((line) => {
          const part = document.createRange();
          part.selectNodeContents(line.lastElementChild);
          const range = chosen.getRangeAt(0);
          if (part.compareBoundaryPoints(Range.START_TO_START, range) < 0) part.setStart(range.startContainer, range.startOffset);
          if (part.compareBoundaryPoints(Range.END_TO_END, range) > 0) part.setEnd(range.endContainer, range.endOffset);
          return part.toString().trim();
        });
        const field = (name) => document.getElementsByName(`${button.dataset.take}${name}`)[0];
        const numbers = lines.map((line) => line.id.slice(5));
        field("text").value = words.filter(Boolean).join(" ");
        [field("from").value, field("to").value] = [numbers[0] ?? "", numbers.at(-1) ?? ""];
        field("text").focus();
      });
    });
  }
  // Split where the cursor stands in the clause's words, unless the mark is written already.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=split]");
    const words = button && document.getElementById(`c${button.value}-text`);
    const at = words?.selectionEnd;
    if (!words || words.value.includes("||") || !at || at >= words.value.length) return;
    words.value = `${words.value.slice(0, at)} || ${words.value.slice(at)}`;
  });

  const table = document.querySelector("[data-matrix]");
  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest?.("[data-matrix] td, [data-matrix] th");
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!table || !cell || !step) return;
    const rows = [...document.querySelectorAll("[data-matrix] tr")];
    let [row, column] = [rows.indexOf(cell.parentElement), cell.cellIndex];
    for (;;) {
      row += step[0];
      column += step[1];
      const next = rows[row]?.cells[column];
      if (!next) return;
      const link = next.querySelector("a");
      if (!link) continue;
      link.focus();
      event.preventDefault();
      return;
    }
  });

  const together = (event, isOn) => {
    const note = event.target.closest?.(".note[data-clause]");
    if (note) document.getElementById(`clause-${note.dataset.clause}`)?.classList.toggle("lit", isOn);
  };
  document.addEventListener("mouseover", (event) => together(event, true));
  document.addEventListener("mouseout", (event) => together(event, false));
  document.addEventListener("click", (event) => {
    const leaf = event.target.closest(".clause-leaf");
    if (leaf && !getSelection().toString()) document.querySelector(`#note-${leaf.id.slice(7)} .note-link`)?.click();
  });
})();
