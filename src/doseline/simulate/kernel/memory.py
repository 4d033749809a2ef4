"""The memory of a future as compiled code sees it: `c.orders[3].status`, `c.now`.

`c` is the address of one array of whole numbers (`layout`). A table's name gives the table; a place
of it is a row or a number, a slice an array that looks into the table. The name of a number gives
the number. Nothing is copied, counted or checked.
"""

from __future__ import annotations

import bisect
import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import from_dtype, types
from numba.core import cgutils
from numba.core.datamodel.models import OpaqueModel, register_default
from numba.core.imputils import (
    impl_ret_borrowed,
    lower_builtin,
    lower_getattr_generic,
    lower_setattr_generic,
)
from numba.core.typing.templates import (
    AbstractTemplate,
    AttributeTemplate,
    infer_getattr,
    infer_global,
    signature,
)
from numba.extending import intrinsic as _untyped_intrinsic
from numba.extending import overload
from numba.np.arrayobj import make_array, populate_array

from doseline.simulate.kernel.layout import AT, SCALARS, TABLES

_WORD = ir.IntType(64)
intrinsic: Any = _untyped_intrinsic


class Memory(types.Opaque):
    """The memory of a future."""


class Row(types.Opaque):
    """One row of a table. Its whole numbers are taken out as 64 bits, whatever they lie in."""

    def __init__(self, name: str) -> None:
        super().__init__(f"row of {name}")
        self.kind = np.dtype(TABLES[name])


class Table(types.Opaque):
    """One table of it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"table {name}")
        self.at = AT[name]
        self.kind = np.dtype(TABLES[name])
        self.element = Row(name) if self.kind.names else _taken_out(self.kind)


def _taken_out(kind: Any) -> Any:
    return types.float64 if kind.kind == "f" else types.int64


def _bits(kind: Any) -> Any:
    return ir.DoubleType() if kind.kind == "f" else ir.IntType(8 * kind.itemsize)


MEMORY = Memory("memory of a future")
register_default(Memory)(OpaqueModel)
register_default(Table)(OpaqueModel)
register_default(Row)(OpaqueModel)
_NAMES = frozenset(SCALARS)


def _word(builder: Any, memory: Any, at: int) -> Any:
    """Where a word of the memory stands."""
    words = builder.bitcast(memory, _WORD.as_pointer())
    return builder.gep(words, [ir.Constant(_WORD, at)])


# -- names ---------------------------------------------------------------------------------


@infer_getattr
class _MemoryNames(AttributeTemplate):
    key = Memory

    def generic_resolve(self, memory: Any, name: str) -> Any:
        if name in TABLES:
            return Table(name)
        return types.int64 if name in _NAMES else None


@lower_getattr_generic(Memory)
def _get(context: Any, builder: Any, kind: Any, memory: Any, name: str) -> Any:
    return memory if name in TABLES else builder.load(_word(builder, memory, AT[name]))


@lower_setattr_generic(Memory)
def _set(context: Any, builder: Any, sig: Any, args: Any, name: str) -> Any:
    memory, value = args
    builder.store(
        context.cast(builder, value, sig.args[1], types.int64), _word(builder, memory, AT[name])
    )


# -- rows ----------------------------------------------------------------------------------


@infer_getattr
class _RowNames(AttributeTemplate):
    key = Row

    def generic_resolve(self, row: Any, name: str) -> Any:
        return _taken_out(row.kind.fields[name][0]) if name in row.kind.fields else None


def _field(builder: Any, kind: Any, row: Any, name: str) -> tuple[Any, Any]:
    """What a field is, and where it stands."""
    field, offset = kind.fields[name]
    here = builder.gep(row, [ir.Constant(_WORD, offset)])
    return field, builder.bitcast(here, _bits(field).as_pointer())


def _load(builder: Any, kind: Any, here: Any) -> Any:
    found = builder.load(here)
    if kind.kind == "f" or kind.itemsize == 8:
        return found
    return builder.zext(found, _WORD) if kind.kind == "u" else builder.sext(found, _WORD)


def _store(context: Any, builder: Any, kind: Any, here: Any, value: Any, given: Any) -> None:
    wide = context.cast(builder, value, given, _taken_out(kind))
    if kind.kind != "f" and kind.itemsize < 8:
        wide = builder.trunc(wide, _bits(kind))
    builder.store(wide, here)


@lower_getattr_generic(Row)
def _get_field(context: Any, builder: Any, kind: Any, row: Any, name: str) -> Any:
    return _load(builder, *_field(builder, kind.kind, row, name))


@lower_setattr_generic(Row)
def _set_field(context: Any, builder: Any, sig: Any, args: Any, name: str) -> Any:
    row, value = args
    field, here = _field(builder, sig.args[0].kind, row, name)
    _store(context, builder, field, here, value, sig.args[1])


# -- places --------------------------------------------------------------------------------


@infer_global(operator.getitem)
class _TakeFrom(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        table, where = args
        if not isinstance(table, Table):
            return None
        if isinstance(where, types.SliceType):
            return signature(types.Array(from_dtype(table.kind), 1, "C"), table, where)
        if isinstance(where, types.Integer):
            return signature(table.element, table, types.int64)
        return None


@infer_global(operator.setitem)
class _PutInto(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        table, where, _ = args
        if isinstance(table, Table) and isinstance(where, types.Integer):
            return signature(types.none, table, types.int64, table.element)
        return None


def _place(builder: Any, kind: Any, memory: Any, at: int, where: Any) -> Any:
    """Where a place of a table stands."""
    base = builder.inttoptr(builder.load(_word(builder, memory, at)), cgutils.voidptr_t)
    size = ir.Constant(_WORD, kind.itemsize)
    return builder.gep(base, [builder.mul(where, size)])


@lower_builtin(operator.getitem, Table, types.Integer)
def _take(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    table = sig.args[0]
    found = _place(builder, table.kind, args[0], table.at, args[1])
    if table.kind.names:
        return found
    return _load(builder, table.kind, builder.bitcast(found, _bits(table.kind).as_pointer()))


@lower_builtin(operator.setitem, Table, types.Integer, types.Any)
def _put(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    table = sig.args[0]
    memory, where, value = args
    found = _place(builder, table.kind, memory, table.at, where)
    here = builder.bitcast(found, _bits(table.kind).as_pointer())
    _store(context, builder, table.kind, here, value, sig.args[2])
    return context.get_dummy_value()


@lower_builtin(operator.getitem, Table, types.SliceType)
def _look_into(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    """A part of a table, from one place on, to another or to the end."""
    memory, part = args
    kind = sig.args[0]
    slice_ = context.make_helper(builder, sig.args[1], value=part)
    length = builder.load(_word(builder, memory, kind.at + 1))
    short = builder.icmp_signed("<", slice_.stop, length)
    stop = builder.select(short, slice_.stop, length)
    made = make_array(sig.return_type)(context, builder)
    size = context.get_constant(types.intp, kind.kind.itemsize)
    data = _place(builder, kind.kind, memory, kind.at, slice_.start)
    populate_array(
        made,
        data=builder.bitcast(data, made.data.type),
        shape=cgutils.pack_array(builder, [builder.sub(stop, slice_.start)]),
        strides=cgutils.pack_array(builder, [size]),
        itemsize=size,
        meminfo=None,
    )
    return impl_ret_borrowed(context, builder, sig.return_type, made._getvalue())


@infer_global(len)
class _Length(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(types.int64, *args) if isinstance(args[0], Table) else None


@lower_builtin(len, Table)
def _length(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.load(_word(builder, args[0], sig.args[0].at + 1))


@intrinsic
def memory_at(_context: Any, address: Any) -> Any:
    """The memory of a future from its address."""

    def build(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], cgutils.voidptr_t)

    return MEMORY(address), build


def _fetching(table: Any, lines: int) -> Any:
    def build(context: Any, builder: Any, __: Any, args: Any) -> Any:
        row = _place(builder, table.kind, args[0], table.at, args[1])
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [row.type, number, number, number])
        call = builder.module.declare_intrinsic("llvm.prefetch", [row.type], kind)
        for line in range(0, table.kind.itemsize, 64)[:lines]:
            here = builder.gep(row, [ir.Constant(_WORD, line)])
            builder.call(call, [here, *(ir.Constant(number, n) for n in (1, 3, 1))])
        return context.get_dummy_value()

    return types.none(table, types.int64), build


@intrinsic
def fetch(_context: Any, table: Any, where: Any) -> Any:
    """Let the processor bring a row near, which is soon asked for; nothing else happens."""
    return _fetching(table, 64)


@intrinsic
def fetch_begin(_context: Any, table: Any, where: Any) -> Any:
    """The same for the first line of the row."""
    return _fetching(table, 1)


# -- the rest that compiled code asks for --------------------------------------------------


@intrinsic
def as_float(_context: Any, bits: Any) -> Any:
    """The float whose bits a whole number has."""

    def build(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), build


@overload(bisect.bisect_right)
def _bisect_right(a: Any, x: Any, lo: Any = 0) -> Any:
    def found(a: Any, x: Any, lo: Any = 0) -> Any:
        hi = len(a)
        while lo < hi:
            middle = (lo + hi) // 2
            if x < a[middle]:
                hi = middle
            else:
                lo = middle + 1
        return lo

    return found


@overload(bisect.bisect_left)
def _bisect_left(a: Any, x: Any, lo: Any = 0) -> Any:
    def found(a: Any, x: Any, lo: Any = 0) -> Any:
        hi = len(a)
        while lo < hi:
            middle = (lo + hi) // 2
            if a[middle] < x:
                lo = middle + 1
            else:
                hi = middle
        return lo

    return found
