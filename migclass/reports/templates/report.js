"use strict";
const { names, tags } = JSON.parse(document.getElementById("data").textContent);
const spans = [...document.querySelectorAll("#reading .t")];
const reading = document.getElementById("reading");
const filter = document.querySelector(".filter");
const choices = [...filter.querySelectorAll("[data-code]")];
const only = document.getElementById("only");
const found = document.getElementById("found");
const detail = document.getElementById("detail");
const said = document.getElementById("said");
const place = new Map(spans.map((span, i) => [span, i]));

const isPressed = (button) => button.getAttribute("aria-pressed") === "true";
const press = (button, on) => button.setAttribute("aria-pressed", String(on));

function show() {
  const codes = new Set(choices.filter(isPressed).map((button) => Number(button.dataset.code)));
  let count = 0;
  spans.forEach((span, i) => {
    const hit = codes.size === 0 || tags[i].some(([code, , , tagged]) => tagged && codes.has(code));
    span.classList.toggle("off", !hit);
    count += hit;
  });
  reading.classList.toggle("only", isPressed(only));
  for (const block of reading.querySelectorAll("p, article")) {
    block.classList.toggle("empty", isPressed(only) && !block.querySelector(".t:not(.off)"));
  }
  found.textContent = `${count.toLocaleString("en")} sentences${codes.size > 1 ? " with any of these" : ""}`;
}

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function tell([code, percent, unsure, tagged, words]) {
  const item = element("li", "");
  const state = tagged ? (unsure ? ", unsure" : "") : ", not tagged, but near";
  item.append(element("strong", names[code]), ` ${percent}\u202f%${state}`);
  if (words) item.append(element("p", words, "words"));
  return item;
}

let chosen = null;
function choose(span) {
  if (span === chosen) return;
  chosen?.classList.remove("chosen");
  chosen = span;
  span.classList.add("chosen");
  const list = element("ul", "");
  list.append(...tags[place.get(span)].map(tell));
  said.replaceChildren(list);
  detail.hidden = false;
}

function dismiss() {
  chosen?.classList.remove("chosen");
  chosen = null;
  detail.hidden = true;
}

filter.hidden = false;
filter.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  if (button.id === "clear") [...choices, only].forEach((other) => press(other, false));
  else press(button, !isPressed(button));
  show();
});
for (const kind of ["click", "focusin"]) {
  reading.addEventListener(kind, ({ target }) => {
    const span = target.closest(".t");
    if (span) choose(span);
  });
}
reading.addEventListener("pointerover", ({ target, pointerType }) => {
  const span = pointerType === "mouse" && target.closest(".t");
  if (span) choose(span);
});
document.getElementById("close").addEventListener("click", dismiss);
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") dismiss();
});
show();
