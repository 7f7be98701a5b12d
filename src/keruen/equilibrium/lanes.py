"""Eight numbers at once: the vector operations the kernels are built on.

LLVM does not make vectors of the eight-lane loops as Numba writes them, so these functions write the vector
instructions themselves. They use no fused operations: a machine without 512-bit registers splits the vectors and
gets the same bits.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

__all__ = [
    "LANES", "add_along", "aligned", "better", "bits_set", "collect", "excess", "least", "lowest_bit", "move",
]  # fmt: skip

LANES = 8

_DOUBLE = ir.DoubleType()
_INT = ir.IntType(32)
_DOUBLES = ir.VectorType(_DOUBLE, LANES)
_INTS = ir.VectorType(_INT, LANES)


def aligned(shape: tuple[int, ...], dtype: type = np.float64, *, zeros: bool = True) -> NDArray[Any]:
    """Return zeros, or anything, that begin on a cache line, so that no row of lanes lies across two."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.zeros(size + 64, np.uint8) if zeros else np.empty(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(dtype).reshape(shape)


def _row(context: Any, builder: Any, array_type: Any, array: Any, row: Any, element: Any, vector: Any) -> Any:
    """Return a vector pointer to one row of lanes."""
    data = context.make_array(array_type)(context, builder, array).data
    start = builder.mul(row, ir.Constant(row.type, LANES))
    place = builder.gep(builder.bitcast(data, element.as_pointer()), [start])
    return builder.bitcast(place, vector.as_pointer())


def _splat(builder: Any, value: Any, vector: Any) -> Any:
    """Return the value in every lane."""
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(_INT, 0))
    return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), ir.Constant(_INTS, [0] * LANES))


def _mask(builder: Any, bits: Any) -> Any:
    """Return the lanes of a comparison as the bits of an integer."""
    return builder.zext(builder.bitcast(bits, ir.IntType(LANES)), ir.IntType(64))


def _load(builder: Any, pointer: Any, bytes_: int) -> Any:
    value = builder.load(pointer)
    value.align = bytes_
    return value


def _store(builder: Any, value: Any, pointer: Any, bytes_: int) -> None:
    builder.store(value, pointer).align = bytes_


@intrinsic
def better(typing: Any, labels: Any, trees: Any, tail: Any, head: Any, cost: Any, link: Any) -> Any:
    """Relax a link in all lanes: lower the labels and tree links of `head` where going by `tail` is cheaper.

    Return 1 where any lane was lowered, else 0. There is no branch: it would be mispredicted too often.
    """
    signature = types.int64(labels, trees, types.int64, types.int64, types.float64, types.int32)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        labels_, trees_, tail_, head_, cost_, link_ = args
        at = signature.args
        here = _load(builder, _row(context, builder, at[0], labels_, tail_, _DOUBLE, _DOUBLES), 64)
        target = _row(context, builder, at[0], labels_, head_, _DOUBLE, _DOUBLES)
        tree = _row(context, builder, at[1], trees_, head_, _INT, _INTS)
        there = _load(builder, target, 64)
        reached = builder.fadd(here, _splat(builder, cost_, _DOUBLES))
        cheaper = builder.fcmp_ordered("<", reached, there)
        _store(builder, builder.select(cheaper, reached, there), target, 64)
        chosen = builder.select(cheaper, _splat(builder, link_, _INTS), _load(builder, tree, 32))
        _store(builder, chosen, tree, 32)
        some = builder.icmp_unsigned(
            "!=", builder.bitcast(cheaper, ir.IntType(LANES)), ir.Constant(ir.IntType(LANES), 0)
        )
        return builder.zext(some, ir.IntType(64))

    return signature, generate


@intrinsic
def add_along(typing: Any, labels: Any, trees: Any, node: Any, tail: Any, cost: Any) -> Any:
    """Write the label of a node as that of the tail of its tree link plus the link's cost, in all lanes.

    A label of 0 or more stays as it is. Where there is no link, or its cost is infinite, the label becomes infinite and
    the link -1. Return, as bits, the lanes in which the tail had no label yet: it was below 0.
    """
    signature = types.int64(labels, trees, types.int64, tail, cost)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        labels_, trees_, node_, tail_, cost_ = args
        at, long = signature.args, ir.IntType(64)
        all_labels, tails, costs = (
            context.make_array(kind)(context, builder, array).data
            for kind, array in ((at[0], labels_), (at[3], tail_), (at[4], cost_))
        )
        zero, infinite = ir.Constant(_DOUBLES, [0.0] * LANES), ir.Constant(_DOUBLES, [float("inf")] * LANES)
        target = _row(context, builder, at[0], labels_, node_, _DOUBLE, _DOUBLES)
        tree = _row(context, builder, at[1], trees_, node_, _INT, _INTS)
        links, own = _load(builder, tree, 32), _load(builder, target, 64)
        none = builder.icmp_signed("<", links, ir.Constant(_INTS, [0] * LANES))
        safe = builder.select(none, ir.Constant(_INTS, [0] * LANES), links)
        reached = ir.Constant(_DOUBLES, ir.Undefined)
        for lane in range(LANES):
            link = builder.zext(builder.extract_element(safe, ir.Constant(_INT, lane)), long)
            before = builder.zext(builder.load(builder.gep(tails, [link])), long)
            place = builder.add(builder.mul(before, ir.Constant(long, LANES)), ir.Constant(long, lane))
            label = builder.load(builder.gep(all_labels, [place]))
            label = builder.fadd(label, builder.load(builder.gep(costs, [link])))
            reached = builder.insert_element(reached, label, ir.Constant(_INT, lane))
        lost = builder.or_(none, builder.fcmp_unordered("uno", reached, reached))  # no label yet plus infinity
        reached = builder.select(lost, infinite, reached)
        value = builder.select(builder.fcmp_ordered(">=", own, zero), own, reached)
        _store(builder, value, target, 64)
        closed = builder.fcmp_ordered("==", value, infinite)
        _store(builder, builder.select(closed, ir.Constant(_INTS, [-1] * LANES), links), tree, 32)
        return _mask(builder, builder.fcmp_ordered("<", value, zero))

    return signature, generate


@intrinsic
def excess(
    typing: Any, flows: Any, row: Any, labels: Any, tail: Any, head: Any, cost: Any, sums: Any, slot: Any
) -> Any:
    """Add flow x reduced cost of a link to row `slot` of `sums`, lane by lane.

    Return, as bits, the lanes with flow and a reduced cost above 0; bit 8 where any lane has flow.
    """
    signature = types.int64(flows, types.int64, labels, types.int64, types.int64, types.float64, sums, types.int64)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        flows_, row_, labels_, tail_, head_, cost_, sums_, slot_ = args
        at = signature.args
        zero = ir.Constant(_DOUBLES, [0.0] * LANES)
        flow = _load(builder, _row(context, builder, at[0], flows_, row_, _DOUBLE, _DOUBLES), 64)
        here = _load(builder, _row(context, builder, at[2], labels_, tail_, _DOUBLE, _DOUBLES), 64)
        there = _load(builder, _row(context, builder, at[2], labels_, head_, _DOUBLE, _DOUBLES), 64)
        reduced = builder.fsub(builder.fadd(here, _splat(builder, cost_, _DOUBLES)), there)
        some = builder.fcmp_ordered(">", flow, zero)
        off = builder.and_(some, builder.fcmp_ordered(">", reduced, zero))
        target = _row(context, builder, at[6], sums_, slot_, _DOUBLE, _DOUBLES)
        value = builder.select(off, builder.fmul(flow, reduced), zero)
        _store(builder, builder.fadd(_load(builder, target, 64), value), target, 64)
        whole = builder.icmp_unsigned("!=", builder.bitcast(some, ir.IntType(LANES)), ir.Constant(ir.IntType(LANES), 0))
        any_ = builder.shl(builder.zext(whole, ir.IntType(64)), ir.Constant(ir.IntType(64), LANES))
        return builder.or_(_mask(builder, off), any_)

    return signature, generate


@intrinsic
def collect(typing: Any, target: Any, row: Any, labels: Any, node: Any, demand: Any, sums: Any, slot: Any) -> Any:
    """Copy the labels of a node to row `row` of `target`; add demand x label to row `slot` of `sums`, lane by lane.

    The demand of a lane is in the same row as its target.
    """
    signature = types.void(target, types.int64, labels, types.int64, demand, sums, types.int64)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target_, row_, labels_, node_, demand_, sums_, slot_ = args
        at = signature.args
        zero = ir.Constant(_DOUBLES, [0.0] * LANES)
        here = _load(builder, _row(context, builder, at[2], labels_, node_, _DOUBLE, _DOUBLES), 64)
        _store(builder, here, _row(context, builder, at[0], target_, row_, _DOUBLE, _DOUBLES), 64)
        flow = _load(builder, _row(context, builder, at[4], demand_, row_, _DOUBLE, _DOUBLES), 64)
        value = builder.select(builder.fcmp_ordered(">", flow, zero), builder.fmul(flow, here), zero)
        total = _row(context, builder, at[5], sums_, slot_, _DOUBLE, _DOUBLES)
        _store(builder, builder.fadd(_load(builder, total, 64), value), total, 64)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def least(
    typing: Any, lowest: Any, slot: Any, flows: Any, base: Any, place: Any, pool: Any, begin: Any, end: Any
) -> Any:
    """Write in row `slot` of `lowest` the least flow of each lane over the links ``pool[begin] .. pool[end]``.

    The flows of a link are row ``base + place[link]``. Return the sum over lanes; the walk ends early where it is 0.
    """
    signature = types.float64(lowest, types.int64, flows, types.int64, place, pool, types.int64, types.int64)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lowest_, slot_, flows_, base_, place_, pool_, begin_, end_ = args
        at = signature.args
        zero = ir.Constant(_DOUBLES, [0.0] * LANES)
        smallest = cgutils.alloca_once_value(builder, ir.Constant(_DOUBLES, [float("inf")] * LANES))
        places = context.make_array(at[4])(context, builder, place_).data
        links = context.make_array(at[5])(context, builder, pool_).data
        with cgutils.for_range(builder, end_, start=begin_) as loop:
            link = builder.sext(builder.load(builder.gep(links, [loop.index])), base_.type)
            row = builder.add(base_, builder.sext(builder.load(builder.gep(places, [link])), base_.type))
            flow = _load(builder, _row(context, builder, at[2], flows_, row, _DOUBLE, _DOUBLES), 64)
            now = builder.load(smallest)
            lower = builder.select(builder.fcmp_ordered("<", flow, now), flow, now)
            builder.store(lower, smallest)
            some = builder.bitcast(builder.fcmp_ordered(">", lower, zero), ir.IntType(LANES))
            with builder.if_then(builder.icmp_unsigned("==", some, ir.Constant(ir.IntType(LANES), 0)), likely=False):
                loop.do_break()
        result = builder.load(smallest)
        _store(builder, result, _row(context, builder, at[0], lowest_, slot_, _DOUBLE, _DOUBLES), 64)
        total = builder.extract_element(result, ir.Constant(_INT, 0))
        for lane in range(1, LANES):
            total = builder.fadd(total, builder.extract_element(result, ir.Constant(_INT, lane)))
        return total

    return signature, generate


@intrinsic
def move(typing: Any, flows: Any, row: Any, amounts: Any, slot: Any, factor: Any, tiny: Any) -> Any:
    """Add `factor` x row `slot` of `amounts` to the flows of a link; what is left below `tiny` becomes 0."""
    signature = types.void(flows, types.int64, amounts, types.int64, types.float64, types.float64)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        flows_, row_, amounts_, slot_, factor_, tiny_ = args
        at = signature.args
        target = _row(context, builder, at[0], flows_, row_, _DOUBLE, _DOUBLES)
        flow = _load(builder, target, 64)
        amount = _load(builder, _row(context, builder, at[2], amounts_, slot_, _DOUBLE, _DOUBLES), 64)
        total = builder.fadd(flow, builder.fmul(amount, _splat(builder, factor_, _DOUBLES)))
        some = builder.fcmp_ordered(">=", total, _splat(builder, tiny_, _DOUBLES))
        _store(builder, builder.select(some, total, ir.Constant(_DOUBLES, [0.0] * LANES)), target, 64)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def bits_set(typing: Any, word: Any) -> Any:
    """Return how many bits of a word are set."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.uint64), generate


@intrinsic
def lowest_bit(typing: Any, word: Any) -> Any:
    """Return the number of the lowest bit set in a word that is not 0."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate
