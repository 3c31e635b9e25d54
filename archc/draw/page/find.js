// The search: which nodes have all the words, and going through them.

const LISTED = 60;

class Finder {
  constructor(figure, acts) {
    this.figure = figure;
    this.acts = acts;
    this.found = [];
    this.at = NONE;
    this.query = document.getElementById("query");
    this.count = document.getElementById("count");
    this.list = document.getElementById("found");
    this.query.addEventListener("input", () => this.look());
    this.query.addEventListener("keydown", (event) => this.key(event));
    this.query.addEventListener("focus", () => this.open(true));
    this.query.addEventListener("blur", () => this.open(false));
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the search keeps the focus
      const row = event.target.closest("li[data-at]");
      if (row) this.go(Number(row.dataset.at));
    });
  }

  look() {
    const wanted = typed(this.query.value).split(/\s+/).filter(Boolean);
    const all = wanted.length ? [...this.figure.nodes.values()] : [];
    const has = (text) => wanted.every((word) => text.includes(word));
    const found = all.filter((node) => has(node.words)).map((node) => [rank(node, wanted), node]);
    this.found = found.sort(([a], [b]) => a - b).map(([, node]) => node); // of one rank in the figure's order
    this.at = NONE;
    const count = this.found.length;
    this.count.textContent = wanted.length ? (count ? `${count.toLocaleString("en")} found` : "nothing") : "";
    this.fill();
    this.open(wanted.length > 0);
    this.acts.found(new Set(this.found.map((node) => node.key)));
  }

  fill() {
    const rows = this.found.slice(0, LISTED).map((node, at) => {
      const name = element("span", {}, element("b", {}, headOf(node)), element("small", {}, node.part.id ?? ""));
      const row = element("li", { role: "option", id: `found-${at}` }, name, element("small", {}, factOf(node, "output") ?? ""));
      row.dataset.at = at;
      return row;
    });
    const more = this.found.length - rows.length;
    if (more > 0) rows.push(element("li", { class: "more" }, `and ${more.toLocaleString("en")} more: Enter goes through all`));
    this.list.replaceChildren(...rows);
  }

  open(yes) {
    this.list.hidden = !yes || !this.found.length;
    this.query.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  key(event) {
    if (event.key === "Escape") {
      this.query.value = "";
      this.look();
      this.acts.leave();
    } else if ((event.key === "Enter" || event.key === "ArrowDown" || event.key === "ArrowUp") && this.found.length) {
      const back = event.key === "ArrowUp" || event.shiftKey;
      this.go(this.at === NONE && back ? this.found.length - 1 : this.at + (back ? -1 : 1));
      this.open(event.key !== "Enter"); // what was found is to be seen
    } else return;
    event.preventDefault();
  }

  go(to) {
    const count = this.found.length;
    this.at = (to + count) % count;
    this.count.textContent = `${(this.at + 1).toLocaleString("en")} of ${count.toLocaleString("en")}`;
    for (const row of this.list.children) row.setAttribute("aria-selected", String(Number(row.dataset.at) === this.at));
    this.list.children[Math.min(this.at, LISTED - 1)]?.scrollIntoView({ block: "nearest" });
    this.query.setAttribute("aria-activedescendant", this.at < LISTED ? `found-${this.at}` : "");
    this.acts.go(this.found[this.at]);
  }
}

// How well a node is what was asked for, 0 the best: by what it is called, by beginnings of words that can be seen on
// it, by parts of such words (216 has a 16), by a fact alone, such as a weight's shape.
function rank(node, wanted) {
  if (` ${typed(headOf(node))} `.includes(` ${wanted.join(" ")} `)) return 0;
  if (wanted.every((word) => begins(node.seen, word))) return 1;
  return wanted.every((word) => node.seen.includes(word)) ? 2 : 3;
}

// Whether a word of a text begins so.
function begins(text, word) {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    if (!/[\p{L}\p{N}]/u.test(text[at - 1] ?? "")) return true;
  }
  return false;
}

// What stands first on a node.
function headOf({ part, key }) {
  return part.marks.find((mark) => styles[mark[0]][0] === "text")?.[3] ?? part.title ?? key;
}

// The last name of its scope, or else what stands on it.
function nameOf(node) {
  const { id } = node.part;
  return id ? id.slice(id.lastIndexOf(".") + 1) : headOf(node);
}

function factOf({ part }, wanted) {
  return part.facts?.find(([heading]) => heading === wanted)?.[1];
}

// An element with attributes and what is in it; texts are never read as HTML.
function element(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}
