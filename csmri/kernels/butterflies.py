"""Fourier transforms of a few numbers, written once for whatever can be added and multiplied.

The parts of a `Complex` are Python's numbers, arrays, or vectors in code that is being compiled.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Complex:
    """A complex number of two parts of any kind."""

    re: Any
    im: Any

    def __add__(self, other: "Complex") -> "Complex":
        """The sum."""
        return Complex(self.re + other.re, self.im + other.im)

    def __sub__(self, other: "Complex") -> "Complex":
        """The difference."""
        return Complex(self.re - other.re, self.im - other.im)

    def scaled(self, factor: Any) -> "Complex":
        """Times a real number."""
        return Complex(self.re * factor, self.im * factor)

    def turned(self, by: "Complex") -> "Complex":
        """Times a complex number."""
        return Complex(self.re * by.re - self.im * by.im, self.re * by.im + self.im * by.re)

    def back_by_quarter(self) -> "Complex":
        """Times −i."""
        return Complex(self.im, -self.re)

    def back_by_eighth(self) -> "Complex":
        """Times e^(−iπ/4)."""
        return Complex(self.re + self.im, self.im - self.re).scaled(math.sqrt(0.5))


def dft(x: Sequence[Complex]) -> list[Complex]:
    """X_k = Σ_j x_j e^(−2πi jk/n) for n = 2, 4, 8 or odd, with few operations.

    Even lengths are halved (Cooley and Tukey, 1965); odd ones pair x_j with x_(n−j).
    """
    n = len(x)
    if n == 1:
        return list(x)
    if n % 2:
        return _odd(x)
    even, odd = dft(x[0::2]), dft(x[1::2])
    odd = [_back(number, 8 * k // n) for k, number in enumerate(odd)]
    return [a + b for a, b in zip(even, odd, strict=True)] + [
        a - b for a, b in zip(even, odd, strict=True)
    ]


def _back(number: Complex, eighths: int) -> Complex:
    """Times e^(−2πi eighths/8), less than half a turn."""
    if eighths % 2:
        number = number.back_by_eighth()
    return number.back_by_quarter() if eighths >= 2 else number


def _odd(x: Sequence[Complex]) -> list[Complex]:
    n = len(x)
    pairs = range(1, (n + 1) // 2)
    sums = {j: x[j] + x[n - j] for j in pairs}
    differences = {j: (x[j] - x[n - j]).back_by_quarter() for j in pairs}
    total = x[0]
    for j in pairs:
        total = total + sums[j]
    found = [total] * n
    for k in pairs:
        angles = {j: 2 * math.pi * (j * k % n) / n for j in pairs}
        a, b = x[0], differences[1].scaled(math.sin(angles[1]))
        for j in pairs:
            a = a + sums[j].scaled(math.cos(angles[j]))
        for j in pairs[1:]:
            b = b + differences[j].scaled(math.sin(angles[j]))
        found[k], found[n - k] = a + b, a - b
    return found
