// The whole figure, small, with what is in view marked; only while not all is in view.

const WIDEST = 180;
const TALLEST = 260;

class Overview {
  constructor(holder, painter, go) {
    this.holder = holder;
    this.canvas = holder.querySelector("canvas");
    this.mark = holder.querySelector("i");
    this.painter = painter;
    const act = (event) => {
      if (!event.buttons) return;
      const { left, top } = this.canvas.getBoundingClientRect();
      go((event.clientX - left) / this.scale, (event.clientY - top) / this.scale);
    };
    holder.addEventListener("pointerdown", (event) => {
      holder.setPointerCapture(event.pointerId);
      act(event);
    });
    holder.addEventListener("pointermove", act);
  }

  draw(root, shown) {
    this.root = root;
    if (!this.painter.colors.paper) return;
    this.scale = Math.min(WIDEST / root.width, TALLEST / root.height);
    const small = new Painter(this.canvas);
    small.colors = this.painter.colors;
    const [width, height] = [root.width * this.scale, root.height * this.scale].map(Math.ceil);
    small.resize(Math.max(width, 12), height);
    this.canvas.style.width = `${Math.max(width, 12)}px`;
    this.canvas.style.height = `${height}px`;
    small.paint(root, { x: 0, y: 0, scale: this.scale }, Math.max(shown, MANY + 1), []);
  }

  follow({ x, y, scale, width, height }) {
    const { root } = this;
    const left = Math.max(0, x);
    const top = Math.max(0, y);
    const right = Math.min(root.width, x + width / scale);
    const bottom = Math.min(root.height, y + height / scale);
    const all = (right - left) * (bottom - top) > 0.85 * root.width * root.height;
    this.holder.hidden = all || width < 500;
    if (all) return;
    const k = this.scale;
    this.mark.style.transform = `translate(${left * k}px, ${top * k}px)`;
    this.mark.style.width = `${Math.max(4, (right - left) * k)}px`;
    this.mark.style.height = `${Math.max(4, (bottom - top) * k)}px`;
  }
}
