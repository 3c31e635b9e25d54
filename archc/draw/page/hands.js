// What fingers, mouse and keys do.

const STILL_CLICK = 4; // px that a pointer may move in a click
const TWICE = 400; // ms within which two clicks are one double click

class Hands {
  constructor(canvas, camera, acts) {
    this.canvas = canvas;
    this.camera = camera;
    this.acts = acts;
    this.down = new Map(); // pointers, by id
    this.last = { time: -TWICE, place: [0, 0] };
    const on = (name, act) => canvas.addEventListener(name, act.bind(this), { passive: false });
    on("pointerdown", this.press);
    on("pointermove", this.drag);
    on("pointerup", this.lift);
    on("pointercancel", this.lift);
    on("wheel", this.wheel);
    on("keydown", this.key);
  }

  place(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  press(event) {
    if (event.button > 1) return;
    if (event.button === 1) event.preventDefault(); // no scrolling by itself
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.down.set(event.pointerId, this.place(event));
    if (this.down.size === 1) [this.from, this.moved] = [this.place(event), false];
    else this.moved = true;
  }

  drag(event) {
    const [x, y] = this.place(event);
    if (!this.down.has(event.pointerId)) {
      this.acts.hover(x, y);
      return;
    }
    const before = [...this.down.values()];
    const [px, py] = this.down.get(event.pointerId);
    this.moved ||= Math.hypot(x - this.from[0], y - this.from[1]) > STILL_CLICK;
    if (!this.moved) return;
    this.canvas.classList.add("dragged");
    this.down.set(event.pointerId, [x, y]);
    if (before.length === 1) {
      this.camera.pan(x - px, y - py);
    } else if (before.length === 2) {
      const after = [...this.down.values()];
      const [bx, by, wide] = pair(before);
      const [ax, ay, wider] = pair(after);
      this.camera.pan(ax - bx, ay - by);
      this.camera.zoom(wider / (wide || 1), ax, ay);
    }
  }

  lift(event) {
    if (!this.down.delete(event.pointerId)) return;
    this.canvas.classList.remove("dragged");
    if (!this.moved && event.type === "pointerup") this.click(this.place(event), event.timeStamp);
  }

  // A second click means what the first was on, though the view may have moved since.
  click([x, y], time) {
    const { last } = this;
    const again = time - last.time < TWICE && Math.hypot(x - last.place[0], y - last.place[1]) < 3 * STILL_CLICK;
    this.last = { time: again ? -TWICE : time, place: [x, y] };
    if (again) this.acts.twice();
    else this.acts.click(x, y);
  }

  wheel(event) {
    event.preventDefault();
    const unit = [1, 16, 400][event.deltaMode];
    if (event.shiftKey && !event.ctrlKey) {
      this.camera.pan(-(event.deltaX || event.deltaY) * unit, 0);
      return;
    }
    // a pinch on a touch pad comes as a wheel with Ctrl, in smaller steps
    const speed = event.ctrlKey ? 0.01 : 0.0016;
    this.camera.zoom(Math.exp(-event.deltaY * unit * speed), ...this.place(event));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = this.acts.keys[event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  }
}

// The middle between two points, and how far they are apart.
function pair([[ax, ay], [bx, by]]) {
  return [(ax + bx) / 2, (ay + by) / 2, Math.hypot(ax - bx, ay - by)];
}
