// The figure: its levels, which blocks are open, and what is next to what.

const data = JSON.parse(document.getElementById("data").textContent);
const { styles } = data;

class Figure {
  constructor(levels) {
    this.levels = levels;
    this.nodes = new Map(); // by key, in the order of the figure
    this.placed = levels.map(() => null);
    this.opened = new Set();
    const byId = new Map(levels.map((level, i) => [level.id, i]));
    const taken = new Set();
    levels.forEach((level, at) => {
      level.at = at;
      level.exits = level.parts.some((part) => part.kind === "edge" && same(part.box[3], level.height));
      level.keys = level.parts.map((part, index) => {
        if (part.kind !== "node") return "";
        part.far = farColor(part);
        const first = part.id && !taken.has(part.id);
        part.opens = first && byId.get(part.id) > at ? byId.get(part.id) : 0;
        const key = first ? part.id : `${at}:${index}`;
        taken.add(key);
        return key;
      });
    });
    this.enter(0, null);
    levels.forEach((level) => level.opened && this.opened.add(level.at));
  }

  // Notes the nodes of a level, and of what is in it; `card` is the node that opens it.
  enter(at, card) {
    const level = this.levels[at];
    level.card = card;
    level.parts.forEach((part, index) => {
      if (part.kind !== "node") return;
      const node = { key: level.keys[index], part, index, level, ...words(part) };
      this.nodes.set(node.key, node);
      if (part.opens) this.enter(part.opens, node);
    });
  }

  get root() {
    return this.place(0);
  }

  // How many parts there are in what is open.
  get shown() {
    let sum = 0;
    for (const level of this.levels) if (this.isShown(level)) sum += level.parts.length;
    return sum;
  }

  isShown(level) {
    return !level.card || (this.opened.has(level.at) && this.isShown(level.card.level));
  }

  isOpen(node) {
    return Boolean(node.part.opens) && this.opened.has(node.part.opens);
  }

  place(at) {
    if (!this.placed[at]) {
      const level = this.levels[at];
      const inside = new Map();
      level.parts.forEach(({ opens }, index) => opens && this.opened.has(opens) && inside.set(index, this.place(opens)));
      this.placed[at] = new Placed(level, inside);
    }
    return this.placed[at];
  }

  // Opens or closes the blocks of nodes.
  set(nodes, open) {
    for (const { part, level } of nodes) {
      if (open) this.opened.add(part.opens);
      else this.opened.delete(part.opens);
      for (let around = level; around; around = around.card?.level) this.placed[around.at] = null;
    }
  }

  blocks() {
    return [...this.nodes.values()].filter((node) => node.part.opens);
  }

  // The closed blocks around a node, from the outermost on.
  closedAround(node) {
    const { card } = node.level;
    if (!card) return [];
    return [...this.closedAround(card), ...(this.isOpen(card) ? [] : [card])];
  }

  // Where the inside of a level begins.
  origin(level) {
    if (!level.card) return [0, 0];
    const [x, y] = this.origin(level.card.level);
    const { inside } = this.place(level.card.level.at).frames.get(level.card.index);
    return [x + inside[0], y + inside[1]];
  }

  box(node) {
    const [x, y] = this.origin(node.level);
    const [left, top, right, bottom] = this.place(node.level.at).box(node.index);
    return [x + left, y + top, x + right, y + bottom];
  }

  // All nodes that are to be seen, with frames before what is in them.
  *visible(at = 0) {
    for (const [index, part] of this.levels[at].parts.entries()) {
      if (part.kind !== "node") continue;
      const node = this.nodes.get(this.levels[at].keys[index]);
      yield node;
      if (this.isOpen(node)) yield* this.visible(part.opens);
    }
  }

  // The innermost node at a point, or null; in a frame only its band counts as the block itself.
  hit(x, y, view, placed = this.root) {
    for (const index of placed.grid.within([x, y, x, y]).reverse()) {
      const { kind, box: card, opens } = placed.level.parts[index];
      if (kind !== "node") continue;
      const [left, top, right, bottom] = placed.box(index);
      const frame = placed.frames.get(index);
      const [kx, ky] = opens && !frame ? knob(card) : [Infinity, 0];
      const [dx, dy] = opens && !frame ? placed.move(index) : [0, 0];
      const onKnob = Math.hypot(x - kx - dx, y - ky - dy) < 9;
      if (!onKnob && (x < left || x > right || y < top || y > bottom)) continue;
      const node = this.nodes.get(placed.level.keys[index]);
      if (!frame) return { node, onKnob };
      const inner = y > top + BAND && this.hit(x - frame.inside[0], y - frame.inside[1], view - frame.inside[0], frame.placed);
      const title = frame.title(view);
      return inner || { node, onKnob: y <= top + BAND && x >= title && x < title + 26 };
    }
    return null;
  }

  // The nodes of the same level before or after one.
  beside(node, after) {
    const { level } = node;
    level.ways ??= ways(level);
    const keys = level.ways[after ? "after" : "before"].get(node.index) ?? [];
    return [...keys].map((index) => this.nodes.get(level.keys[index]));
  }

  // The nodes of a level that nothing in it leads to, or leads on from.
  ends(at, first) {
    const level = this.levels[at];
    const inside = level.parts.flatMap((part, index) => (part.kind === "node" ? [this.nodes.get(level.keys[index])] : []));
    return inside.filter((node) => this.beside(node, !first).length === 0);
  }

  // Where one gets by going on along the edges, through frames.
  next(node) {
    return this.isOpen(node) ? this.ends(node.part.opens, true) : this.readers(node);
  }

  // What reads a node, or, where it is what leaves its block, the block.
  readers(node) {
    for (let from = node; from; from = from.level.card) {
      const found = this.beside(from, true);
      if (found.length) return found;
    }
    return [];
  }

  previous(node) {
    return this.beside(node, false).length || !node.level.card ? this.sources(node) : [node.level.card];
  }

  // What a node reads, or, where that is what enters its block, what the block does.
  sources(node) {
    let found = [];
    for (let to = node; to && !found.length; to = to.level.card) found = this.beside(to, false);
    const into = (from) => (this.isOpen(from) ? this.ends(from.part.opens, false).flatMap(into) : [from]);
    return found.flatMap(into);
  }
}

// Which nodes of a level edges lead to and from, by index.
function ways(level) {
  const named = new Map();
  level.parts.forEach((part, index) => part.kind === "node" && part.id && named.set(part.id, index));
  const found = { after: new Map(), before: new Map() };
  const note = (map, from, to) => map.set(from, (map.get(from) ?? new Set()).add(to));
  for (const part of level.parts) {
    if (part.kind !== "edge") continue;
    const pairs = part.ends ? [part.ends.map((id) => within(named, id))] : part.touch ?? [];
    for (const [from, to] of pairs) {
      if (from === NONE || to === NONE || from === to) continue;
      note(found.after, from, to);
      note(found.before, to, from);
    }
  }
  return found;
}

// The node of a scope, or of the closest scope around it.
function within(named, id) {
  for (let scope = id; scope; scope = scope.slice(0, Math.max(0, scope.lastIndexOf(".")))) {
    if (named.has(scope)) return named.get(scope);
  }
  return NONE;
}

// All that a search looks at, and first of all: what can be seen of a node.
function words(part) {
  const texts = part.marks.filter((mark) => styles[mark[0]][0] === "text").map((mark) => mark[3]);
  const seen = [part.id ?? "", part.title ?? "", ...texts];
  const all = (words) => typed(words.join("\n"));
  return { seen: all(seen), words: all([...seen, ...(part.facts ?? []).flat()]) };
}

// A text as one types it: sizes with the letter x.
function typed(text) {
  return text.toLowerCase().replaceAll("×", "x");
}
