// Painting what is in view: every mark when near, boxes and lines alone when far.

const FAMILY = '"DejaVu Sans", sans-serif';
const FAR = 0.28; // of the scale, below which many parts are painted as boxes
const MANY = 1200; // parts
const AROUND = 3; // pixels around what is painted, from which thin things may reach into it
const LEAST_BOX = 1.5; // px on the screen of what is painted as a box
const FEW = 150; // parts, which are painted as fast as what is there already is moved
const LEGIBLE = 4; // px on the screen of the smallest text that is painted
const PLAIN = new Set(["", "card", "paper", "frame", "frame2"]);
const TITLE = 12;

class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.ctx = canvas.getContext("2d", { alpha: false });
    this.colors = {};
  }

  resize(width, height) {
    this.last = null;
    this.ratio = globalThis.devicePixelRatio || 1;
    this.width = width;
    this.height = height;
    this.canvas.width = Math.max(1, Math.round(width * this.ratio));
    this.canvas.height = Math.max(1, Math.round(height * this.ratio));
  }

  // Paints a placed level, and outlines on top of it: `outlines` are [box, role, width in px]. While `state` is the
  // same and nothing but the place of the camera changes, what is there already is moved, and only the rest painted.
  paint(root, camera, shown, outlines, state) {
    const { ctx, canvas } = this;
    const { scale } = camera;
    const k = (this.k = scale * this.ratio);
    const [x, y] = [Math.round(camera.x * k), Math.round(camera.y * k)]; // whole pixels, so that they can be moved
    this.scale = scale;
    this.far = scale < FAR && shown > MANY;
    this.font = "";
    [this.x, this.y] = [x, y];
    ctx.textBaseline = "alphabetic";
    ctx.fontKerning = "none";
    ctx.textRendering = "geometricPrecision";
    ctx.lineJoin = "round";
    const { last } = this;
    this.last = { x, y, scale, state };
    const [dx, dy] = last ? [last.x - x, last.y - y] : [0, 0];
    const all = !last || last.state !== state || last.scale !== scale;
    if (all || this.painted < FEW || Math.abs(dx) >= canvas.width || Math.abs(dy) >= canvas.height) {
      this.painted = 0;
      this.region(root, 0, 0, canvas.width, canvas.height, outlines);
      return;
    }
    if (!dx && !dy) return;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.drawImage(canvas, dx, dy);
    if (dx) this.region(root, dx > 0 ? 0 : canvas.width + dx, 0, Math.abs(dx), canvas.height, outlines);
    if (dy) this.region(root, 0, dy > 0 ? 0 : canvas.height + dy, canvas.width, Math.abs(dy), outlines);
    for (const [left, top, right, bottom] of dx ? this.stuck(root, Math.max(x, last.x), 0, 0) : []) {
      const [from, to] = [Math.floor(left * k - x), Math.ceil(right * k - x)];
      const above = Math.floor(top * k - y);
      this.region(root, from, above, to - from, Math.ceil(bottom * k - y) - above, outlines);
    }
  }

  // The bands, as boxes of the figure, whose titles don't move with the rest: their frames begin left of a pixel.
  *stuck(placed, pixel, x, y) {
    const { k, canvas } = this;
    const view = [this.x / k, this.y / k, (this.x + canvas.width) / k, (this.y + canvas.height) / k];
    for (const { box, inside, placed: inner } of placed.frames.values()) {
      const [left, top, right, bottom] = [box[0] + x, box[1] + y, box[2] + x, box[3] + y];
      if (right < view[0] || left > view[2] || bottom < view[1] || top > view[3]) continue;
      const band = Math.min(top + BAND, view[3]);
      if (left < pixel / k && band > view[1]) yield [Math.max(left, view[0]), Math.max(top, view[1]), Math.min(right, view[2]), band];
      yield* this.stuck(inner, pixel, x + inside[0], y + inside[1]);
    }
  }

  // Paints a part of the canvas, given in pixels.
  region(root, x, y, width, height, outlines) {
    const { ctx, k } = this;
    if (width <= 0 || height <= 0) return;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.save();
    ctx.beginPath();
    ctx.rect(x, y, width, height);
    ctx.clip();
    ctx.fillStyle = this.colors.paper;
    ctx.fillRect(x, y, width, height);
    const [left, top] = [x + this.x - AROUND, y + this.y - AROUND];
    this.level(root, [left, top, left + width + 2 * AROUND, top + height + 2 * AROUND].map((at) => at / k), 0, 0, 0, "paper");
    ctx.setLineDash([]);
    this.origin(0, 0);
    for (const [box, role, thick] of outlines) this.outline(box, role, thick);
    ctx.restore();
    this.font = "";
  }

  // Makes (0, 0) be the place of that point of the figure.
  origin(x, y) {
    const { k } = this;
    this.ctx.setTransform(k, 0, 0, k, x * k - this.x, y * k - this.y);
  }

  // Paints a level whose corner is at (x, y) of the figure, as much of it as is in a box of the figure.
  level(placed, box, x, y, depth, ground) {
    const view = [box[0] - x, box[1] - y, box[2] - x, box[3] - y];
    this.origin(x, y);
    this.ground = ground;
    const found = placed.grid.within(view);
    this.painted += found.length;
    if (this.far) this.boxes(placed, found);
    else for (const index of found) if (!placed.frames.has(index)) this.part(placed, index);
    const open = placed.frames.size ? found.filter((index) => placed.frames.has(index)) : [];
    for (const index of open) this.frame(placed.frames.get(index), depth, this.x / this.k - x);
    for (const index of open) {
      const { inside, placed: inner } = placed.frames.get(index);
      this.level(inner, box, x + inside[0], y + inside[1], depth + 1, depth % 2 ? "frame2" : "frame");
    }
    if (open.length) {
      this.origin(x, y);
      this.ground = ground;
      for (const index of found) if (placed.level.parts[index].kind === "badge") this.part(placed, index);
    }
  }

  boxes(placed, found) {
    const { ctx } = this;
    const { parts } = placed.level;
    const { boxes } = placed.grid;
    const thin = 1 / this.scale;
    const least = LEAST_BOX / this.scale;
    ctx.fillStyle = this.colors.edge;
    for (const index of found) if (parts[index].kind === "edge") for (const line of placed.lines(index)) this.wire(line, thin);
    let last = "";
    for (const index of found) {
      const { kind, far } = parts[index];
      if (kind !== "node" || placed.frames.has(index)) continue;
      if (far !== last) ctx.fillStyle = this.colors[far];
      last = far;
      const at = index * 4;
      const [width, height] = [boxes[at + 2] - boxes[at], boxes[at + 3] - boxes[at + 1]];
      ctx.fillRect(boxes[at], boxes[at + 1], Math.max(width, least), Math.max(height, least));
    }
  }

  // A line of one pixel: upright and level pieces as boxes, which are painted faster.
  wire(points, thin) {
    const { ctx } = this;
    for (let i = 2; i < points.length; i += 2) {
      const [ax, ay, bx, by] = [points[i - 2], points[i - 1], points[i], points[i + 1]];
      if (ax === bx) ctx.fillRect(ax - thin / 2, Math.min(ay, by), thin, Math.abs(by - ay));
      else if (ay === by) ctx.fillRect(Math.min(ax, bx), ay - thin / 2, Math.abs(bx - ax), thin);
      else {
        ctx.strokeStyle = this.colors.edge;
        ctx.lineWidth = thin;
        ctx.beginPath();
        ctx.moveTo(ax, ay);
        ctx.lineTo(bx, by);
        ctx.stroke();
      }
    }
  }

  frame(frame, depth, view) {
    const { ctx } = this;
    const [left, top, right, bottom] = frame.box;
    const shape = (height, radii, role) => {
      ctx.beginPath();
      ctx.roundRect(left, top, right - left, height, radii);
      ctx.fillStyle = this.colors[role];
      ctx.fill();
    };
    shape(bottom - top, 6, depth % 2 ? "frame2" : "frame");
    shape(BAND, [6, 6, 0, 0], "band");
    ctx.beginPath();
    ctx.roundRect(left, top, right - left, bottom - top, 6);
    ctx.strokeStyle = this.colors.rule;
    ctx.lineWidth = Math.max(1, 0.7 / this.scale);
    ctx.setLineDash([]);
    ctx.stroke();
    const foot = bottom - BELOW;
    if (frame.exits) this.line(["line", "edge", 1.2, "", 0, 0], [frame.middleNow, foot, frame.middleNow, bottom]);
    if (TITLE * this.scale < LEGIBLE) return;
    ctx.fillStyle = this.colors.ink;
    const start = frame.title(view);
    this.chevron(start + 14, top + BAND / 2, true);
    this.write(`bold ${TITLE}px ${FAMILY}`, "start");
    ctx.fillText(frame.placed.level.title, start + 26, top + BAND / 2 + 4.3);
    const [, badge, , lower] = frame.badge.length ? around(frame.badge[0].slice(1, 3).concat(frame.badge[0][1], frame.badge[0][2] + frame.badge[0][4])) : STILL;
    for (const mark of frame.badge) this.mark(mark, right - frame.card[2], top + BAND / 2 - (badge + lower) / 2);
  }

  // The sign of what opens or closes.
  chevron(x, y, opened) {
    const { ctx } = this;
    ctx.beginPath();
    if (opened) [[-4, -2], [4, -2], [0, 3.5]].forEach(([dx, dy]) => ctx.lineTo(x + dx, y + dy));
    else [[-2, -4], [-2, 4], [3.5, 0]].forEach(([dx, dy]) => ctx.lineTo(x + dx, y + dy));
    ctx.fill();
  }

  part(placed, index) {
    const part = placed.level.parts[index];
    if (part.kind === "edge") {
      const lines = placed.lines(index);
      let next = 0;
      for (const mark of part.marks) {
        if (styles[mark[0]][0] === "line") this.line(styles[mark[0]], lines[next++]);
        else this.mark(mark, 0, 0);
      }
      return;
    }
    // the shape that leaves an open block stands in it
    if (part.kind === "label" && placed.framed.has(part.id)) return;
    const [dx, dy] = placed.move(index);
    for (const mark of part.marks) this.mark(mark, dx, dy);
    if (part.opens && this.scale * 16 > 5) {
      const [x, y] = knob(part.box);
      this.ctx.beginPath();
      this.ctx.arc(x + dx, y + dy, 8, 0, 2 * Math.PI);
      this.fill("card", "rule", 1);
      this.ctx.fillStyle = this.colors.ink;
      this.chevron(x + dx, y + dy, false);
    }
  }

  mark(mark, dx, dy) {
    const style = styles[mark[0]];
    switch (style[0]) {
      case "text":
        return this.text(style, mark, dx, dy);
      case "rect":
        return this.rect(style, mark[1] + dx, mark[2] + dy, mark[3], mark[4]);
      case "circle":
        this.ctx.beginPath();
        this.ctx.arc(mark[1] + dx, mark[2] + dy, mark[3], 0, 2 * Math.PI);
        return this.fill(style[1], style[2], style[3]);
      case "polygon":
        this.ctx.beginPath();
        for (let i = 1; i < mark.length; i += 2) this.ctx.lineTo(mark[i] + dx, mark[i + 1] + dy);
        this.ctx.closePath();
        return this.fill(style[1], style[2], style[3]);
      default:
        return this.line(style, mark.slice(1).map((value, i) => value + (i % 2 ? dy : dx)));
    }
  }

  color(role) {
    return this.colors[role === "paper" ? this.ground : role];
  }

  fill(fill, stroke, width, dash = "") {
    if (fill) {
      this.ctx.fillStyle = this.color(fill);
      this.ctx.fill();
    }
    if (!stroke) return;
    this.ctx.strokeStyle = this.color(stroke);
    this.ctx.lineWidth = width;
    this.ctx.setLineDash(dash ? dash.split(" ").map(Number) : []);
    this.ctx.stroke();
  }

  rect([, fill, stroke, width, radius, dash], x, y, w, h) {
    const { ctx } = this;
    if (!stroke && (!radius || radius * this.scale < 1)) {
      ctx.fillStyle = this.color(fill);
      ctx.fillRect(x, y, w, h);
      return;
    }
    ctx.beginPath();
    if (radius * this.scale < 1) ctx.rect(x, y, w, h);
    else ctx.roundRect(x, y, w, h, Math.min(radius, w / 2, h / 2));
    this.fill(fill, stroke, width, dash);
  }

  text([, size, bold, anchor, fill, turned, halo], [, x, y, text], dx, dy) {
    if (size * this.scale < LEGIBLE) return;
    const { ctx } = this;
    this.write(`${bold ? "bold " : ""}${size}px ${FAMILY}`, anchor === "middle" ? "center" : anchor);
    if (turned) {
      ctx.save();
      ctx.translate(x + dx, y + dy);
      ctx.rotate(-Math.PI / 2);
      [x, y, dx, dy] = [0, 0, 0, 0];
    }
    if (halo) {
      ctx.strokeStyle = this.color(halo);
      ctx.lineWidth = 3;
      ctx.setLineDash([]);
      ctx.strokeText(text, x + dx, y + dy);
    }
    ctx.fillStyle = this.color(fill);
    ctx.fillText(text, x + dx, y + dy);
    if (turned) ctx.restore();
  }

  write(font, align) {
    if (this.font !== font) this.ctx.font = this.font = font;
    this.ctx.textAlign = align;
  }

  // A polyline with rounded corners; an arrow's shaft ends inside its head.
  line([, stroke, width, dash, radius, head], points) {
    const { ctx } = this;
    const end = head ? drawnBack(points, head * 0.8) : points.slice(-2);
    ctx.beginPath();
    ctx.moveTo(points[0], points[1]);
    for (let i = 2; i < points.length - 2; i += 2) this.corner(points, i, radius);
    ctx.lineTo(end[0], end[1]);
    this.fill("", stroke, Math.max(width, 0.6 / this.scale), dash);
    if (head) this.head(points, head, stroke);
  }

  corner(points, i, radius) {
    const { ctx } = this;
    const [x, y] = [points[i], points[i + 1]];
    const before = Math.hypot(x - points[i - 2], y - points[i - 1]);
    const after = Math.hypot(points[i + 2] - x, points[i + 3] - y);
    const r = Math.min(radius, before / 2, after / 2);
    if (r < 0.5) return ctx.lineTo(x, y);
    ctx.lineTo(x + ((points[i - 2] - x) * r) / before, y + ((points[i - 1] - y) * r) / before);
    return ctx.quadraticCurveTo(x, y, x + ((points[i + 2] - x) * r) / after, y + ((points[i + 3] - y) * r) / after);
  }

  head(points, length, stroke) {
    const { ctx } = this;
    const [fx, fy, tx, ty] = points.slice(-4);
    const way = Math.hypot(tx - fx, ty - fy) || 1;
    const [ux, uy] = [(tx - fx) / way, (ty - fy) / way];
    const half = length * 0.36;
    const [bx, by] = [tx - ux * length, ty - uy * length];
    ctx.beginPath();
    ctx.moveTo(tx, ty);
    ctx.lineTo(bx - uy * half, by + ux * half);
    ctx.lineTo(bx + uy * half, by - ux * half);
    ctx.fillStyle = this.color(stroke);
    ctx.fill();
  }

  outline([left, top, right, bottom], role, width) {
    const { ctx } = this;
    const px = 1 / this.scale;
    const away = 3 * Math.min(px, 2);
    ctx.lineWidth = width * px;
    ctx.strokeStyle = this.colors[role];
    ctx.beginPath();
    ctx.roundRect(left - away, top - away, right - left + 2 * away, bottom - top + 2 * away, 6 * Math.min(px, 1.5));
    ctx.stroke();
  }
}

// The last point of a line, moved back by a length if the last piece is longer than that.
function drawnBack(points, length) {
  const [fx, fy, tx, ty] = points.slice(-4);
  const way = Math.hypot(tx - fx, ty - fy);
  return way <= length ? [tx, ty] : [tx - ((tx - fx) * length) / way, ty - ((ty - fy) * length) / way];
}

// Where the button of a card that opens is: off the first letter of a title that begins at the left.
function knob(box) {
  return [box[0] - 2, Math.min(box[1] + 14, (box[1] + box[3]) / 2)];
}

// The colour that a node has from afar: that of the largest coloured thing in it.
function farColor(part) {
  let [area, role] = [0, "band"];
  for (const mark of part.marks) {
    const [kind, fill] = styles[mark[0]];
    if (PLAIN.has(fill) || kind === "text" || kind === "line") continue;
    const size = kind === "rect" ? mark[3] * mark[4] : kind === "circle" ? 4 * mark[3] ** 2 : 1;
    if (size > area) [area, role] = [size, fill];
  }
  return role;
}
