"use strict";
// Everything that comes from texts, files and models is put in as text, never as markup.
const $ = (id) => document.getElementById(id);
const make = (tag, text, kind) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  return element;
};
const percent = (p) => (100 * p).toFixed(1) + " %";
const plural = (n, word) => n.toLocaleString("en") + " " + word + (n === 1 ? "" : "s");

// What is wrong according to an answer that is not a success: `detail`, and perhaps `hint`.
async function problemOf(response) {
  let problem = {};
  try { problem = await response.json(); } catch { /* not ours */ }
  return { ...problem, detail: problem.detail || "status " + response.status };
}

// Gives `take` the file that is chosen, or dropped.
function takeFile(take) {
  const [drop, chosen] = [$("drop"), $("file")];
  chosen.addEventListener("change", () => chosen.files[0] && take(chosen.files[0]));
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
}
