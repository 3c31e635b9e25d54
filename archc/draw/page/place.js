// Where everything in a level stands while some of its blocks are open.
//
// Opening a block makes room by jumps: what lies beyond a jump moves by it. Coordinates keep their order, so nothing
// that was apart comes to overlap, and what is upright stays upright.

const BAND = 26;
const SIDE = 10;
const BELOW = 10; // px free at the bottom of a frame
const COLUMN = 40; // px from a block's middle within which others are in its column, and move along with it
const NONE = -1;
const BADGE = ["badge", "badge.text"]; // colours of what says how many copies a block stands for

class Shift {
  // Each wish: what is at `at` or beyond has to move by at least `by` more than what is at `from`.
  constructor(wishes) {
    this.places = [];
    this.sums = [];
    let total = 0;
    for (const { from, at, by } of wishes.sort((a, b) => a.at - b.at || a.from - b.from)) {
      const missing = by - (total - this.of(from));
      if (missing <= 0) continue;
      total += missing;
      this.places.push(at);
      this.sums.push(total);
    }
    this.total = total;
  }

  of(value) {
    let low = 0;
    let high = this.places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.places[middle] <= value) low = middle + 1;
      else high = middle;
    }
    return low ? this.sums[low - 1] : 0;
  }
}

// A level with some blocks open. `frames` has, by the index of an open block's card, where its frame and what is in it are.
class Placed {
  constructor(level, inside) {
    this.level = level;
    this.frames = new Map();
    this.known = new Map();
    const opened = [...inside].map(([index, placed]) => new Frame(level.parts[index], index, placed));
    this.moves = opened.length > 0;
    this.framed = new Set(opened.map((frame) => frame.id));
    this.across = new Shift(opened.flatMap((frame) => frame.across()));
    this.down = new Shift(opened.flatMap((frame) => frame.down()));
    this.width = level.width + this.across.total;
    this.height = level.height + this.down.total;
    this.leaves = level.leaves + this.across.of(level.leaves);
    for (const frame of opened) {
      frame.settle(this.across.of(frame.middle), this.down.of(frame.center));
      this.frames.set(frame.index, frame);
    }
    this.grid = new Grid(this);
  }

  // How far a part that isn't a line has moved.
  move(index) {
    if (!this.moves) return STILL;
    const part = this.level.parts[index];
    if (part.kind === "badge" && part.owner !== undefined) return this.moveOf(part.owner, part.box);
    const [x, y] = part.at ?? middle(part.box);
    return [this.across.of(x), this.down.of(y)];
  }

  // How far something on a node has moved: on a frame it keeps its distance from the corner that was next to it.
  moveOf(node, box) {
    const frame = this.frames.get(node);
    if (!frame) return this.move(node);
    const right = (box[0] + box[2]) / 2 > frame.middle;
    return right ? [frame.box[2] - frame.card[2], frame.box[1] - frame.card[1]] : [frame.box[0] - frame.card[0], frame.box[1] - frame.card[1]];
  }

  box(index) {
    const frame = this.frames.get(index);
    if (frame) return frame.box;
    const part = this.level.parts[index];
    if (part.kind === "edge" && this.moves) return around(this.lines(index).flat());
    const [dx, dy] = this.move(index);
    return [part.box[0] + dx, part.box[1] + dy, part.box[2] + dx, part.box[3] + dy];
  }

  // The lines of an edge, each as x, y, x, y, …
  lines(index) {
    let found = this.known.get(index);
    if (!found) {
      const lines = this.level.parts[index].marks.filter((mark) => styles[mark[0]][0] === "line");
      found = lines.map((mark, i) => this.points(index, mark.slice(1), i));
      this.known.set(index, found);
    }
    return found;
  }

  points(index, points, line) {
    if (!this.moves) return points;
    const [from, to] = this.level.parts[index].touch?.[line] ?? [NONE, NONE];
    const moved = points.map((value, i) => value + (i % 2 ? this.down : this.across).of(value));
    const start = from === NONE ? null : this.end(from, points[0], points[1]);
    const last = points.length - 2;
    const end = to === NONE ? null : this.end(to, points[last], points[last + 1]);
    for (const axis of [0, 1]) {
      const straight = points.every((value, i) => i % 2 !== axis || same(value, points[axis]));
      if (straight && start && end && !same(start[axis], end[axis])) return jog(start, end, axis);
      if (start) drag(points, moved, axis, start[axis], 0, 2);
      if (end) drag(points, moved, axis, end[axis], last, -2);
    }
    return moved;
  }

  // Where the end of a line that touches a node has gone.
  end(node, x, y) {
    const frame = this.frames.get(node);
    if (frame) return [x + this.across.of(frame.middle), y < frame.center ? frame.box[1] : frame.box[3]];
    const [dx, dy] = this.move(node);
    return [x + dx, y + dy];
  }
}

const STILL = [0, 0];

// An open block: its card in the level, and the frame that takes its place.
class Frame {
  constructor(part, index, placed) {
    this.card = part.box;
    this.index = index;
    this.placed = placed;
    this.id = part.id;
    this.badge = part.marks.filter((mark) => styles[mark[0]].some((value) => BADGE.includes(value)));
    [this.middle, this.center] = part.at ?? middle(part.box);
    const [left, , right] = this.card;
    const title = placed.level.room + 2 * SIDE + (this.badge.length ? 70 : 24);
    this.left = Math.max(this.middle - left, placed.leaves + SIDE);
    this.right = Math.max(right - this.middle, placed.width - placed.leaves + SIDE, title - this.left);
    this.exits = placed.level.exits;
    this.height = BAND + placed.height + BELOW;
  }

  across() {
    const [before, beyond] = [this.middle - this.card[0], this.card[2] - this.middle];
    const column = (half) => Math.min(half, COLUMN) - 0.01;
    return [
      { from: this.card[0], at: this.middle - column(before), by: this.left - before },
      { from: this.middle, at: this.middle + column(beyond), by: this.right - beyond },
    ].filter((wish) => wish.by > 0);
  }

  down() {
    const by = this.height - (this.card[3] - this.card[1]);
    return by > 0 ? [{ from: this.center, at: this.card[3], by }] : [];
  }

  // Where the title begins: it stays in view as long as the frame is.
  title(left) {
    return Math.max(this.box[0], Math.min(left, this.box[2] - this.placed.level.room - 2 * SIDE - 24));
  }

  settle(dx, dy) {
    const x = (this.middleNow = this.middle + dx);
    const top = this.card[1] + dy;
    this.box = [x - this.left, top, x + this.right, top + this.height];
    this.inside = [x - this.placed.leaves, top + BAND];
  }
}

// Moves the piece of a line at one end, as far as it goes straight across an axis.
function drag(points, moved, axis, to, first, step) {
  for (let i = first; i >= 0 && i < points.length && same(points[i + axis], points[first + axis]); i += step) moved[i + axis] = to;
}

// A straight line whose ends went apart: it steps aside shortly before it arrives.
function jog(start, end, axis) {
  const other = 1 - axis;
  const way = end[other] - start[other];
  const turn = end[other] - Math.sign(way) * Math.min(14, Math.abs(way) / 2);
  const corner = (point) => (axis ? [turn, point[1]] : [point[0], turn]);
  return [...start, ...corner(start), ...corner(end), ...end];
}

function same(a, b) {
  return Math.abs(a - b) < 0.02;
}

function middle(box) {
  return [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
}

function around(numbers) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < numbers.length; i += 2) {
    box[0] = Math.min(box[0], numbers[i]);
    box[1] = Math.min(box[1], numbers[i + 1]);
    box[2] = Math.max(box[2], numbers[i]);
    box[3] = Math.max(box[3], numbers[i + 1]);
  }
  return box;
}
