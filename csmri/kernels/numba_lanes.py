"""Vector instructions for Fourier transforms: butterflies, and ways between images and lanes.

A lane is a line of an image, a row or a column. As many lines are transformed side by side as a
vector of 32 bytes holds numbers: in a buffer the n-th samples of all of them lie beside each other,
the real parts and then the imaginary ones, so that every instruction works on a full vector. Arrays
are flat and real, and positions count their numbers. Numba keeps on disk what it compiled of a file
until that changes: numba_fft.py and numba_spectra.py want to be touched after a change here.
"""

from collections.abc import Callable
from inspect import Signature, signature
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from csmri.kernels.butterflies import Complex, dft

BYTES = 32  # of a vector: AVX2, half of AVX-512, twice NEON
FLAGS = ("contract", "nsz", "arcp", "reassoc")  # as in `compilation.compiled`
WHOLE, INDEX = ir.IntType(64), ir.IntType(32)


class Lanes:
    """A vector of real numbers in code that is being compiled; operators emit instructions."""

    def __init__(self, builder: Any, value: Any):
        self._builder, self.value = builder, value

    def __add__(self, other: "Lanes") -> "Lanes":
        return Lanes(self._builder, self._builder.fadd(self.value, other.value, flags=FLAGS))

    def __sub__(self, other: "Lanes") -> "Lanes":
        return Lanes(self._builder, self._builder.fsub(self.value, other.value, flags=FLAGS))

    def __neg__(self) -> "Lanes":
        return Lanes(self._builder, self._builder.fneg(self.value, flags=FLAGS))

    def __mul__(self, factor: "Lanes | float") -> "Lanes":
        vector = self.value.type
        if isinstance(factor, Lanes):
            value = factor.value
        else:
            value = ir.Constant(vector, [factor] * vector.count)
        return Lanes(self._builder, self._builder.fmul(self.value, value, flags=FLAGS))

    def mixed(self, other: "Lanes", order: list[int]) -> "Lanes":
        """Numbers of this vector and, counted on, of another."""
        chosen = ir.Constant(ir.VectorType(INDEX, len(order)), order)
        return Lanes(self._builder, self._builder.shuffle_vector(self.value, other.value, chosen))


class Position:
    """A whole number in code that is being compiled; `known` where it is written out there."""

    def __init__(self, builder: Any, value: Any, known: int = 0):
        self._builder, self.value, self.known = builder, value, known

    def __add__(self, other: "Position | int") -> "Position":
        return Position(self._builder, self._builder.add(self.value, self._value(other)))

    def __mul__(self, other: "Position | int") -> "Position":
        return Position(self._builder, self._builder.mul(self.value, self._value(other)))

    def at_most(self, last: "Position") -> "Position":
        """The smaller one of the two."""
        before = self._builder.icmp_signed("<", self.value, last.value)
        return Position(self._builder, self._builder.select(before, self.value, last.value))

    @staticmethod
    def _value(other: "Position | int") -> Any:
        return ir.Constant(WHOLE, other) if isinstance(other, int) else other.value


class Memory:
    """A flat array of real numbers in code that is being compiled."""

    def __init__(self, builder: Any, numbers: Any, kind: Any, size: int):
        self._builder, self._numbers, self._kind, self._size = builder, numbers, kind, size
        self.lanes = BYTES // size
        self._vector = ir.VectorType(kind, self.lanes)

    def load(self, position: Position) -> Lanes:
        """The vector that begins at a position."""
        return Lanes(self._builder, self._builder.load(self._at(position), align=self._size))

    def store(self, lanes: Lanes, position: Position) -> None:
        """Write a vector."""
        self._builder.store(lanes.value, self._at(position), align=self._size)

    def spread(self, position: Position) -> Lanes:
        """One number in all lanes."""
        return self.filled(self._number(position))

    def whole(self, position: Position) -> Position:
        """One number, of an array of whole ones."""
        return Position(self._builder, self._number(position))

    def chosen(self, position: Position, number: Any, like: "Memory") -> Lanes:
        """A number in lanes where an array of bool is true, 0 elsewhere."""
        flags = ir.VectorType(self._kind, like.lanes)
        pointer = self._builder.bitcast(self._pointer(position), ir.PointerType(flags))
        are = self._builder.icmp_unsigned(
            "!=", self._builder.load(pointer, align=1), ir.Constant(flags, None)
        )
        zero = ir.Constant(like._vector, None)
        return Lanes(self._builder, self._builder.select(are, like.filled(number).value, zero))

    def filled(self, number: Any) -> Lanes:
        """A number of compiled code in all lanes."""
        nothing = ir.Constant(self._vector, ir.Undefined)
        first = self._builder.insert_element(nothing, number, ir.Constant(INDEX, 0))
        return Lanes(self._builder, first).mixed(Lanes(self._builder, nothing), [0] * self.lanes)

    def _at(self, position: Position) -> Any:
        return self._builder.bitcast(self._pointer(position), ir.PointerType(self._vector))

    def _number(self, position: Position) -> Any:
        return self._builder.load(self._pointer(position))

    def _pointer(self, position: Position) -> Any:
        return self._builder.gep(self._numbers, [position.value])


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


@instruction
def butterfly(radix, room, first, step):
    """Transform the `radix` samples at first, first + step, … in place."""
    _store(dft(_load(radix, room, first, step)), room, first, step)


@instruction
def turning_butterfly(radix, room, first, step, twiddles, at):
    """The same, and all results but the first times a complex number of the table."""
    x = dft(_load(radix, room, first, step))
    for k in range(1, radix.known):
        re = at + 2 * (k - 1)
        x[k] = x[k].turned(Complex(twiddles.spread(re), twiddles.spread(re + 1)))
    _store(x, room, first, step)


def _load(radix: Position, room: Memory, first: Position, step: Position) -> list[Complex]:
    places = [first + step * k for k in range(radix.known)]
    return [Complex(room.load(re), room.load(re + room.lanes)) for re in places]


def _store(x: list[Complex], room: Memory, first: Position, step: Position) -> None:
    for k, number in enumerate(x):
        re = first + step * k
        room.store(number.re, re)
        room.store(number.im, re + room.lanes)


@instruction
def rows_to_lanes(image, first, pitch, last, buffer, re, im):
    """The next few columns, half as many as lanes, of the rows first, first + pitch, … last."""
    rows = [image.load(place) for place in _rows(image, first, pitch, last)]
    for k, lanes in enumerate(transposed(rows)):
        buffer.store(lanes, (im if k % 2 else re) + k // 2 * 2 * buffer.lanes)


@instruction
def lanes_to_rows(buffer, places, k, re, im, scale, image, first, pitch, last):
    """The way back, from the places number k, k + 1, … and all numbers times `scale`."""
    scales, columns = buffer.filled(scale), []
    for more in range(buffer.lanes // 2):
        place = places.whole(k + more)
        columns += [buffer.load(place + re) * scales, buffer.load(place + im) * scales]
    for row, place in zip(transposed(columns), _rows(image, first, pitch, last), strict=True):
        image.store(row, place)


def _rows(image: Memory, first: Position, pitch: Position, last: Position) -> list[Position]:
    """Where as many rows begin as there are lanes; beyond the last one it comes again."""
    places = [first]
    for _ in range(image.lanes - 1):
        places.append((places[-1] + pitch).at_most(last))
    return places


@instruction
def columns_to_lanes(image, place, buffer, re, im):
    """One row of as many columns as lanes."""
    a, b, n = image.load(place), image.load(place + image.lanes), image.lanes
    buffer.store(a.mixed(b, list(range(0, 2 * n, 2))), re)
    buffer.store(a.mixed(b, list(range(1, 2 * n, 2))), im)


@instruction
def lanes_to_columns(buffer, re, im, scale, image, place):
    """The way back, all numbers times `scale`."""
    scales, n = buffer.filled(scale), buffer.lanes
    a, b = buffer.load(re) * scales, buffer.load(im) * scales
    order = [place for k in range(n) for place in (k, n + k)]
    image.store(a.mixed(b, order[:n]), place)
    image.store(a.mixed(b, order[n:]), place + n)


@instruction
def scale(image, place, factors, at):
    """As many complex numbers of a row as there are lanes: times a real factor each."""
    for k, factor in _halves(image, factors.load(at)):
        image.store(image.load(place + k) * factor, place + k)


@instruction
def tally(image, place, data, begin, weights, at, sums, total):
    """As many complex numbers a of a row as there are lanes, each with a weight w of 0 or 1.

    To the sums from `total` on are added those of w |a|², and then of w Re(a* d) with data d, each
    in as many parts as a vector has.
    """
    energies, overlaps = sums.load(total), sums.load(total + sums.lanes)
    for k, weight in _halves(image, weights.load(at)):
        number = image.load(place + k) * weight
        energies, overlaps = energies + number * number, overlaps + number * data.load(begin + k)
    sums.store(energies, total)
    sums.store(overlaps, total + sums.lanes)


@instruction
def scale_and_add(image, place, factors, at, offsets, begin):
    """The same, plus an offset."""
    for k, factor in _halves(image, factors.load(at)):
        image.store(image.load(place + k) * factor + offsets.load(begin + k), place + k)


@instruction
def move(image, place, data, begin, mask, at, step):
    """As many complex numbers of a row as there are lanes: to the data where the mask is true."""
    for k, weight in _halves(image, mask.chosen(at, step, image)):
        before = image.load(place + k)
        image.store(before + (data.load(begin + k) - before) * weight, place + k)


def _halves(image: Memory, numbers: Lanes) -> list[tuple[int, Lanes]]:
    """Numbers for complex ones, each twice, in two vectors; and where these belong."""
    half = image.lanes // 2
    twice = [k // 2 for k in range(2 * image.lanes)]
    return [
        (0, numbers.mixed(numbers, twice[: 2 * half])),
        (2 * half, numbers.mixed(numbers, twice[2 * half :])),
    ]


def transposed(rows: list[Lanes]) -> list[Lanes]:
    """From as many vectors as a vector has numbers those of each lane.

    The numbers off the diagonal change places in blocks of n/2, then n/4, … 1.
    """
    n, block = len(rows), len(rows) // 2
    while block:
        upper = [j + n - block if j & block else j for j in range(n)]
        lower = [j + n if j & block else j + block for j in range(n)]
        for i in range(n):
            if not i & block:
                a, b = rows[i], rows[i + block]
                rows[i], rows[i + block] = a.mixed(b, upper), a.mixed(b, lower)
        block //= 2
    return rows
