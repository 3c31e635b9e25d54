// What of the figure is in view.

const CLOSEST = 6;
const MARGIN = 24; // px kept free around what is brought into view
const GLIDE = 160; // ms

class Camera {
  constructor(changed) {
    this.x = 0;
    this.y = 0;
    this.scale = 1;
    this.changed = changed;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.glide = 0;
  }

  resize(width, height) {
    this.width = width;
    this.height = height;
  }

  // How far out one can go: until the whole is half as large as the view.
  get farthest() {
    return Math.min(0.5, this.whole / 2);
  }

  get whole() {
    const { width, height } = this.figure;
    return Math.min((this.width - 2 * MARGIN) / width, (this.height - 2 * MARGIN) / height);
  }

  set(x, y, scale) {
    cancelAnimationFrame(this.glide);
    this.to(x, y, scale);
  }

  to(x, y, scale) {
    const { width, height } = this.figure;
    const [wide, high] = [this.width / scale, this.height / scale];
    // some of the figure always stays in view
    this.x = Math.min(width - wide * 0.1, Math.max(-wide * 0.9, x));
    this.y = Math.min(height - high * 0.1, Math.max(-high * 0.9, y));
    this.scale = scale;
    this.changed();
  }

  // Moves there in a few frames, at once for whom motion disturbs.
  move(x, y, scale) {
    if (this.calm.matches) return this.set(x, y, scale);
    const from = [this.x, this.y, this.scale];
    const begin = performance.now();
    const step = (now) => {
      const share = Math.min(1, Math.max(0, (now - begin) / GLIDE));
      const eased = share * (2 - share);
      const k = from[2] * (scale / from[2]) ** eased;
      // the point that stays where it is on the screen while the scale changes is kept
      const part = scale === from[2] ? eased : (1 / from[2] - 1 / k) / (1 / from[2] - 1 / scale);
      this.to(from[0] + (x - from[0]) * part, from[1] + (y - from[1]) * part, k);
      if (share < 1) this.glide = requestAnimationFrame(step);
    };
    cancelAnimationFrame(this.glide);
    this.glide = requestAnimationFrame(step);
    return undefined;
  }

  pan(dx, dy) {
    this.set(this.x - dx / this.scale, this.y - dy / this.scale, this.scale);
  }

  // Zooms by a factor; what is at (x, y) in the view stays there.
  zoom(factor, x = this.width / 2, y = this.height / 2, glide = false) {
    const scale = Math.min(CLOSEST, Math.max(this.farthest, this.scale * factor));
    const [left, top] = [this.x + x / this.scale - x / scale, this.y + y / this.scale - y / scale];
    if (glide) this.move(left, top, scale);
    else this.set(left, top, scale);
  }

  fit() {
    this.show([0, 0, this.figure.width, this.figure.height], Math.min(1.5, this.whole));
  }

  // All of it where that can be read, its beginning otherwise.
  begin() {
    const { width } = this.figure;
    const readable = Math.min(1, Math.max(0.55, (this.width - 2 * MARGIN) / width));
    if (this.whole >= readable * 0.8) {
      const scale = Math.min(1.25, this.whole);
      this.set((width - this.width / scale) / 2, (this.figure.height - this.height / scale) / 2, scale);
    } else {
      this.set((width - this.width / readable) / 2, -MARGIN / readable, readable);
    }
  }

  show(box, scale) {
    const x = (box[0] + box[2] - this.width / scale) / 2;
    const y = (box[1] + box[3] - this.height / scale) / 2;
    this.move(x, y, scale);
  }

  // Brings a box into view: as little as is needed when it is near, to its middle when it is far or too small to read.
  reveal(box, near = true) {
    const [left, top, right, bottom] = box;
    if (this.scale < 0.5 || !near) {
      const fits = Math.min((this.width - 80) / (right - left), (this.height - 80) / (bottom - top));
      const scale = Math.max(0.3, Math.min(fits, Math.max(this.scale, 0.9)));
      const tall = (bottom - top) * scale > this.height - 80;
      this.show(tall ? [left, top, right, top + (this.height - 80) / scale] : box, scale);
      return;
    }
    const space = 48 / this.scale;
    const [wide, high] = [this.width / this.scale, this.height / this.scale];
    const into = (at, size, low, high_) => {
      if (high_ - low > size - 2 * space) return low - space;
      return Math.min(low - space, Math.max(high_ + space - size, at));
    };
    const x = into(this.x, wide, left, right);
    const y = into(this.y, high, top, bottom);
    if (Math.abs(x - this.x) * this.scale > 1 || Math.abs(y - this.y) * this.scale > 1) this.move(x, y, this.scale);
  }
}
