// Which parts of a level are in view, without looking at all of them.

const BESIDES = 10; // px around a box that heads of arrows and borders may take

class Grid {
  constructor(placed) {
    const { parts } = placed.level;
    this.placed = placed;
    this.boxes = new Float64Array(parts.length * 4);
    parts.forEach((_, i) => this.boxes.set(placed.box(i), i * 4));
    this.size = Math.max(256, Math.sqrt((placed.width * placed.height) / (parts.length || 1)) * 3);
    this.columns = Math.ceil(placed.width / this.size) + 1;
    this.rows = Math.ceil(placed.height / this.size) + 1;
    this.seen = new Uint32Array(parts.length);
    this.turn = 0;
    this.cells = new Map();
    parts.forEach((_, i) => this.enter(i));
  }

  enter(i) {
    const [left, top, right, bottom] = this.span(this.boxes.subarray(i * 4, i * 4 + 4));
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const key = row * this.columns + column;
        const cell = this.cells.get(key);
        if (cell) cell.push(i);
        else this.cells.set(key, [i]);
      }
    }
  }

  span([left, top, right, bottom]) {
    const column = (x) => Math.min(this.columns - 1, Math.max(0, Math.floor(x / this.size)));
    const row = (y) => Math.min(this.rows - 1, Math.max(0, Math.floor(y / this.size)));
    return [column(left - BESIDES), row(top - BESIDES), column(right + BESIDES), row(bottom + BESIDES)];
  }

  // The indices of parts that may be in a box, in the order in which they are painted.
  within(box) {
    const [left, top, right, bottom] = this.span(box);
    const found = [];
    this.turn++;
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        for (const i of this.cells.get(row * this.columns + column) ?? []) {
          if (this.seen[i] !== this.turn && this.meets(i, box)) found.push(i);
          this.seen[i] = this.turn;
        }
      }
    }
    return found.sort((a, b) => a - b);
  }

  meets(i, [left, top, right, bottom]) {
    const at = i * 4;
    const { boxes } = this;
    return (
      boxes[at] - BESIDES < right &&
      boxes[at + 1] - BESIDES < bottom &&
      boxes[at + 2] + BESIDES > left &&
      boxes[at + 3] + BESIDES > top
    );
  }
}
