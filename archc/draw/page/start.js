// The page: puts everything together.

const READ_ALOUD = 1000; // nodes in the list for those who don't see the figure
const by = (id) => document.getElementById(id);
const canvas = by("canvas");
const figure = new Figure(data.levels);
const painter = new Painter(canvas);
const screenDark = matchMedia("(prefers-color-scheme: dark)");

let chosen = null;
let hovered = null;
let waiting = 0;
let clicked = null; // what a second click opens or closes
let matches = new Set();
let asked = false;
let shown = 0;
let state = 0; // counts up whenever something but the camera changes
let theme = data.theme === "light" ? null : data.theme; // null is what the screen prefers

const camera = new Camera(repaint);
const finder = new Finder(figure, {
  found: (keys) => {
    matches = keys;
    renew();
  },
  go: (node) => choose(node, true),
  leave: () => canvas.focus(),
});
const panel = new Panel(figure, { choose, toggle: (node) => toggle(node) });
const overview = new Overview(by("map"), painter, (x, y) => camera.set(x - camera.width / camera.scale / 2, y - camera.height / camera.scale / 2, camera.scale));

// After something but the camera changed.
function renew() {
  state += 1;
  repaint();
}

function repaint() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    paint();
  });
}

function paint() {
  const outlines = [];
  if (matches.size) for (const node of figure.visible()) if (matches.has(node.key)) outlines.push([figure.box(node), "activation", 2.5]);
  if (hovered && hovered !== chosen) outlines.push([figure.box(hovered), "rule", 1.5]);
  if (chosen) outlines.push([figure.box(chosen), "positive", 3]);
  painter.paint(figure.root, camera, shown, outlines, state);
  overview.follow(camera);
  const percent = camera.scale * 100;
  by("scale").textContent = `${percent < 1 ? percent.toPrecision(1) : Math.round(percent)}%`;
}

// After blocks opened or closed.
function rearrange() {
  const { width, height } = figure.root;
  camera.figure = { width, height };
  shown = figure.shown;
  overview.draw(figure.root, shown);
  list();
  renew();
}

// Opens the blocks around a node.
function openAround(node) {
  const closed = figure.closedAround(node);
  if (!closed.length) return;
  figure.set(closed, true);
  rearrange();
}

function toggle(node) {
  openAround(node);
  const before = figure.box(node);
  const open = !figure.isOpen(node);
  if (!open && chosen && isInside(chosen, node)) choose(node);
  hovered = null;
  figure.set([node], open);
  rearrange();
  // what was clicked stays where it is
  const after = figure.box(node);
  const middle = (box) => (box[0] + box[2]) / 2;
  camera.set(camera.x + middle(after) - middle(before), camera.y + after[1] - before[1], camera.scale);
  if (node === chosen) panel.show(node);
  tell(`${node.part.id || nameOf(node)} ${open ? "opened" : "closed"}`);
}

function toggleAll(open) {
  if (!open) while (chosen?.level.card) chosen = chosen.level.card;
  hovered = null;
  figure.set(figure.blocks(), open);
  rearrange();
  panel.show(chosen);
  if (chosen) camera.reveal(figure.box(chosen));
  else camera.begin();
  tell(open ? "All blocks opened" : "All blocks closed");
}

function isInside(node, block) {
  for (let { card } = node.level; card; card = card.level.card) if (card === block) return true;
  return false;
}

// Chooses a node, or none. The blocks around it open, and it comes into view.
function choose(node, far = false, wait = 0) {
  chosen = node;
  if (node) openAround(node);
  clearTimeout(waiting);
  if (wait) waiting = setTimeout(detail, wait);
  else detail(far);
  tell(node ? told(node) : "Nothing chosen");
  renew();
}

// Shows what is known about the chosen node beside it.
function detail(far = false) {
  panel.show(chosen);
  measure();
  if (chosen) camera.reveal(figure.box(chosen), !(far && outOfView(chosen)));
}

// Whether a node is out of view.
function outOfView(node) {
  const [left, top, right, bottom] = figure.box(node);
  const { x, y, scale, width, height } = camera;
  return right < x || bottom < y || left > x + width / scale || top > y + height / scale;
}

function told({ part, key }) {
  const state = part.opens ? (figure.opened.has(part.opens) ? "open block" : "closed block") : "";
  return [part.title || part.id || key, state, ...(part.facts ?? []).map(([heading, value]) => `${heading} ${value}`)].filter(Boolean).join(", ");
}

function tell(text) {
  by("told").textContent = text;
}

// What there is, for those who don't see the figure.
function list() {
  const rows = [];
  let more = 0;
  for (const node of figure.visible()) {
    if (rows.length < READ_ALOUD) rows.push(element("li", {}, told(node)));
    else more += 1;
  }
  if (more) rows.push(element("li", {}, `and ${more} more, which the search finds`));
  by("list").replaceChildren(...rows);
}

function step(ways, sideways) {
  if (!chosen) {
    camera.pan(-sideways[0] * 80, -sideways[1] * 80);
    return;
  }
  const [left, , right] = figure.box(chosen);
  const away = (node) => {
    const box = figure.box(node);
    return Math.abs((box[0] + box[2] - left - right) / 2);
  };
  const seen = ways.filter((node) => figure.closedAround(node).length === 0);
  const next = seen.sort((a, b) => away(a) - away(b))[0] ?? aside(sideways);
  if (next) choose(next);
}

// The closest node in a direction.
function aside([dx, dy]) {
  const center = (node) => middle(figure.box(node));
  const [x, y] = center(chosen);
  let [best, least] = [null, Infinity];
  for (const node of figure.visible()) {
    if (node === chosen || isInside(chosen, node)) continue;
    const [nx, ny] = center(node);
    const along = (nx - x) * dx + (ny - y) * dy;
    const across = Math.abs((nx - x) * dy) + Math.abs((ny - y) * dx);
    const away = along + 3 * across;
    if (along > 1 && across < along * 2 && away < least) [best, least] = [node, away];
  }
  return best;
}

// What the colours mean, unless the figure says so itself.
function explain() {
  const all = data.levels.flatMap((level) => level.parts);
  const roles = new Set(all.map((part) => part.far));
  const families = Object.entries(data.families).filter(([role]) => roles.has(role));
  if (families.length < 2 || all.some((part) => part.kind === "legend")) return;
  for (const [role, name] of families) {
    const swatch = element("i", {});
    swatch.style.background = `var(--${role})`;
    by("legend").append(element("li", {}, swatch, name));
  }
  by("legend").hidden = false;
}

function setTheme() {
  const name = theme ?? (screenDark.matches ? "dark" : "light");
  painter.colors = data.themes[name];
  const root = document.documentElement;
  root.style.colorScheme = name === "dark" ? "dark" : "light";
  root.dataset.theme = name;
  for (const [role, color] of Object.entries(painter.colors)) root.style.setProperty(`--${role.replace(".", "-")}`, color);
  overview.draw(figure.root, shown);
  renew();
}

function turnTheme() {
  theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  setTheme();
  tell(`${theme} colours`);
}

function measure() {
  const { clientWidth, clientHeight } = by("stage");
  if (clientWidth === camera.width && clientHeight === camera.height && painter.ratio === devicePixelRatio) return;
  camera.resize(clientWidth, clientHeight);
  painter.resize(clientWidth, clientHeight);
  paint(); // at once: a canvas that changes its size is empty
}

const help = () => by("keys").showModal();
const search = () => {
  finder.query.focus();
  finder.query.select();
};
const keys = {
  ArrowDown: () => step(chosen ? figure.next(chosen) : [], [0, 1]),
  ArrowUp: () => step(chosen ? figure.previous(chosen) : [], [0, -1]),
  ArrowLeft: () => step([], [-1, 0]),
  ArrowRight: () => step([], [1, 0]),
  Enter: () => (chosen?.part.opens ? toggle(chosen) : chosen || choose(figure.visible().next().value ?? null)),
  " ": () => keys.Enter(),
  Escape: () => choose(null),
  "+": () => camera.zoom(1.3, undefined, undefined, true),
  "=": () => keys["+"](),
  "-": () => camera.zoom(1 / 1.3, undefined, undefined, true),
  0: () => camera.fit(),
  "/": search,
  o: () => toggleAll(true),
  c: () => toggleAll(false),
  t: turnTheme,
  "?": help,
};

new Hands(canvas, camera, {
  keys,
  click: (x, y) => {
    const hit = at(x, y);
    const opens = hit?.node.part.opens;
    clicked = opens && !hit.onKnob ? hit.node : null;
    // details that come up must not come between two clicks
    choose(hit ? hit.node : null, false, clicked && by("panel").hidden ? TWICE : 0);
    if (opens && hit.onKnob) toggle(hit.node);
  },
  twice: () => {
    if (!clicked) return;
    toggle(clicked);
    choose(clicked);
  },
  hover: (x, y) => {
    const before = hovered;
    hovered = at(x, y)?.node ?? null;
    canvas.style.cursor = hovered ? "pointer" : "";
    if (hovered !== before) renew();
  },
});

function at(x, y) {
  return figure.hit(camera.x + x / camera.scale, camera.y + y / camera.scale, camera.x);
}

for (const [id, act] of Object.entries({
  in: keys["+"],
  out: keys["-"],
  fit: keys[0],
  open: keys.o,
  close: keys.c,
  theme: turnTheme,
  help,
})) {
  by(id).addEventListener("click", act);
}
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, dialog, dialog *, canvas") || event.ctrlKey || event.metaKey || event.altKey) return;
  // what has the focus keeps the keys by which it is worked
  const own = event.target !== document.body && /^(Enter| |Arrow.*)$/.test(event.key);
  if (own || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
canvas.addEventListener("pointerleave", () => {
  hovered = null;
  renew();
});
screenDark.addEventListener("change", setTheme);
new ResizeObserver(() => {
  const { x, y, scale, width, height } = camera;
  measure();
  if (camera.width === width && camera.height === height) return;
  // what was in the middle stays there
  camera.set(x + (width - camera.width) / scale / 2, y + (height - camera.height) / scale / 2, scale);
}).observe(by("stage"));

for (const [heading, value] of data.totals) by("totals").append(element("div", {}, element("dt", {}, heading), element("dd", {}, value)));
canvas.setAttribute("aria-label", [data.name, data.desc].filter(Boolean).join(". "));
explain();
document.body.classList.toggle("flat", figure.blocks().length === 0);
rearrange();
camera.resize(by("stage").clientWidth, by("stage").clientHeight);
painter.resize(camera.width, camera.height);
setTheme();
camera.begin();

// what is measured is painted with the font that it was measured with
const fonts = ["", "bold "].map((weight) => document.fonts.load(`${weight}12px ${FAMILY}`));
Promise.all(fonts).then(() => {
  overview.draw(figure.root, shown);
  renew();
  document.documentElement.dataset.ready = "";
});

// for the console, and for tests
globalThis.figure = {
  camera,
  choose: (key) => choose(figure.nodes.get(key) ?? null, true),
  toggle: (key) => toggle(figure.nodes.get(key)),
  keys: () => [...figure.nodes.keys()],
  blocks: () => figure.blocks().map((node) => node.key),
  chosen: () => chosen?.key ?? null,
  boxes: () => [...figure.visible()].map((node) => ({ key: node.key, open: figure.isOpen(node), box: figure.box(node), inside: node.level.card?.key ?? "" })),
  labels: () => labels(figure.root, 0, 0),
  lines: () => lines(figure.root, 0, 0),
  paint,
  renew,
};

function labels(placed, x, y) {
  const found = placed.level.parts.flatMap(({ kind }, index) => (kind === "label" ? [placed.box(index)] : []));
  const here = found.map((box) => box.map((value, i) => value + (i % 2 ? y : x)));
  const inner = [...placed.frames.values()].flatMap((frame) => labels(frame.placed, x + frame.inside[0], y + frame.inside[1]));
  return here.concat(inner);
}

function lines(placed, x, y) {
  const found = placed.level.parts.flatMap(({ kind }, index) => (kind === "edge" ? placed.lines(index) : []));
  const here = found.map((line) => line.map((value, i) => value + (i % 2 ? y : x)));
  const inner = [...placed.frames.values()].flatMap((frame) => lines(frame.placed, x + frame.inside[0], y + frame.inside[1]));
  return here.concat(inner);
}
