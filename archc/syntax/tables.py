"""The parser's tables, kept between runs: computing them takes longer than most files take to check.

They lie as JSON, which runs no code when it is read, in the user's own cache folder, under a name
that says for which grammar and which lark they hold. Without a folder to write to, they are
computed each time.
"""

import json
import os
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

from archc.resources import cache_folder


def build(grammar: str, **options: Any) -> lark.Lark:
    """An LALR parser for a grammar, from the kept tables if they are there."""
    path = table_file(grammar)
    tables = _read(path)
    if tables is not None:
        try:
            return _loaded(tables, options)
        except Exception:
            # whatever is wrong with the file, computing the tables afresh mends it
            tables = None
    parser = lark.Lark(grammar, parser="lalr", lexer="basic", **options)
    _write(path, parser)
    return parser


def table_file(grammar: str) -> Path:
    """Where the tables of a grammar are kept."""
    name = f"grammar-{zlib.crc32(grammar.encode()):08x}-lark-{lark.__version__}.json"
    return cache_folder() / name


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def _write(path: Path, parser: lark.Lark) -> None:
    data, memo = cast(Any, parser).memo_serialize([TerminalDef, Rule])
    # what can't be written down is what the caller gives anew
    data["options"] = {k: v for k, v in data["options"].items() if k not in ("transformer", "postlex")}
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.write_text(json.dumps({"data": data, "memo": memo}), encoding="utf-8")
        draft.replace(path)
    except (OSError, TypeError):
        with suppress(OSError):
            draft.unlink()


def _loaded(tables: Any, options: dict[str, Any]) -> lark.Lark:
    """The parser of some tables; JSON has made texts of their numbers."""
    if tables["data"]["options"]["start"] != options["start"]:
        raise ValueError("tables for other start symbols")
    data, memo = tables["data"], {int(key): value for key, value in tables["memo"].items()}
    table = data["parser"]["parser"]
    table["tokens"] = {int(key): value for key, value in table["tokens"].items()}
    table["states"] = {
        int(state): {int(token): action for token, action in row.items()} for state, row in table["states"].items()
    }
    given = {key: options[key] for key in ("transformer", "postlex") if key in options}
    return cast(lark.Lark, cast(Any, lark.Lark)._load_from_dict(data, memo, **given))
