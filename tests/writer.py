"""Writes random files of the whole language, laid out as wildly as the grammar allows.

What they say makes no sense; they have no syntax errors, and comments wherever one may stand.
"""

import random
from collections.abc import Callable

NAMES = (
    "x",
    "it",
    "relu",
    "conv",
    "stage",
    "filters",
    "batch_norm",
    "n_1",
    "a_name_that_takes_a_lot_of_room_on_its_line",
)
NUMBERS = ("0", "7", "64", "128", "1_000", "0.5", "1e-3", "2.5G", "60M", "40%", "3.0")
SIZES = ("5x5", "224x224x3")
TEXTS = ('"mnist.npz"', '""', '"a # b"', '"(["', '"// {"')
KEYWORDS = ("let", "model", "train", "input", "output", "assert", "expect", "use", "block", "share")
TIMES = ("*", "/", "//", "%", "**")
COMPARE = ("==", "!=", "<", ">", "<=", ">=")


class Writer(random.Random):
    """Writes random files. `free` says that the innermost open bracket is no brace, where any line may end."""

    def file(self) -> str:
        # how likely a comment, and the end of a line, is where one may stand
        self.comments = self.choice((0, 0, 0.1, 0.3, 0.6))
        self.deepest = self.choice((1, 1, 2, 2, 2, 3))
        self.lines = self.choice((0, 0.05, 0.3, 0.5))
        self.count = 0
        self.flows = False  # whether this is a chain of several steps
        items = (self.use, self.top_let, self.block, self.model, self.train)
        text = self.between()
        for _ in range(self.choice((0, 1, 1, 2, 3))):
            text += self.choice(items)() + self.ending() + self.between()
        return text

    # what stands between words

    def remark(self) -> str:
        self.count += 1
        return f"{self.choice(('#', '# ', '#  '))}{self.choice(('a', '', '(', '-> x', '{', 'ü '))}{self.count}"

    def gap(self, free: bool, soft: bool = False, least: str = "") -> str:
        """Between two words; `soft` says that a line may end here anyhow, `least` is what must be there."""
        if not (free or soft) or self.random() > self.lines:
            return self.choice((least, " ", " ", " ", "  ", "\t")) or least
        text = self.choice(("", " "))
        if self.random() < self.comments:
            text += self.remark()
        text += "\n"
        while self.random() < 0.2:
            text += self.choice(("\n", "    \n", f"  {self.remark()}\n" if self.comments else "\n"))
        return text + " " * self.choice((0, 2, 4, 8))

    def ending(self) -> str:
        """The end of a statement."""
        return (f"  {self.remark()}" if self.random() < self.comments else "") + "\n"

    def between(self) -> str:
        """Blank lines and comments above a statement."""
        text = ""
        while self.random() < 0.3:
            text += f"  {self.remark()}\n" if self.random() < self.comments else self.choice(("\n", "   \n"))
        return text

    # items and statements

    def name(self) -> str:
        return self.choice(NAMES)

    def use(self) -> str:
        return f"use{self.gap(False, least=' ')}{self.choice((self.name(), *TEXTS))}"

    def assigned(self, word: str, depth: int) -> str:
        name = f"{word}{self.gap(False, least=' ')}{self.name()}" if word else self.setting_name()
        return f"{name}{self.gap(False)}={self.gap(False, soft=True)}{self.chain(depth, False)}"

    def top_let(self) -> str:
        return self.assigned("let", 0)

    def setting_name(self) -> str:
        return self.choice((*NAMES, *KEYWORDS, "if", "repeat"))

    def block(self) -> str:
        parameters = f"({self.items(self.parameter, 1)})" if self.random() < 0.7 else ""
        return f"block {self.name()}{self.gap(False)}{parameters}{self.gap(False, soft=True)}{self.body(0)}"

    def model(self) -> str:
        return self.block().replace("block", "model", 1)

    def train(self) -> str:
        name = self.choice(("", f"{self.gap(False, least=' ')}{self.name()}"))
        head = f"train{name}{self.gap(False, soft=True)}"
        return head + self.braces(lambda: self.assigned("", 1), 0)

    def body(self, depth: int) -> str:
        return self.braces(lambda: self.statement(depth + 1), depth)

    def braces(self, statement: Callable[[], str], depth: int, *, least: int = 0) -> str:
        if self.random() < 0.1 and not least:
            return "{}" if self.random() < 0.5 else "{" + self.ending() + self.between() + "}"
        if self.random() < 0.4:
            return "{ " + statement() + self.choice((" }", "}"))
        text = "{" + self.choice(("", self.ending() + self.between()))
        for _ in range(self.randint(1, 3)):
            text += statement() + self.ending() + self.between()
        return text + "}"

    def statement(self, depth: int) -> str:
        kind = self.randrange(10)
        if kind == 0:
            return f"input {self.name()}{self.gap(False)}[{self.items(self.expression, depth, least=1)}]"
        if kind == 1:
            return f"expect [{self.items(self.expression, depth, least=1)}]"
        if kind == 2:
            return f"assert {self.expression(depth, False)}"
        if kind == 3:
            return self.assigned(self.choice(("let", "output", "share")), depth)
        if kind == 4:
            return self.like_calls()
        if kind == 5:
            return self.like_outputs()
        return self.chain(depth, False)

    def like_calls(self) -> str:
        """Lines for columns."""
        name, count = self.name(), self.randint(1, 3)
        lines = []
        for _ in range(self.randint(1, 5)):
            line = f"{name}({', '.join(str(self.randint(-5, 300)) for _ in range(count))})"
            line += self.choice(("", "", f" as {self.name()}")) + self.choice(("", "", f" -> {self.name()}"))
            lines.append(line)
        return "".join(line + self.ending() for line in lines[:-1]) + lines[-1]

    def like_outputs(self) -> str:
        word = self.choice(("let", "output", "share"))
        return "\n".join(f"{word} {self.name()} = {self.choice(NUMBERS)}" for _ in range(self.randint(1, 4)))

    # values

    def chain(self, depth: int, free: bool) -> str:
        steps = 1
        while self.random() < 0.3:
            steps += 1
        outer, self.flows = self.flows, steps > 1
        text = self.step(depth, free)
        for _ in range(steps - 1):
            text += f"{self.gap(free, soft=True)}->{self.gap(free, soft=True)}{self.step(depth, free)}"
        self.flows = outer
        return text

    def step(self, depth: int, free: bool) -> str:
        if depth < self.deepest and self.random() < 0.15:
            text = self.choice((self.repeat, self.if_))(depth, free)
        else:
            text = self.expression(depth, free)
        if self.random() < 0.15:
            text += f"{self.gap(free, soft=True, least=' ')}as{self.gap(free, least=' ')}{self.name()}"
        return text

    def repeat(self, depth: int, free: bool) -> str:
        text = f"repeat{self.gap(free, least=' ')}{self.expression(depth + 2, free)}"
        if self.random() < 0.5:
            text += f"{self.gap(free, soft=True, least=' ')}as{self.gap(free, least=' ')}{self.name()}"
        return text + self.gap(free, soft=True) + self.braces(lambda: self.statement(depth + 1), depth, least=1)

    def if_(self, depth: int, free: bool) -> str:
        condition = self.gap(free, least=" ") + self.expression(depth + 2, free)
        text = f"if{condition}{self.gap(free, soft=True)}{self.body(depth)}"
        if self.random() < 0.6:
            after = self.if_(depth + 1, free) if self.random() < 0.2 else self.body(depth)
            text += f"{self.gap(free, soft=True)}else{self.gap(free, least=' ')}{after}"
        return text

    def expression(self, depth: int, free: bool) -> str:
        kind = self.random()
        if kind < 0.65 or depth >= self.deepest:
            return self.postfix(depth, free)
        if kind < 0.7:
            return f"-{self.gap(free)}{self.postfix(depth, free)}"
        if kind < 0.75:
            return f"not{self.gap(free, least=' ')}{self.sum(depth, free)}"
        if kind < 0.8:
            left, right = self.sum(depth, free), self.sum(depth, free)
            # with `==`, an argument looks like a mistyped `=`
            return self.operation(left, self.choice(self.meant(COMPARE[free:])), right, free)
        if kind < 0.87:
            left, right = self.expression(depth + 1, free), self.sum(depth, free)
            return self.operation(left, self.choice(("and", "or")), right, free)
        return self.sum(depth, free)

    def sum(self, depth: int, free: bool) -> str:
        text = self.postfix(depth, free)
        while self.random() < 0.5:
            text = self.operation(text, self.choice(self.meant((*TIMES, "+", "-"))), self.postfix(depth, free), free)
        return text

    def meant(self, signs: tuple[str, ...]) -> tuple[str, ...]:
        """Between layers `//` looks like a comment of another language, and `>` like a mistyped arrow."""
        return tuple(sign for sign in signs if not (self.flows and sign in ("//", ">")))

    def operation(self, left: str, operator: str, right: str, free: bool) -> str:
        if operator == "%" and left[-1:].isdigit() and self.random() < 0.5 and right[0].isalnum():
            return f"{left}%{right}"
        before = self.gap(free, soft=operator in ("+", "and", "or"), least=" ")
        return f"{left}{before}{operator}{self.gap(free, soft=True, least=' ')}{right}"

    def postfix(self, depth: int, free: bool) -> str:
        if depth >= self.deepest:
            return self.atom(depth, free)
        kind = self.random()
        if kind < 0.4:
            return self.atom(depth, free)
        text = self.name()
        while self.random() < 0.6:
            choice = self.randrange(5)
            if choice == 0:
                word = self.choice((*NAMES, *KEYWORDS, "if", "repeat", "else"))
                text += f"{self.gap(free)}.{self.gap(free)}{word}"
            elif choice == 1:
                text += f"{self.gap(free)}[{self.gap(True)}{self.expression(depth + 1, True)}{self.gap(True)}]"
            else:
                text += f"{self.gap(free)}({self.items(self.argument, depth + 1)})"
        return text

    def atom(self, depth: int, free: bool) -> str:
        kind = self.randrange(8 if depth < self.deepest else 5)
        if kind < 3:
            return self.choice((*NAMES, "true", "false"))
        if kind == 3:
            return self.choice(NUMBERS)
        if kind == 4:
            return self.choice((*SIZES, *TEXTS))
        if kind == 5:
            return f"({self.gap(True)}{self.expression(depth + 1, True)}{self.gap(True)})"
        if kind == 6:
            return self.tuple(depth)
        return self.choice((self.rows(), f"[{self.items(self.argument, depth + 1)}]"))

    def tuple(self, depth: int) -> str:
        first = f"({self.gap(True)}{self.expression(depth + 1, True)}{self.gap(True)},"
        return first + self.items(self.expression, depth + 1) + ")"

    def rows(self) -> str:
        """A long list of numbers, or of lists of them."""
        length = self.choice((0, 3))
        items = []
        for _ in range(self.randint(1, 30)):
            numbers = [self.choice(NUMBERS) for _ in range(length or 1)]
            items.append(f"{self.gap(True)}[{', '.join(numbers)}]" if length else self.gap(True) + numbers[0])
        return f"[{','.join(items)}{self.choice(('', ','))}{self.gap(True)}]"

    def parameter(self, depth: int, free: bool) -> str:
        text = self.name()
        if self.random() < 0.5:
            text += f"{self.gap(free)}={self.gap(free)}{self.chain(depth, free)}"
        return text

    def argument(self, depth: int, free: bool) -> str:
        text = ""
        if self.random() < 0.4:
            text = f"{self.choice((*NAMES, *KEYWORDS))}{self.gap(free)}={self.gap(free)}"
        return text + self.chain(depth, free)

    def items(self, item: Callable[[int, bool], str], depth: int, least: int = 0) -> str:
        """What stands in a bracket."""
        text = self.gap(True)
        count = self.choice((least, 1, 1, 2, 3))
        for number in range(count):
            comma = "," if number < count - 1 or self.random() < 0.3 else ""
            text += item(depth, True) + self.gap(True) + comma + self.gap(True)
        return text
