"""Vector instructions in functions that Numba compiles, as few lines of Python each.

An `instruction` is written as a function of arrays and positions, and what it does with them is
emitted as code where a compiled function calls it. Arrays are flat and real, and positions count
their numbers. Numba keeps on disk what it compiled of a file until that changes: files whose
compiled functions use an instruction want to be touched after a change here or there.
"""

from collections.abc import Callable
from inspect import Signature, signature
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from csmri.kernels.compilation import BYTES

FLAGS = ("contract", "nsz", "arcp", "reassoc")  # as in `compilation.compiled`
WHOLE, INDEX = ir.IntType(64), ir.IntType(32)


class Lanes:
    """A vector of real numbers in code that is being compiled; operators emit instructions."""

    def __init__(self, builder: Any, value: Any):
        self.builder, self.value = builder, value

    def __add__(self, other: "Lanes") -> "Lanes":
        return Lanes(self.builder, self.builder.fadd(self.value, other.value, flags=FLAGS))

    def __sub__(self, other: "Lanes") -> "Lanes":
        return Lanes(self.builder, self.builder.fsub(self.value, other.value, flags=FLAGS))

    def __neg__(self) -> "Lanes":
        return Lanes(self.builder, self.builder.fneg(self.value, flags=FLAGS))

    def __mul__(self, factor: "Lanes | float") -> "Lanes":
        vector = self.value.type
        if isinstance(factor, Lanes):
            value = factor.value
        else:
            value = ir.Constant(vector, [factor] * vector.count)
        return Lanes(self.builder, self.builder.fmul(self.value, value, flags=FLAGS))

    def mixed(self, other: "Lanes", order: list[int]) -> "Lanes":
        """Numbers of this vector and, counted on, of another."""
        chosen = ir.Constant(ir.VectorType(INDEX, len(order)), order)
        return Lanes(self.builder, self.builder.shuffle_vector(self.value, other.value, chosen))


class Position:
    """A whole number in code that is being compiled; `known` where it is written out there."""

    def __init__(self, builder: Any, value: Any, known: int = 0):
        self.builder, self.value, self.known = builder, value, known

    def __add__(self, other: "Position | int") -> "Position":
        return Position(self.builder, self.builder.add(self.value, self._value(other)))

    def __sub__(self, other: "Position | int") -> "Position":
        return Position(self.builder, self.builder.sub(self.value, self._value(other)))

    def __floordiv__(self, other: int) -> "Position":
        """By a positive number; positions are not negative."""
        return Position(self.builder, self.builder.udiv(self.value, self._value(other)))

    def __mul__(self, other: "Position | int") -> "Position":
        return Position(self.builder, self.builder.mul(self.value, self._value(other)))

    def at_most(self, last: "Position") -> "Position":
        """The smaller one of the two."""
        before = self.builder.icmp_signed("<", self.value, last.value)
        return Position(self.builder, self.builder.select(before, self.value, last.value))

    @staticmethod
    def _value(other: "Position | int") -> Any:
        return ir.Constant(WHOLE, other) if isinstance(other, int) else other.value


class Memory:
    """A flat array of real numbers in code that is being compiled."""

    def __init__(self, builder: Any, numbers: Any, kind: Any, size: int):
        self.builder, self._numbers, self._kind, self._size = builder, numbers, kind, size
        self.lanes = BYTES // size
        self.vector = ir.VectorType(kind, self.lanes)

    def load(self, position: Position) -> Lanes:
        """The vector that begins at a position."""
        return Lanes(self.builder, self.builder.load(self._at(position), align=self._size))

    def store(self, lanes: Lanes, position: Position) -> None:
        """Write a vector."""
        self.builder.store(lanes.value, self._at(position), align=self._size)

    def spread(self, position: Position) -> Lanes:
        """One number in all lanes."""
        return self.filled(self._number(position))

    def whole(self, position: Position) -> Position:
        """One number, of an array of whole ones."""
        return Position(self.builder, self._number(position))

    def chosen(self, position: Position, number: Any, like: "Memory") -> Lanes:
        """A number in lanes where an array of bool is true, 0 elsewhere."""
        flags = ir.VectorType(self._kind, like.lanes)
        pointer = self.builder.bitcast(self._pointer(position), ir.PointerType(flags))
        are = self.builder.icmp_unsigned(
            "!=", self.builder.load(pointer, align=1), ir.Constant(flags, None)
        )
        zero = ir.Constant(like.vector, None)
        return Lanes(self.builder, self.builder.select(are, like.filled(number).value, zero))

    def filled(self, number: Any) -> Lanes:
        """A number of compiled code in all lanes."""
        nothing = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(nothing, number, ir.Constant(INDEX, 0))
        return Lanes(self.builder, first).mixed(Lanes(self.builder, nothing), [0] * self.lanes)

    def zero(self) -> Lanes:
        """A vector of zeros."""
        return Lanes(self.builder, ir.Constant(self.vector, None))

    def _at(self, position: Position) -> Any:
        return self.builder.bitcast(self._pointer(position), ir.PointerType(self.vector))

    def _number(self, position: Position) -> Any:
        return self.builder.load(self._pointer(position))

    def _pointer(self, position: Position) -> Any:
        return self.builder.gep(self._numbers, [position.value])


def instruction(emit: Callable[..., None]) -> Any:
    """An instruction for compiled functions, from what emits its code.

    That is called with a `Memory` for an array and a `Position` for a whole number. Real numbers
    are left as the compiler has them.
    """

    def typed(context, *kinds):
        def generate(context, builder, made, values):
            def of(kind, value):
                if isinstance(kind, types.Array):
                    array = context.make_array(kind)(context, builder, value)
                    number = context.get_data_type(kind.dtype)
                    return Memory(builder, array.data, number, _bytes(kind))
                if isinstance(kind, types.Integer):
                    return Position(builder, value, getattr(kind, "literal_value", 0))
                return value

            emit(*(of(*pair) for pair in zip(made.args, values, strict=True)))
            return context.get_dummy_value()

        return types.void(*kinds), generate

    context, *_ = signature(typed).parameters.values()
    typed.__signature__ = Signature([context, *signature(emit).parameters.values()])
    return intrinsic(prefer_literal=True)(typed)


def _bytes(kind: Any) -> int:
    """Of a number of an array."""
    return getattr(kind.dtype, "bitwidth", 8) // 8
