// What is known about the chosen node, and where it stands in the source.

class Panel {
  constructor(figure, acts) {
    this.figure = figure;
    this.acts = acts;
    this.panel = document.getElementById("panel");
    this.source = data.source ? this.listing() : null;
  }

  show(node) {
    this.panel.hidden = !node;
    if (!node) return;
    const { part } = node;
    const close = element("button", { class: "away", "aria-label": "Close details", title: "Close (Esc)" }, "×");
    close.addEventListener("click", () => this.acts.choose(null));
    const parts = [close, this.path(node), element("h2", {}, nameOf(node))];
    if (part.title && !part.facts) parts.push(element("p", { class: "about" }, part.title));
    if (part.opens) parts.push(this.opener(node));
    if (part.facts) parts.push(this.facts(part.facts));
    parts.push(...this.ways("From", this.figure.sources(node)), ...this.ways("To", this.figure.readers(node)));
    const where = part.line ? (factOf(node, "source") ?? `${data.file}:${part.line}`) : "";
    const listed = this.source && where === `${data.file}:${part.line}`;
    if (where) parts.push(element("h3", {}, where));
    if (listed) parts.push(this.source);
    this.panel.replaceChildren(...parts);
    this.panel.scrollTop = 0;
    if (listed) this.point(part.line);
  }

  // The blocks that a node is in.
  path(node) {
    const path = element("p", { class: "path" });
    const cards = [];
    for (let { card } = node.level; card; card = card.level.card) cards.unshift(card);
    for (const card of cards) path.append(this.link(card), " › ");
    return path;
  }

  opener(node) {
    const open = this.figure.isOpen(node);
    const button = element("button", { class: "opener" }, open ? "Close this block" : "Open this block", element("kbd", {}, "Enter"));
    button.addEventListener("click", () => this.acts.toggle(node));
    return button;
  }

  facts(facts) {
    const list = element("dl", {});
    for (const [heading, value] of facts) if (heading !== "source") list.append(element("dt", {}, heading), element("dd", {}, value));
    return list;
  }

  ways(heading, nodes) {
    if (!nodes.length) return [];
    const list = element("p", { class: "ways" });
    for (const node of nodes.slice(0, 12)) list.append(this.link(node), " ");
    if (nodes.length > 12) list.append(`and ${nodes.length - 12} more`);
    return [element("h3", {}, heading), list];
  }

  link(node) {
    const link = element("button", { class: "link", title: node.part.title ?? "" }, nameOf(node));
    link.addEventListener("click", () => this.acts.choose(node, true));
    return link;
  }

  listing() {
    const rows = data.source.replace(/\n$/, "").split("\n").map((line, i) => {
      const row = element("span", { class: "line" }, `${line}\n`);
      row.dataset.line = i + 1;
      return row;
    });
    const listing = element("pre", { tabindex: "0", "aria-label": "Source" }, ...rows);
    const first = new Map();
    for (const node of this.figure.nodes.values()) if (!first.has(node.part.line)) first.set(node.part.line, node);
    for (const row of rows) row.classList.toggle("known", first.has(Number(row.dataset.line)));
    listing.addEventListener("click", (event) => {
      const node = first.get(Number(event.target.closest(".line")?.dataset.line));
      if (node) this.acts.choose(node, true);
    });
    return listing;
  }

  point(line) {
    this.source.querySelector(".here")?.classList.remove("here");
    const row = this.source.children[line - 1];
    if (!row) return;
    row.classList.add("here");
    this.source.scrollTop = row.offsetTop - this.source.clientHeight / 2;
    this.source.scrollLeft = 0;
  }
}
