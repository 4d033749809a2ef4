"""Compiling: every function of the kernel, and what it takes to do it quickly and never stale.

The functions are compiled one by one, but made into machine code all together, when the way in
(`kept`) is compiled. That alone is kept on disk, under a stamp of the sources of this folder and of
every compiled rule: a change of any of them compiles it anew. (Numba by itself looks at the one
file only, and would keep the old code of a function called from another.)
"""

from __future__ import annotations

import ctypes
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir
from numba import _dynfunc, types
from numba.core import caching, codegen, registry

from doseline import calendars, chance, distributions, nuclides
from doseline.operations import crowd, ordering
from doseline.programme import course, rules
from doseline.simulate import fate, odds, transit

F = TypeVar("F", bound=Callable[..., Any])

COMPILED_FROM = (
    *(
        calendars,
        chance,
        distributions,
        nuclides,
        crowd,
        ordering,
        course,
        rules,
        fate,
        odds,
        transit,
    ),
)
"""The modules whose rules the kernel compiles."""

LEAST = (0, 68)
"""The first Numba that the kernel is made for."""

_USED: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (
        codegen.JITCodeLibrary,
        ("finalize", "_raise_if_finalized", "_get_module_for_linking"),
    ),
    (caching.FunctionCache, ("cache_path",)),
    (caching, ("IndexDataCacheFile",)),
    (_dynfunc, ("make_function",)),
    (
        type(registry.cpu_target.target_context),
        ("codegen", "get_executable", "add_dynamic_addr"),
    ),
)
"""What the kernel uses of Numba's inside, which no version promises."""


def lacking() -> str:
    """Why the Numba at hand cannot compile the kernel; empty where it can.

    >>> lacking()
    ''
    """
    number = tuple(int(x) for x in re.findall(r"\d+", numba.__version__)[:2])
    if number < LEAST:
        return f"Numba {numba.__version__} is older than {LEAST[0]}.{LEAST[1]}"
    for where, names in _USED:
        for name in names:
            if not hasattr(where, name):
                return (
                    f"Numba {numba.__version__} has no {getattr(where, '__name__', where)}.{name}"
                )
    return ""


_parts: set[str] = set()
_running: list[str] = []


def part(function: Callable[..., Any]) -> None:
    """Note that a function is made into machine code with the whole."""
    _parts.add(function.__qualname__)


def compiled(function: F) -> F:
    """The function, compiled as a part of the kernel: once, for constants and other numbers."""
    part(function)
    options = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    found = cast(Any, numba.njit(**options)(function))
    if numba.config.DISABLE_JIT:
        return function
    plainly = found.get_call_template

    def of_any_value(args: Any, kws: Any) -> Any:
        named = {name: types.unliteral(kind) for name, kind in dict(kws).items()}
        return plainly(tuple(types.unliteral(kind) for kind in args), named)

    found.get_call_template = of_any_value
    return cast(F, found)


def sources() -> tuple[Path, ...]:
    """Every file that the compiled kernel is made of."""
    own = sorted(Path(__file__).parent.glob("*.py"))
    return (*own, *(Path(cast(str, m.__file__)) for m in COMPILED_FROM))


def stamp_of(files: Iterable[Path]) -> str:
    """What tells one state of some files from another.

    >>> stamp_of([]) == stamp_of([])
    True
    """
    found = hashlib.blake2b(digest_size=16)
    for file in files:
        content = file.read_bytes()
        found.update(f"{file.name}:{len(content)}:".encode())
        found.update(content)
    return found.hexdigest()


class Kept(caching.FunctionCache):
    """The compiled way in on disk; what was compiled from other sources is not taken."""

    def __init__(self, function: Callable[..., Any], files: Iterable[Path]) -> None:
        super().__init__(function)
        self._cache_file = caching.IndexDataCacheFile(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=stamp_of(files),
        )


def kept(function: F, files: Iterable[Path] | None = None) -> F:
    """The function, compiled with all that it calls, and kept on disk as long as `files` stay.

    Without files, those of the kernel.
    """
    found = cast(Any, numba.njit(error_model="numpy", nogil=True)(function))
    if numba.config.DISABLE_JIT:
        return function
    found._cache = Kept(function, sources() if files is None else files)
    plainly = found.compile

    def compile(signature: Any) -> Any:
        with _alone(Path(found._cache.cache_path)), _all_at_once(function.__qualname__):
            return plainly(signature)

    found.compile = compile
    return cast(F, found)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """While no other process compiles: the second finds what the first has kept."""
    lock = None
    try:
        import fcntl

        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "kernel.lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    except (ImportError, OSError):  # nowhere to wait: each compiles for itself
        pass
    try:
        yield
    finally:
        if lock is not None:
            lock.close()


# -- machine code once ---------------------------------------------------------------------


class _Part(codegen.JITCodeLibrary):
    """A part of the kernel: code that waits for the whole. Nobody calls it from Python."""

    def finalize(self) -> None:
        self._raise_if_finalized()
        self._finalized = True

    def _get_module_for_linking(self) -> Any:
        own = super()._get_module_for_linking()
        if _running:
            return own
        found: dict[int, Any] = {}  # somebody else's code calls a part: it takes what that calls
        _behind(self, found)
        own = own.clone()
        for library in [x for x in reversed(found.values()) if x is not self]:
            module = codegen.JITCodeLibrary._get_module_for_linking(library)
            own.link_in(module, preserve=True)
        return own


class _Whole(codegen.JITCodeLibrary):
    """The way in with all its parts, linked and optimised together."""

    _linking_libraries: list[Any]

    def finalize(self) -> None:
        found: dict[int, Any] = {}
        linked: list[Any] = self._linking_libraries
        for library in linked:
            _behind(library, found)
        # who calls stands before what is called: LLVM leaves out what nobody has asked for yet
        self._linking_libraries = list(reversed(found.values()))
        super().finalize()


def _behind(library: Any, found: dict[int, Any]) -> None:
    """Add a library to those found, behind all that it calls."""
    if id(library) not in found:
        if isinstance(library, _Part):
            for called in library._linking_libraries:
                _behind(called, found)
        found[id(library)] = library


@contextmanager
def _all_at_once(whole: str) -> Iterator[None]:
    """While the way in is compiled: its parts are not made into machine code one by one.

    Otherwise each function would be optimised again inside everything that calls it.
    """
    context = registry.cpu_target.target_context
    made = context.codegen()
    plainly, executable = made.create_library, context.get_executable
    address = context.add_dynamic_addr

    def create(name: str, **options: Any) -> Any:
        if name == whole:
            return _Whole(made, name)
        return _Part(made, name) if name in _parts else plainly(name, **options)

    def run(library: Any, description: Any, environment: Any) -> Any:
        if isinstance(library, _Part):
            return _named(library, description, environment)
        return executable(library, description, environment)

    def place(builder: Any, where: int, info: str) -> Any:
        if info == "CPUDispatcher":  # a rule handed to a rule: its type says all, it has no value
            return ir.Constant(ir.IntType(8).as_pointer(), None)
        return address(builder, where, info)

    made.create_library, context.get_executable = create, run
    context.add_dynamic_addr = place
    _running.append(whole)
    try:
        yield
    finally:
        _running.pop()
        del made.create_library, context.get_executable, context.add_dynamic_addr


def _named(library: Any, description: Any, environment: Any) -> Any:
    """What Numba knows a part by; nobody calls it."""
    harmless = ctypes.cast(ctypes.pythonapi.PyObject_Repr, ctypes.c_void_p).value
    name = description.qualname.split(".")[-1]
    module = description.lookup_module()
    return _dynfunc.make_function(module, name, name, harmless, environment, (library,))
