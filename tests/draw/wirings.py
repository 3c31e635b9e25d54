"""Random networks whose wiring is the point: skips of all lengths, several ends, blocks in blocks, long names."""

from random import Random

WIDE = 4
"""Of every value, so that any two can be joined."""

MERGES = ("add", "multiply", "average", "maximum", "subtract")
STEPS = ("relu", "tanh", "dropout(20%)", "dense(4)", "dense(4)", "sigmoid", "batch_norm")
LONG = ("a", "skip", "branch", "gate_of_the_recurrent_part", "a_name_typed_with_no_sense_of_room_for_others")


class Wirer(Random):
    """Writes one network a seed."""

    def network(self) -> str:
        self.count = 0
        self.read: set[str] = set()
        blocks = [self.block(depth) for depth in range(self.choice([0, 0, 1, 2, 3]))]
        self.known = [f"b{depth}" for depth in range(len(blocks))]
        inputs = [self.name() for _ in range(self.choice([1, 1, 1, 2, 3]))]
        lines = [f"input {name}[{WIDE}]" for name in inputs]
        values = list(inputs)
        if self.random() < 0.3:
            self.known.append("tower")
            lines.append("share tower = dense(4)")
        for _ in range(self.choice([1, 3, 6, 10, 16])):
            name = self.name()
            lines.append(f"let {name} = {self.step(values)}")
            values.append(name)
        unread = [name for name in values if name not in self.read]
        ends = self.sample(values, min(len(values), self.choice([0, 0, 1, 2])))
        for index, name in enumerate(dict.fromkeys([*ends, *unread])):
            lines.append(f"output end{index} = {name} -> dense({self.randint(1, 3)})")
        body = "".join(f"    {line}\n" for line in lines)
        return "\n".join([*blocks, f"model Net {{\n{body}}}\n"])

    def name(self) -> str:
        self.count += 1
        return f"{self.choice(LONG)}{self.count}"

    def block(self, depth: int) -> str:
        """One that uses those before it, with a skip or without, and with a name inside that is used later."""
        self.known = [f"b{before}" for before in range(depth)]
        flow = " -> ".join(self.one() for _ in range(self.randint(1, 3)))
        if self.random() < 0.4:
            body = f"let x = it\n    {flow}\n    let y = {self.one()}\n    add(y, x, it -> {self.one()})"
        elif self.random() < 0.6:
            body = f"{self.choice(MERGES)}({flow}, {self.choice(['it', self.one()])}) -> relu"
        else:
            body = flow
        return f"block b{depth} {{\n    {body}\n}}\n"

    def one(self) -> str:
        if self.known and self.random() < 0.4:
            used = self.choice(self.known)
            return f"repeat {self.randint(1, 4)} {{ {used} }}" if self.random() < 0.3 and used != "tower" else used
        if self.random() < 0.12:
            return f"repeat {self.randint(2, 5)} {{ dense(4) -> relu }}"
        return self.choice(STEPS)

    def step(self, values: list[str]) -> str:
        """A flow from one value, or several values joined: near ones mostly."""
        near = values if self.random() < 0.3 else values[-4:]
        if len(near) > 1 and self.random() < 0.55:
            joined = self.sample(near, self.randint(2, min(len(near), 5)))
            self.read.update(joined)
            merge = self.choice(MERGES) if len(joined) == 2 else self.choice(MERGES[:-1])
            branches = (f"{name} -> {self.one()}" if self.random() < 0.3 else name for name in joined)
            return f"{merge}({', '.join(branches)})"
        start = self.choice(near)
        self.read.add(start)
        return f"{start} -> {' -> '.join(self.one() for _ in range(self.randint(1, 3)))}"
