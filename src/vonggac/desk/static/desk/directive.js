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
  }

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
