// Follows the studio's links and forms without loading the whole page, and loads what is
// shown again when a file was saved. Without it, the same links and forms just work.
"use strict";

const PATIENCE = 160; // milliseconds after a letter before readers are looked for
let newest = 0; // of several answers, only the last asked for is shown

/** What each part was when it came: a browser writes into it what somebody opens and closes. */
const came = new Map();
for (const part of document.querySelectorAll("[data-part]")) came.set(part.id, part.innerHTML);

/** Puts the parts of another page in place of ours, where they differ from what came before. */
function become(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const focused = document.activeElement && document.activeElement.id;
  for (const part of document.querySelectorAll("[data-part]")) {
    const next = page.getElementById(part.id);
    if (!next) continue;
    if (part.className !== next.className) part.className = next.className;
    const coming = next.innerHTML;
    if (came.get(part.id) === coming) continue;
    keep(part, next);
    const inside = part.contains(document.activeElement);
    part.replaceChildren(...next.childNodes);
    came.set(part.id, coming);
    if (inside && part.tabIndex === -1 && !document.getElementById(focused)) part.focus({ preventScroll: true });
  }
  const search = document.getElementById("search");
  if (document.activeElement !== search) search.value = page.getElementById("search").value;
  document.title = page.title;
  if (focused && document.activeElement.id !== focused) {
    const again = document.getElementById(focused);
    if (again) again.focus({ preventScroll: true });
  }
  showMark();
}

/** Lets what somebody opened, closed or began to type be so in the part that comes. */
function keep(part, next) {
  for (const summary of part.querySelectorAll("summary[id]")) {
    const again = next.querySelector("#" + CSS.escape(summary.id));
    if (again) again.parentElement.open = summary.parentElement.open;
  }
  for (const field of part.querySelectorAll("form[method=post] input[id]")) {
    const again = next.querySelector("#" + CSS.escape(field.id));
    if (again && field.value !== field.defaultValue) again.value = field.value;
  }
}

/** Scrolls to the line that a finding is about. */
function showMark() {
  const mark = document.querySelector("#pane pre mark");
  if (mark) mark.scrollIntoView({ block: "nearest" });
}

/** Shows another page; the address changes at once, so that a save meanwhile loads that one. */
async function go(url, { turn = "pushState", post = null, said = "" } = {}) {
  const mine = post ? newest : ++newest;
  if (turn && !post && url !== location.href) history[turn](null, "", url);
  document.body.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, post ? { method: "POST", body: post } : {});
    const text = await answer.text();
    if (mine !== newest) return;
    if ((answer.headers.get("Content-Type") || "").startsWith("text/html")) {
      become(text);
      live(said);
      // Who does not see the page change is told which one it is.
      if (!said && turn !== "replaceState") heard();
    } else live(text);
  } catch (error) {
    live("The studio does not answer: is `digest preview` still running?");
  } finally {
    if (mine === newest) document.body.removeAttribute("aria-busy");
  }
}

function live(words) {
  document.getElementById("live").textContent = words;
}

/** Says what is shown now: the mail, and the way of looking at it. */
function heard() {
  const pane = document.querySelector("#panes [aria-current]");
  const words = document.title + (pane ? ". " + pane.textContent : "");
  document.getElementById("heard").textContent = words;
}

/** The address that a form asks for. */
function asked(form) {
  const fields = [...new FormData(form)].filter(([name, value]) => value !== "" || name === "limit");
  return new URL("/?" + new URLSearchParams(fields), location.href).href;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-go]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  go(link.href);
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-go]");
  if (!form) return;
  event.preventDefault();
  if (form.method === "post") go(form.action, { post: new URLSearchParams(new FormData(form)) });
  else go(asked(form));
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form && form.method === "get" && event.target.type !== "search") go(asked(form));
});

let patience;
document.addEventListener("input", (event) => {
  if (event.target.type !== "search") return;
  clearTimeout(patience);
  const form = event.target.form;
  patience = setTimeout(() => go(asked(form), { turn: "replaceState" }), PATIENCE);
});

// From the search down into the readers found, and up again.
document.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const links = [...document.querySelectorAll("#readers a")];
  const stops = [document.getElementById("search"), ...links];
  const at = stops.indexOf(document.activeElement);
  if (at < 0) return;
  const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
});

addEventListener("popstate", () => go(location.href));

// A browser keeps few lines to one place: a page that nobody sees lets its own go.
let seen = document.body.dataset.version;
let changes = null;
function listen() {
  changes = new EventSource("/changes?since=" + seen);
  changes.onmessage = (event) => {
    seen = event.data;
    go(location.href, { said: "Shown anew." });
  };
}
document.addEventListener("visibilitychange", () => {
  if (changes) changes.close();
  changes = null;
  if (!document.hidden) listen();
});
listen();

document.documentElement.classList.add("scripted");
showMark();
