"""The pydantic models of the programme file, made from the dataclasses that declare it.

A model takes the tree of the file as it stands: mappings and lists, with each value still a
`Scalar`. Each value is read by the form of its field; a sound section becomes its dataclass at
once and is then judged by the rules of `sanity`. pydantic gathers the faults of all sections.
"""

from __future__ import annotations

import math
import re
from functools import cache, partial
from typing import Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationInfo,
    create_model,
)
from pydantic_core import PydanticCustomError

from doseline.calendars import HolidayRule
from doseline.errors import DoselineError
from doseline.formats.fields import ROOT, Spec, specs
from doseline.formats.sanity import sanity_of
from doseline.formats.yaml_text import Items, Mapping, Node, Scalar

__all__ = ["RULE", "VALUE", "adapter_of", "model_of", "plain", "read_value"]

VALUE = "doseline_value"
RULE = "doseline_rule"
_LONGEST_NUMBER = 100
_BIG_POWER = re.compile(r"[eE][+-]?0*\d{3,}")

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | Scalar | None"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, protected_namespaces=())


def plain(node: Node) -> Plain:
    """The tree as pydantic takes it; a value that was left empty is None."""
    match node:
        case Mapping():
            return {key: plain(value) for key, value in node.entries.items()}
        case Items():
            return [plain(value) for value in node.values]
        case _:
            return None if node.empty else node


def _refused(message: str) -> PydanticCustomError:
    return PydanticCustomError(VALUE, "{message}", {"message": message})


def _found(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return value.shown() if isinstance(value, Scalar) else f'"{value}"'


def read_value(spec: Spec, value: object, currency: str) -> Any:
    """What a value of the file means. Raises PydanticCustomError where it is refused."""
    form = spec.form
    assert form is not None
    text = value.text.strip() if isinstance(value, Scalar) else ""
    if isinstance(value, Scalar) and form.name == "text":
        return value.text
    if not isinstance(value, Scalar) or not text:
        raise _refused(f"found {_found(value)}, expected {form.looks}")
    measured = form.counts or form.name == "time"
    if measured and (len(text) > _LONGEST_NUMBER or _BIG_POWER.search(text)):
        raise _refused(f"found {value.shown()}, expected {form.looks}; it is too long or too large")
    try:
        read = form.read(text, currency)
    except (DoselineError, OverflowError) as error:
        raise _refused(f"{error}{_comma_hint(text)}") from None
    if form.counts:
        expected = spec.bounds.refuses(read) if isinstance(read, int | float) else ""
        if isinstance(read, float) and not math.isfinite(read):
            expected = "a finite number"
        if expected:
            raise _refused(f"found {value.shown()}, expected {expected}")
    return read


def _comma_hint(text: str) -> str:
    if text.count("(") > text.count(")"):
        return "; inside { } or [ ] a text with commas stands in quotes"
    return ""


def _reader(spec: Spec) -> PlainValidator:
    def read(value: object, info: ValidationInfo) -> Any:
        return read_value(spec, value, (info.context or {}).get("currency", "USD"))

    return PlainValidator(read)


def _region(value: object) -> object:
    """A holiday rule may be written as the code of its region alone."""
    return {"region": value} if isinstance(value, Scalar) else value


def _made(cls: type, model: BaseModel) -> Any:
    """The dataclass of a sound section, after its own rules have been asked."""
    try:
        made = cls(**{spec.name: getattr(model, spec.name) for spec in specs(cls)})
    except DoselineError as error:
        raise _refused(str(error)) from None
    faults = list(sanity_of(made))
    if faults:
        raise PydanticCustomError(RULE, "rule", {"faults": faults})
    return made


def _nothing(value: object) -> object:
    return () if value is None else value


def _something(value: object) -> object:
    if value == []:
        raise _refused("found an empty list, expected at least one entry")
    return value


def _type_of(spec: Spec) -> Any:
    one: Any
    if spec.form is not None:
        one = Annotated[Any, _reader(spec)]
    else:
        assert spec.section is not None
        one = Annotated[model_of(spec.section), AfterValidator(partial(_made, spec.section))]
        if spec.section is HolidayRule:
            one = Annotated[one, BeforeValidator(_region)]
    if spec.many:
        one = tuple[one, ...]
        one = Annotated[one, BeforeValidator(_nothing if spec.may_be_empty else _something)]
    return one | None if spec.optional else one


def _field_of(spec: Spec) -> Any:
    if spec.required:
        return Field(alias=spec.key, description=spec.what)
    return Field(alias=spec.key, description=spec.what, default_factory=lambda: spec.default)


@cache
def model_of(cls: type) -> type[BaseModel]:
    """The model of a section."""
    made: dict[str, Any] = {s.name: (_type_of(s), _field_of(s)) for s in specs(cls)}
    if "why" not in made:
        made["said_why"] = (Any, Field(alias="why", default=None, description="a remark"))
    return create_model(cls.__name__, __base__=_Section, __doc__=cls.__doc__, **made)


@cache
def adapter_of(key: str) -> TypeAdapter[Any]:
    """What reads one key of the whole file, so that a fault in one hides none in another."""
    spec = next(s for s in specs(ROOT) if s.key == key)
    return TypeAdapter(_type_of(spec))
