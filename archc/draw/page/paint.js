// Painting what is in view: every mark when near, boxes and lines alone when far.

const FAMILY = '"DejaVu Sans", sans-serif';
const FAR = 0.28; // of the scale, below which many parts are painted as boxes
const MANY = 1200; // parts
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
    this.ratio = globalThis.devicePixelRatio || 1;
    this.width = width;
    this.height = height;
    this.canvas.width = Math.max(1, Math.round(width * this.ratio));
    this.canvas.height = Math.max(1, Math.round(height * this.ratio));
  }

  // Paints a placed level, and outlines on top of it: `outlines` are [box, role, width in px].
  paint(root, camera, shown, outlines) {
    const { ctx } = this;
    this.scale = camera.scale;
    this.far = camera.scale < FAR && shown > MANY;
    this.font = "";
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.fillStyle = this.colors.paper;
    ctx.fillRect(0, 0, this.canvas.width, this.canvas.height);
    ctx.textBaseline = "alphabetic";
    ctx.fontKerning = "none";
    ctx.textRendering = "geometricPrecision";
    ctx.lineJoin = "round";
    const [left, top] = [camera.x, camera.y];
    this.level(root, [left, top, left + this.width / this.scale, top + this.height / this.scale], 0, "paper");
    ctx.setLineDash([]);
    this.origin(left, top);
    for (const [box, role, width] of outlines) this.outline(box, role, width);
  }

  // Makes (0, 0) be as far from the left and upper edge of the view as this says.
  origin(left, top) {
    const k = this.scale * this.ratio;
    this.ctx.setTransform(k, 0, 0, k, -left * k, -top * k);
  }

  level(placed, view, depth, ground) {
    this.origin(view[0], view[1]);
    this.ground = ground;
    const found = placed.grid.within(view);
    if (this.far) this.boxes(placed, found);
    else for (const index of found) if (!placed.frames.has(index)) this.part(placed, index);
    const open = placed.frames.size ? found.filter((index) => placed.frames.has(index)) : [];
    for (const index of open) this.frame(placed.frames.get(index), depth);
    for (const index of open) {
      const { inside, placed: inner } = placed.frames.get(index);
      const [x, y] = inside;
      this.level(inner, [view[0] - x, view[1] - y, view[2] - x, view[3] - y], depth + 1, depth % 2 ? "frame2" : "frame");
    }
    if (open.length) {
      this.origin(view[0], view[1]);
      this.ground = ground;
      for (const index of found) if (placed.level.parts[index].kind === "badge") this.part(placed, index);
    }
  }

  boxes(placed, found) {
    const { ctx } = this;
    const { parts } = placed.level;
    const { boxes } = placed.grid;
    const thin = 1 / this.scale;
    ctx.fillStyle = this.colors.edge;
    for (const index of found) if (parts[index].kind === "edge") for (const line of placed.lines(index)) this.wire(line, thin);
    let last = "";
    for (const index of found) {
      const { kind, far } = parts[index];
      if (kind !== "node" || placed.frames.has(index)) continue;
      if (far !== last) ctx.fillStyle = this.colors[far];
      last = far;
      const at = index * 4;
      ctx.fillRect(boxes[at], boxes[at + 1], boxes[at + 2] - boxes[at], boxes[at + 3] - boxes[at + 1]);
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

  frame(frame, depth) {
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
    if (TITLE * this.scale < LEGIBLE) return;
    ctx.fillStyle = this.colors.ink;
    this.chevron(left + 14, top + BAND / 2, true);
    this.write(`bold ${TITLE}px ${FAMILY}`, "start");
    ctx.fillText(frame.placed.level.title, left + 26, top + BAND / 2 + 4.3);
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

// Where the button of a card that opens is.
function knob(box) {
  return [box[0], Math.min(box[1] + 14, (box[1] + box[3]) / 2)];
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
