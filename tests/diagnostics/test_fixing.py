"""Applying fixes: to any text, never to its harm, and with an end."""

import re
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.diagnostics import Diagnostic, Edit, Fix
from archc.diagnostics.fixing import Mended, edited, harm, mend, plain
from archc.source import Source, Span

Rule = Callable[[Source], list[Diagnostic]]


def fault(span: Span, *fixes: str | tuple[Edit, ...], code: str = "E0301") -> Diagnostic:
    """A message about a span, whose fixes write something in its place."""
    made = [Fix("mend it", (Edit(span, fix),) if isinstance(fix, str) else fix) for fix in fixes]
    return Diagnostic(code, f"`{span.text}` is wrong", span, fixes=tuple(made))


def words(wrong: Mapping[str, str], code: str = "E0301") -> Rule:
    """Says of certain words that they are wrong, and what they should be."""

    def rule(source: Source) -> list[Diagnostic]:
        found = re.finditer("|".join(rf"\b{word}\b" for word in wrong), source.text)
        return [fault(source.span(*match.span()), wrong[match[0]], code=code) for match in found if match[0]]

    return rule


def mended(rules: Mapping[str, Rule] | Rule, files: Mapping[str, str] | str, shut: str = "") -> Mended:
    texts = {"a": files} if isinstance(files, str) else files
    by_file = {"a": rules} if callable(rules) else rules

    def check(drafts: Mapping[str, str]) -> list[Diagnostic]:
        now = {**texts, **drafts}
        return [said for name, rule in by_file.items() for said in rule(Source(name, plain(now[name])))]

    result = mend(check, lambda name: None if name == shut else texts.get(name))
    assert harm(result.found) <= harm(check({}))
    assert repr(list(result.found)) == repr(check(result.drafts))
    return result


def test_every_word_is_mended_at_once() -> None:
    result = mended(words({"dens": "dense", "cnov": "conv"}), "dens cnov relu dens")
    assert result.drafts == {"a": "dense conv relu dense"}
    assert [mend.diagnostic.span.start for mend in result.fixed if mend.diagnostic.span] == [0, 5, 15]
    assert result.found == () and result.refused == ()


def test_what_comes_to_light_is_mended_too() -> None:
    result = mended(words({"a": "b", "b": "c", "c": "d"}), "a")
    assert result.drafts == {"a": "d"} and len(result.fixed) == 3


def test_it_ends() -> None:
    assert mended(words({"a": "b", "b": "a"}), "a").found
    assert mended(words({"a": "a"}), "a").drafts == {}
    assert len(mended(words({"a": "a a"}), "a").refused) == 1


def test_what_does_harm_is_taken_back_alone() -> None:
    rule = words({"good": "fine", "bad": "worse worse", "worse": "bad"})
    result = mended(rule, "good bad good good bad good")
    assert result.drafts == {"a": "fine bad fine fine bad fine"}
    assert len(result.refused) == 2 and len(result.found) == 2


def test_errors_of_syntax_weigh_more_than_what_they_hide() -> None:
    """A bracket that is closed brings three errors to light; one that is opened would hide them."""

    def closing(source: Source) -> list[Diagnostic]:
        if "(" in source.text and ")" not in source.text:
            end = len(source.text)
            return [fault(source.span(end, end), ")", code="E0102")]
        return [fault(source.span(i, i + 1)) for i, sign in enumerate(source.text) if sign == "x"]

    result = mended(closing, "(xxx")
    assert result.drafts == {"a": "(xxx)"} and len(result.found) == 3

    def opening(source: Source) -> list[Diagnostic]:
        if "(" in source.text:
            return [fault(source.span(0, 1), code="E0102")]
        return [fault(source.span(i, i + 1), "(") for i, sign in enumerate(source.text) if sign == "x"]

    assert mended(opening, "xxx").drafts == {}


def test_fixes_that_clash_wait() -> None:
    def rule(source: Source) -> list[Diagnostic]:
        if source.text != "ab":
            return []
        return [fault(source.span(0, 2), "c"), fault(source.span(1, 2), "d"), fault(source.span(0, 0), "e")]

    result = mended(rule, "ab")
    assert result.drafts == {"a": "c"} and len(result.fixed) == 1


def test_the_first_of_several_fixes_is_taken_and_all_of_its_edits() -> None:
    def rule(source: Source) -> list[Diagnostic]:
        if "y" not in source.text:
            return []
        both = (Edit(source.span(0, 1), "1"), Edit(source.span(2, 3), ""))
        return [fault(source.span(0, 1), both, "other")]

    assert mended(rule, "x y").drafts == {"a": "1 "}


def test_places_in_other_files_are_mended_there() -> None:
    rules = {"main": words({"dens": "dense"}), "blocks": words({"rleu": "relu"})}
    files = {"main": "dens", "blocks": "rleu"}
    assert mended(rules, files).drafts == {"main": "dense", "blocks": "relu"}
    kept = mended(rules, files, shut="blocks")
    assert kept.drafts == {"main": "dense"} and len(kept.found) == 1


def test_what_speaks_of_another_text_is_left() -> None:
    """As a message about `--set`, or about a file that is read anew meanwhile."""
    result = mended(lambda source: [fault(Source("a", "other").span(0, 2), "x")], "text")
    assert result.drafts == {} and result.fixed == ()


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_marks_and_line_ends_stay(newline: str, mark: str) -> None:
    text = mark + newline.join(["one", "two", "three", ""])
    source = Source("a", plain(text))
    start = source.text.index("two")
    edits = [Edit(source.span(start, start + 3), "2\n2"), Edit(source.span(0, 3), "1")]
    assert edited(text, edits) == mark + newline.join(["1", "2", "2", "three", ""])
    line = Edit(source.span(start - 1, start + 3), "")
    assert edited(text, [line]) == mark + newline.join(["one", "three", ""])


@given(st.text("ab\n\r", max_size=30), st.data())
def test_a_text_is_edited_as_its_plain_form_is(text: str, data: st.DataObject) -> None:
    source = Source("a", plain(text))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(source.text)), max_size=6, unique=True)))
    edits = [Edit(source.span(*pair), "new\n") for pair in zip(cuts[::2], cuts[1::2], strict=False)]
    expected = source.text
    for edit in reversed(edits):
        expected = expected[: edit.span.start] + edit.text + expected[edit.span.end :]
    assert plain(edited(text, edits)) == expected or "\r" in text.replace("\r\n", "")
    assert plain(edited("\ufeff" + text, edits)) == plain(edited(text, edits))


def test_many_fixes_take_few_checks() -> None:
    checks = []

    def check(drafts: Mapping[str, str]) -> list[Diagnostic]:
        checks.append(drafts)
        return words({"dens": "dense", "bad": "worse worse"})(Source("a", drafts.get("a", text)))

    text = "dens\n" * 300 + "bad\n" + "dens\n" * 300
    result = mend(check, {"a": text}.get)
    assert result.found == () and len(checks) <= 4
