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
  if (!ends || !left) return;
  left.textContent = inWords(ends - Date.now() / 1000);
}

showTimeLeft();
setInterval(showTimeLeft, 15000);
