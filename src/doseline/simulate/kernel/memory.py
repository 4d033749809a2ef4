"""The memory of a future as compiled code sees it: `c.orders[3].status`, `c.now`.

`c` is the address of one array of whole numbers (`layout`). A table's name gives the table, of which
a place is a row, a number, or for a slice an array that looks into the table; the name of a number
gives the number. Nothing is copied, counted or checked.
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
from numba.extending import intrinsic, overload
from numba.np.arrayobj import make_array, populate_array

from doseline.simulate.kernel.layout import AT, SCALARS, TABLES

_WORD = ir.IntType(64)


class Memory(types.Opaque):  # type: ignore[misc]
    """The memory of a future."""


class Table(types.Opaque):  # type: ignore[misc]
    """One table of it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"table {name}")
        self.at = AT[name]
        self.element = from_dtype(np.dtype(TABLES[name]))


MEMORY = Memory("memory of a future")
register_default(Memory)(OpaqueModel)
register_default(Table)(OpaqueModel)
_NAMES = frozenset(SCALARS)


def _word(builder: Any, memory: Any, at: int) -> Any:
    """Where a word of the memory stands."""
    words = builder.bitcast(memory, _WORD.as_pointer())
    return builder.gep(words, [ir.Constant(_WORD, at)])


# -- names ---------------------------------------------------------------------------------


@infer_getattr
class _MemoryNames(AttributeTemplate):  # type: ignore[misc]
    key = Memory

    def generic_resolve(self, memory: Any, name: str) -> Any:
        if name in TABLES:
            return Table(name)
        return types.int64 if name in _NAMES else None


@lower_getattr_generic(Memory)  # type: ignore[untyped-decorator]
def _get(context: Any, builder: Any, kind: Any, memory: Any, name: str) -> Any:
    return memory if name in TABLES else builder.load(_word(builder, memory, AT[name]))


@lower_setattr_generic(Memory)  # type: ignore[untyped-decorator]
def _set(context: Any, builder: Any, sig: Any, args: Any, name: str) -> Any:
    memory, value = args
    builder.store(context.cast(builder, value, sig.args[1], types.int64), _word(builder, memory, AT[name]))


# -- places --------------------------------------------------------------------------------


@infer_global(operator.getitem)
class _TakeFrom(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, kws: Any) -> Any:
        table, where = args
        if not isinstance(table, Table):
            return None
        if isinstance(where, types.SliceType):
            return signature(types.Array(table.element, 1, "C"), table, where)
        if isinstance(where, types.Integer):
            return signature(table.element, table, types.int64)
        return None


@infer_global(operator.setitem)
class _PutInto(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, kws: Any) -> Any:
        table, where, _ = args
        if isinstance(table, Table) and isinstance(where, types.Integer):
            return signature(types.none, table, types.int64, table.element)
        return None


def _place(context: Any, builder: Any, table: Any, memory: Any, where: Any) -> Any:
    """Where a place of a table stands."""
    kind = context.get_data_type(table.element)
    base = builder.inttoptr(builder.load(_word(builder, memory, table.at)), kind.as_pointer())
    return builder.gep(base, [where])


@lower_builtin(operator.getitem, Table, types.Integer)  # type: ignore[untyped-decorator]
def _take(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    found = _place(context, builder, sig.args[0], *args)
    if isinstance(sig.return_type, types.Record):
        return builder.bitcast(found, context.get_value_type(sig.return_type))
    return context.unpack_value(builder, sig.return_type, found)


@lower_builtin(operator.setitem, Table, types.Integer, types.Any)  # type: ignore[untyped-decorator]
def _put(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    memory, where, value = args
    found = _place(context, builder, sig.args[0], memory, where)
    context.pack_value(builder, sig.args[2], value, found)
    return context.get_dummy_value()


@lower_builtin(operator.getitem, Table, types.SliceType)  # type: ignore[untyped-decorator]
def _look_into(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    """A part of a table, from one place on, to another or to the end."""
    memory, part = args
    kind = sig.args[0]
    slice_ = context.make_helper(builder, sig.args[1], value=part)
    length = builder.load(_word(builder, memory, kind.at + 1))
    short = builder.icmp_signed("<", slice_.stop, length)
    stop = builder.select(short, slice_.stop, length)
    made = make_array(sig.return_type)(context, builder)
    size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(kind.element)))
    populate_array(
        made,
        data=_place(context, builder, kind, memory, slice_.start),
        shape=cgutils.pack_array(builder, [builder.sub(stop, slice_.start)]),
        strides=cgutils.pack_array(builder, [size]),
        itemsize=size,
        meminfo=None,
    )
    return impl_ret_borrowed(context, builder, sig.return_type, made._getvalue())


@intrinsic  # type: ignore[untyped-decorator]
def _length(_context: Any, table: Any) -> Any:
    def build(_: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(_word(builder, args[0], sig.args[0].at + 1))

    return types.int64(table), build


@overload(len)  # type: ignore[untyped-decorator]
def _len(table: Any) -> Any:
    return (lambda table: _length(table)) if isinstance(table, Table) else None


@intrinsic  # type: ignore[untyped-decorator]
def memory_at(_context: Any, address: Any) -> Any:
    """The memory of a future from its address."""

    def build(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], cgutils.voidptr_t)

    return MEMORY(address), build


# -- the rest that compiled code asks for --------------------------------------------------


@intrinsic  # type: ignore[untyped-decorator]
def call_out(_context: Any, address: Any, what: Any, which: Any) -> Any:
    """Ask Python something that this world has not been asked before."""

    def build(_: Any, builder: Any, __: Any, args: Any) -> Any:
        kind = ir.FunctionType(_WORD, [_WORD, _WORD]).as_pointer()
        return builder.call(builder.inttoptr(args[0], kind), args[1:])

    return types.int64(types.int64, types.int64, types.int64), build


@intrinsic  # type: ignore[untyped-decorator]
def as_float(_context: Any, bits: Any) -> Any:
    """The float whose bits a whole number has."""

    def build(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), build


@overload(bisect.bisect_right)  # type: ignore[untyped-decorator]
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


@overload(bisect.bisect_left)  # type: ignore[untyped-decorator]
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
