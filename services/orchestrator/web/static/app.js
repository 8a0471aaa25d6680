// What the pages do besides htmx: time left, keys, tables that sort. Everything works without it, but for streams.
"use strict";

function inWords(seconds) {
  const left = Math.max(0, Math.floor(seconds));
  const parts = [[Math.floor(left / 86400), "d"], [Math.floor(left / 3600) % 24, "h"], [Math.floor(left / 60) % 60, "min"], [left % 60, "s"]];
  while (parts.length > 1 && !parts[0][0]) parts.shift();
  return parts.slice(0, 2).filter(([count], at) => count || !at).map(([count, unit]) => `${count} ${unit}`).join(" ");
}

function showTimeLeft() {
  const ends = Number(document.body.dataset.ends);
  const left = document.getElementById("left");
  if (ends && left) left.textContent = inWords(ends - Date.now() / 1000);
}

// Each heading of a table becomes a button that sorts by its column, down and up in turn.
function makeSortable(table) {
  if (table.dataset.sorts || table.tBodies[0].rows.length < 2) return;
  table.dataset.sorts = "yes";
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const up = heading.getAttribute("aria-sort") !== "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", up ? "ascending" : "descending");
      const value = (row) => row.cells[column].dataset.number ?? row.cells[column].textContent;
      const rows = [...table.tBodies[0].rows].sort((a, b) => {
        const [one, two] = [value(a), value(b)];
        const order = Number.isNaN(Number(one) - Number(two)) || one === "" || two === "" ? one.localeCompare(two) : one - two;
        return up ? order : -order;
      });
      table.tBodies[0].append(...rows);
    });
  });
}

function prepare(root) {
  for (const table of root.querySelectorAll("table[data-sortable]")) makeSortable(table);
}

// Enter sends a message; Shift and Enter begin a new line.
function sendOnEnter(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches("#message")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
}

const isWriting = (target) => target.closest("input, textarea, select, [contenteditable]");

function focusOn(element) {
  if (!element) return;
  element.focus();
  element.scrollIntoView({ block: "nearest" });
}

function step(forward) {
  const steps = [...document.querySelectorAll(".step")];
  const at = steps.indexOf(document.activeElement?.closest(".step"));
  focusOn(steps[at < 0 ? (forward ? 0 : steps.length - 1) : Math.min(steps.length - 1, Math.max(0, at + (forward ? 1 : -1)))]);
}

// Keys of the plan's page. None of them decides anything: they lead to where one decides.
const PLAN_KEYS = {
  j: () => step(true),
  k: () => step(false),
  a: () => focusOn(document.querySelector("#plan-alerts input:invalid") ?? document.querySelector("#plan-alerts input, #decide-title")),
  d: () => focusOn(document.querySelector("#approve button") ?? document.querySelector("#decide-title")),
  e: () => document.querySelector("#edit")?.click(),
};

function onKey(event) {
  sendOnEnter(event);
  if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target) || !document.getElementById("plan-top")) return;
  if (!Object.hasOwn(PLAN_KEYS, event.key)) return;
  event.preventDefault();
  PLAN_KEYS[event.key]();
}

// What has to be typed is compared at once; the gateway and the executor compare it again.
function onInput(event) {
  const wanted = event.target.dataset.typed;
  if (wanted === undefined) return;
  const wrong = event.target.value.trim() !== wanted;
  event.target.setCustomValidity(wrong ? `Type exactly: ${wanted}` : "");
}

// A form is sent once: a second press of its button would send it again.
function onSubmit(event) {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
}

document.addEventListener("keydown", onKey);
document.addEventListener("input", onInput);
document.addEventListener("submit", onSubmit);
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
document.addEventListener("htmx:after:swap", () => prepare(document));
showTimeLeft();
setInterval(showTimeLeft, 15000);
prepare(document);
