"""The shape of a programme file for editors (JSON Schema), and its reference page.

Both are made from the same reflection as the reader, so they never say anything else.
"""

from __future__ import annotations

import inspect
from typing import Any

from doseline.calendars import HolidayRule
from doseline.formats.fields import ROOT, Bounds, Spec, all_sections, specs

__all__ = ["programme_schema", "reference_markdown"]

_BASIS = {
    "description": "where the numbers under it come from: ids of references, calc, assumption "
    "or hindsight",
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
}
_REMARK = {"description": "a remark for the reader", "type": ["string", "null"]}
_PLAIN = {"type": ["string", "number", "boolean", "null"]}
_STATED_PROPERTIES = {
    "value": {"description": "the value itself", **_PLAIN},
    "low": {"description": "the least it may be", **_PLAIN},
    "high": {"description": "the most it may be", **_PLAIN},
    "basis": {"$ref": "#/$defs/basis"},
    "why": _REMARK,
    "note": _REMARK,
}
_STATED = {
    "title": "a value with its basis",
    "type": "object",
    "additionalProperties": False,
    "required": ["value"],
    "properties": _STATED_PROPERTIES,
}
_PART = ".part"
_EXTENDS = "| `extends` | a programme file that is read first | a path relative to this file |  |"


def programme_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a programme file.

    An editor shows it for a file that begins with `# yaml-language-server: $schema=` and its path.
    """
    stated_list = {**_STATED, "properties": {**_STATED_PROPERTIES, "value": {"type": "array"}}}
    definitions: dict[str, Any] = {"basis": _BASIS, "stated": _STATED, "stated_list": stated_list}
    for part in ("", _PART):
        for cls in all_sections():
            definitions[cls.__name__ + part] = _section_schema(cls, part)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Doseline programme",
        "type": "object",
        "if": {"required": ["extends"]},
        "then": {"$ref": f"#/$defs/{ROOT.__name__}{_PART}"},
        "else": {"$ref": f"#/$defs/{ROOT.__name__}"},
        "$defs": definitions,
    }


def _section_schema(cls: type, part: str) -> dict[str, Any]:
    """A section; as a `part`, in a file that extends another, it may leave anything to it."""
    properties: dict[str, Any] = {spec.key: _key_schema(spec, part) for spec in specs(cls)}
    if cls is ROOT and part:
        properties["extends"] = {
            "description": "path of a programme file that is read first, relative to this one",
            "type": "string",
        }
    required = [] if part else [spec.key for spec in specs(cls) if spec.required]
    return {
        "type": "object",
        "description": inspect.getdoc(cls) or "",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
        "patternProperties": {"^basis$": {"$ref": "#/$defs/basis"}, "^(note|why)$": _REMARK},
    }


def _key_schema(spec: Spec, part: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"description": spec.what}
    default = _usual(spec)
    if default not in ("", "required"):
        schema["description"] += f" (left out: {default})"
    one: dict[str, Any]
    if spec.form is None:
        assert spec.section is not None
        one = {"$ref": f"#/$defs/{spec.section.__name__}{part}"}
        if spec.section is HolidayRule:
            one = {"anyOf": [{"type": "string"}, one]}
    else:
        one = {"anyOf": [{**spec.form.schema, **_limits(spec)}, {"$ref": "#/$defs/stated"}]}
    if spec.many:
        array: dict[str, Any] = {"type": "array", "items": one}
        if not spec.may_be_empty:
            array["minItems"] = 1
        one = array if spec.form is None else {"anyOf": [array, {"$ref": "#/$defs/stated_list"}]}
    if spec.optional or (spec.many and spec.may_be_empty):
        one = {"anyOf": [one, {"type": "null"}]}
    return {**schema, **one}


def _limits(spec: Spec) -> dict[str, Any]:
    if spec.form is None or spec.form.name not in ("whole", "number"):
        return {}
    words = {
        "minimum": spec.bounds.at_least,
        "exclusiveMinimum": spec.bounds.above,
        "maximum": spec.bounds.at_most,
    }
    return {word: value for word, value in words.items() if value is not None}


def _usual(spec: Spec) -> str:
    """What holds where the key is left out."""
    if spec.required:
        return "required"
    default = spec.default
    if default is None or default in ((), ""):
        return ""
    if spec.form is None:
        return "as below"
    if spec.many:
        return ", ".join(str(spec.form.write(one, "USD")) for one in default)
    if isinstance(default, bool):
        return "yes" if default else "no"
    if spec.name == "vials_included":
        return "all of them"
    return str(spec.form.write(default, "USD"))


def _form_words(spec: Spec) -> str:
    if spec.form is None:
        assert spec.section is not None
        words = f"[{_title(spec.section)}](#{_title(spec.section).replace(' ', '-')})"
    else:
        words = spec.form.looks
    words = f"list of {words}" if spec.many else words
    limits = _limit_words(spec.bounds) if spec.form is not None else ""
    return f"{words}{limits}"


def _limit_words(bounds: Bounds) -> str:
    if bounds.above is not None:
        return f", more than {bounds.above:g}"
    if bounds.at_least and bounds.at_most and bounds.at_most < 1e6:
        return f", {bounds.at_least:g} to {bounds.at_most:g}"
    return f", at least {bounds.at_least:g}" if bounds.at_least else ""


def _title(cls: type) -> str:
    """The name of a section in words.

    >>> _title(HolidayRule)
    'holiday rule'
    """
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in cls.__name__).strip()
    return "the whole file" if cls is ROOT else words


def reference_markdown() -> str:
    """The tables of the reference page: each section, its keys, and how each is written."""
    parts = []
    for cls in all_sections():
        says = " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split())
        rows = [
            f"| `{s.key}` | {_cell(s.what)} | {_cell(_form_words(s))} | {_cell(_usual(s))} |"
            for s in specs(cls)
        ]
        if cls is ROOT:
            rows.append(_EXTENDS)
        head = ["| Key | What it says | How it is written | Left out |", "|---|---|---|---|"]
        parts.append("\n".join([f"### {_title(cls)}", "", says, "", *head, *rows]))
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
