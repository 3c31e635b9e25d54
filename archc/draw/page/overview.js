// The whole figure, small, with what is in view marked; only while not all is in view. One that is far higher than
// wide, or wider than high, is stretched until it can be seen.

const WIDEST = 180;
const TALLEST = 260;
const LEAST = 14;

class Overview {
  constructor(holder, painter, go) {
    this.holder = holder;
    this.canvas = holder.querySelector("canvas");
    this.mark = holder.querySelector("i");
    this.painter = painter;
    const act = (event) => {
      if (!event.buttons) return;
      const { left, top } = this.canvas.getBoundingClientRect();
      go((event.clientX - left) / this.across, (event.clientY - top) / this.down);
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
    const scale = Math.min(WIDEST / root.width, TALLEST / root.height);
    const small = new Painter(this.canvas);
    small.colors = this.painter.colors;
    small.resize(Math.ceil(root.width * scale), Math.ceil(root.height * scale));
    const [width, height] = [Math.max(LEAST, root.width * scale), Math.max(LEAST, root.height * scale)];
    [this.across, this.down] = [width / root.width, height / root.height];
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    small.paint(root, { x: 0, y: 0, scale }, Math.max(shown, MANY + 1), []);
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
    const { across, down } = this;
    this.mark.style.transform = `translate(${left * across}px, ${top * down}px)`;
    this.mark.style.width = `${Math.max(4, (right - left) * across)}px`;
    this.mark.style.height = `${Math.max(4, (bottom - top) * down)}px`;
  }
}
