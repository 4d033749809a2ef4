"""Every page is run: its Python, its commands and its links; and nothing public goes unsaid."""

import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
RUN_PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
REFERENCE = ROOT / "docs" / "reference"

DOSELINE = "import sys; sys.argv[0] = 'doseline'; from doseline.cli import main; sys.exit(main())"


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


# --------------------------------------------------------------------------- what a page runs


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its marks (`no-run`, `exit=2`), its text, where it stands."""

    page: Path
    line: int
    language: str
    marks: frozenset[str]
    text: str

    @property
    def place(self) -> str:
        return f"{page_id(self.page)}:{self.line}"


def blocks_of(page: Path) -> Iterator[Block]:
    opening: re.Match[str] | None = None
    start, held = 0, list[str]()
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if opening is None:
            opening = re.match(r"(`{3,})\s*(\S*)\s*(.*)$", line)
            start, held = number, []
        elif re.fullmatch(rf"{opening[1]}`*\s*", line):
            marks = frozenset(opening[3].split())
            yield Block(page, start, opening[2], marks, "\n".join(held) + "\n")
            opening = None
        else:
            held.append(line)
    assert opening is None, f"{page_id(page)}:{start}: the block is never closed"


@pytest.mark.parametrize("page", RUN_PAGES, ids=page_id)
def test_what_the_page_says_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blocks of a page run in order, in a folder that holds copies of the examples."""
    chosen = [b for b in blocks_of(page) if b.language in {"python", "console"}]
    chosen = [b for b in chosen if "no-run" not in b.marks]
    if not chosen:
        return
    for folder in ("examples", "tests/data"):
        if (ROOT / folder).is_dir():
            ignored = shutil.ignore_patterns("broken", "__pycache__")
            shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    monkeypatch.chdir(tmp_path)
    for block in chosen:
        if block.language == "python":
            run_python(block)
        else:
            run_commands(block)


def run_python(block: Block) -> None:
    # Empty lines in front, so that a traceback names the line of the page.
    code = compile("\n" * block.line + block.text, str(block.page), "exec")
    exec(code, {"__name__": "__page__"})


def run_commands(block: Block) -> None:
    expected = next((int(m[5:]) for m in block.marks if m.startswith("exit=")), 0)
    text = block.text.replace("\\\n", " ")
    for line in (found for found in text.splitlines() if found.startswith("$ doseline")):
        words = shlex.split(line[2:])
        assert not {"|", ">", "&&", ";"} & set(words), f"{block.place}: one plain command a line"
        run = subprocess.run(
            [sys.executable, "-c", DOSELINE, *words[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100"},
        )
        told = f"{block.place}: {line}\n{run.stdout[-2000:]}{run.stderr[-2000:]}"
        assert run.returncode == expected, told


# --------------------------------------------------------------- nothing public goes unsaid


def sections_of(page: Path) -> dict[str, str]:
    """The text under each heading (of any depth), up to the next heading; code blocks apart."""
    sections, heading, fenced = {"": ""}, "", False
    for line in page.read_text(encoding="utf-8").splitlines():
        fenced ^= line.startswith("```")
        if not fenced and (found := re.match(r"#+ (.*)", line)):
            heading = found[1].strip()
            sections[heading] = ""
        else:
            sections[heading] += line + "\n"
    return sections


def entries_in(text: str) -> set[str]:
    """The names that a text explains: those which open a table row or a list item."""
    return set(re.findall(r"^\s*(?:\||-|\*)\s*`([^`]+)`", text, flags=re.MULTILINE))


def entries_of(page: Path) -> set[str]:
    """The same for a whole page, with the names that stand in its headings."""
    sections = sections_of(page)
    named = {name for heading in sections for name in re.findall(r"`([^`]+)`", heading)}
    return named.union(*map(entries_in, sections.values()))


def registered_commands() -> dict[str, Any]:
    import typer.main

    from doseline.cli import app

    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def command_sections() -> dict[str, str]:
    sections = sections_of(REFERENCE / "commands.md")
    headed = {heading: re.fullmatch(r"`doseline (\S+).*`", heading) for heading in sections}
    return {found[1]: sections[heading] for heading, found in headed.items() if found}


def test_every_command_has_its_section_and_every_section_its_command() -> None:
    assert set(command_sections()) == set(registered_commands())


def test_every_option_of_a_command_is_explained() -> None:
    told = command_sections()
    unsaid = [
        f"{name} {option}"
        for name, command in registered_commands().items()
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--") and option != "--help"
        if f"`{option}" not in told.get(name, "")
    ]
    assert unsaid == []


def test_every_error_has_its_entry() -> None:
    import doseline.errors

    defined = classes_defined_in(doseline.errors)
    errors = {cls.__name__ for cls in defined if issubclass(cls, Exception)}
    assert errors
    assert errors - entries_of(REFERENCE / "errors.md") == set()


def test_every_field_of_a_certificate_has_its_entry() -> None:
    from doseline.plan.proof.certificate import BySolver, Certificate, Claims
    from doseline.plan.proof.duals import Multipliers, Proven
    from doseline.plan.proof.rounding import Cut
    from doseline.studies.certified import Asked

    told = sections_of(REFERENCE / "certificate.md")
    for cls, heading in (
        (Asked, "asked"),
        (Certificate, "certificate"),
        (Claims, "claims"),
        (BySolver, "solver"),
        (Proven, "doses and cost"),
        (Multipliers, "doses and cost"),
        (Cut, "cuts"),
    ):
        names = set(re.findall(r"`([a-z_]+)`", told[heading]))
        assert {field.name for field in fields(cls)} <= names, heading


def test_every_event_has_its_entry() -> None:
    import doseline.operations.events

    defined = classes_defined_in(doseline.operations.events)
    events = {cls.__name__ for cls in defined if is_dataclass(cls)}
    assert events
    assert events - entries_of(REFERENCE / "events.md") == set()


def classes_defined_in(module: Any) -> list[type]:
    return [
        cls
        for name, cls in inspect.getmembers(module, inspect.isclass)
        if cls.__module__ == module.__name__ and not name.startswith("_")
    ]


def test_every_field_of_the_programme_file_has_its_entry() -> None:
    """For each kind of thing in the file one section explains all of its fields."""
    from doseline.formats import programme_schema

    schema: dict[str, Any] = programme_schema()
    kinds = {"programme": schema, **schema.get("$defs", {})}
    told = [entries_in(text) for text in sections_of(REFERENCE / "programme-file.md").values()]
    unsaid = {}
    for name, kind in kinds.items():
        fields = set(kind.get("properties", {}))
        missing = min((fields - entries for entries in told), key=len)
        if missing:
            unsaid[name] = sorted(missing)
    assert any(kind.get("properties") for kind in kinds.values())
    assert unsaid == {}


# ------------------------------------------------------------------------- links and leftovers


def slugs_of(page: Path) -> set[str]:
    """The anchors a page offers, made from its headings as GitHub makes them."""
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in sections_of(page))
    return {text.replace(" ", "-") for text in kept}


def links_of(page: Path) -> Iterator[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    text = re.sub(r"`[^`\n]*`", "", text)
    yield from re.findall(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)", text)
    yield from re.findall(r"<(?:img|a)\b[^>]*?(?:src|href)=\"([^\"]+)\"", text)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_somewhere(page: Path) -> None:
    local = [link for link in links_of(page) if not re.match(r"[a-z]+:", link)]
    assert [link for link in local if not leads_somewhere(page, link)] == []


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.is_relative_to(ROOT) or not target.exists():
        return False
    return not (anchor and target.suffix == ".md") or anchor in slugs_of(target)


FORBIDDEN = re.compile(
    r"(?<![\w.])/(?:work|root|opt/wheels)/"
    r"|\.\./shared\b"
    r"|\bsub-?agents?\b"
    r"|https?://[^\s\"'<>]*/(?:simple|packages)/"
    r"|(?<![\w-])--(?:extra-)?index-url\b"
    r"|\bpythonhosted\.org\b",
    re.IGNORECASE,
)


def test_no_file_speaks_of_the_place_where_it_was_written() -> None:
    """No path of one machine and no address of a package registry."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in text_files()
        if path != Path(__file__).resolve()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if FORBIDDEN.search(line)
    ]
    assert found == []


def text_files() -> Iterator[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listing.stdout.decode().split("\0")):
        path = ROOT / name
        if path.is_file() and is_text(path.read_bytes()):
            yield path


def is_text(content: bytes) -> bool:
    """Whether it reads as UTF-8; the broken files of the tests need not."""
    if b"\0" in content:
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
