#!/usr/bin/env python3
"""Writes coefficients.h: the polynomials of generators/math, each with its domain and its error.

    python3 -m venv /tmp/fit && /tmp/fit/bin/pip install -r generators/math/requirements.txt
    /tmp/fit/bin/python generators/math/coefficients.py > generators/math/coefficients.h && make format

A fit minimizes the largest weighted error of a polynomial over its domain (Lawson's algorithm: least squares, whose
weights grow where the error is large, in 80 digits). Its coefficients are then rounded to the format one after the
other, from the lowest power, and those still free are fitted again, so that each makes up for the rounding before it.
The degree is the lowest whose rounded polynomial meets the stated goal. What is printed beside a polynomial is the
largest weighted error of the rounded coefficients on a grid forty times finer than the fit's.
"""

from mpmath import asin, atanh, cos, erf, erfc, exp, expm1, log, log1p, lu_solve, matrix, mp, mpf, nstr, pi, sin, sqrt

mp.dps = 80
GRID = 160
PASSES = 25


class Format:
    def __init__(self, name, digits, least_exponent):
        self.name, self.digits, self.least_exponent = name, digits, least_exponent

    def nearest(self, x):
        if x == 0:
            return mpf(0)
        _, exponent = mp.frexp(x)
        quantum = mp.ldexp(mpf(1), max(exponent - self.digits, self.least_exponent))
        return mp.nint(x / quantum) * quantum


F32 = Format("f32", 24, -149)
F64 = Format("f64", 53, -1074)


def chebyshev_points(low, high, count):
    middle, half = (mpf(low) + high) / 2, (mpf(high) - low) / 2
    # No point falls on 0, where relative weights have a removable singularity.
    return [middle + half * cos(pi * (2 * k + 1) / (2 * count)) for k in range(count)]


def evaluate(coefficients, x):
    result = mpf(0)
    for c in reversed(coefficients):
        result = result * x + c
    return result


def least_squares(points, values, weights, powers):
    n = len(powers)
    rows = [[x ** p for p in powers] for x in points]
    normal, right = matrix(n, n), matrix(n, 1)
    for i in range(n):
        scaled = [w * row[i] for w, row in zip(weights, rows)]
        for j in range(i, n):
            normal[i, j] = normal[j, i] = mp.fdot(scaled, (row[j] for row in rows))
        right[i] = mp.fdot(scaled, values)
    return list(lu_solve(normal, right))


def fit(form, function, weight, low, high, degree):
    points = chebyshev_points(low, high, GRID)
    values, scale = [function(x) for x in points], [weight(x) for x in points]
    share = [mpf(1) / GRID] * GRID
    best = None
    for _ in range(PASSES):
        squares = [s * w * w for s, w in zip(share, scale)]
        coefficients = least_squares(points, values, squares, range(degree + 1))
        errors = [abs(w * (evaluate(coefficients, x) - v)) for x, v, w in zip(points, values, scale)]
        worst = max(errors)
        if best is None or worst < best[0]:
            best = (worst, squares)
        total = mp.fdot(share, errors)
        share = [s * e / total for s, e in zip(share, errors)]
    rounded, left = [], values
    for power in range(degree + 1):
        free = least_squares(points, left, best[1], range(power, degree + 1))
        rounded.append(form.nearest(free[0]))
        left = [v - rounded[-1] * x ** power for v, x in zip(left, points)]
    return rounded


FINE = {}


def largest_error(coefficients, key, function, weight, low, high):
    if key not in FINE:
        points = chebyshev_points(low, high, 8 * GRID)
        FINE[key] = [(x, function(x), weight(x)) for x in points]
    return max(abs(w * (evaluate(coefficients, x) - v)) for x, v, w in FINE[key])


def literal(x, form):
    text = float(x).hex()
    mantissa, exponent = text.split("p")
    return (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa) + "p" + exponent


def emit_value(name, x, comment):
    print(f"inline constexpr double {name} = {literal(x, F64)};  // {comment}")


def emit(name, what, function, weight, weight_text, low, high, goals, degrees=None):
    """goals: bits of accuracy for f32 and f64; degrees: fixed ones instead."""
    for form in (F32, F64):
        goal = goals.get(form.name)
        if goal is None:
            continue
        lowest = 1
        if degrees and form.name in degrees:
            lowest = degrees[form.name]
        for degree in range(lowest, 40):
            coefficients = fit(form, function, weight, low, high, degree)
            error = largest_error(coefficients, name, function, weight, low, high)
            if error <= mpf(2) ** -goal or (degrees and form.name in degrees):
                break
        print(f"\n// {what} on [{nstr(mpf(low), 9)}, {nstr(mpf(high), 9)}]; {weight_text}: 2^{nstr(log(error, 2), 4)}.")
        print(f"inline constexpr double {name}_{form.name}[] = {{")
        line = "   "
        for c in coefficients:
            item = " " + literal(c, form) + ","
            if len(line) + len(item) > 118:
                print(line)
                line = "   "
            line += item
        print(line[:-1] + "};", flush=True)


def split(name, value, form, terms, what, first_bits=None):
    parts, left = [], value
    for k in range(terms):
        shorter = Format(form.name, first_bits if k == 0 and first_bits else form.digits, form.least_exponent)
        parts.append(shorter.nearest(left))
        left -= parts[-1]
    print(f"\n// {what} as a sum of {terms} numbers; what is left is below {nstr(abs(left), 3)}.")
    print(f"inline constexpr double {name}_{form.name}[] = {{" + ", ".join(literal(p, form) for p in parts) + "};")


def main():
    print("// Written by generators/math/coefficients.py, which says how to make it anew. Lowest power first. The f32 lists")
    print("// hold numbers of 24 bits, so that they are exact in f32 too.")
    print("#pragma once\n\nnamespace halogram::code {")

    ln2 = log(2)
    for form, bits in ((F32, 16), (F64, 42)):
        split("ln_2", ln2, form, 2, "ln 2")
        # times an exponent (8 or 11 bits) it is exact
        split("ln_2_short", ln2, form, 2, f"ln 2, the first number of {bits} bits", bits)
        split("half_pi", pi / 2, form, 3, "pi / 2")
        split("log2_atanh_1", 2 / ln2, form, 2, "2 / ln 2")
        split("log2_atanh_3", 2 / (3 * ln2), form, 2, "2 / (3 ln 2)")
        split("log2_atanh_5", 2 / (5 * ln2), form, 2, "2 / (5 ln 2)")

    edge = ln2 / 2 * mpf("1.0001")  # k is a rounded product: |r| may pass ln 2 / 2 by a little
    quotient = lambda r: (expm1(r) - r) / r**2
    emit("exp_tail", "(e^r - 1 - r) / r^2", quotient, lambda r: r**2 / exp(r), "error of e^r, relative", -edge, edge,
         {"f32": 29, "f64": 57}, {"f32": 4})
    emit("fast_exp_tail", "(e^r - 1 - r) / r^2", quotient, lambda r: r**2 / exp(r), "error of e^r, relative", -edge, edge,
         {"f32": 23}, {"f32": 3})
    emit("expm1_tail", "(e^r - 1 - r) / r^2", quotient, lambda r: r**2 / abs(expm1(r)), "error of e^r - 1, relative",
         -edge, edge, {"f32": 29, "f64": 58})
    emit("exp2_tail", "(2^g - 1 - g ln 2) / g^2", lambda g: (expm1(g * ln2) - g * ln2) / g**2,
         lambda g: g**2 / 2**g, "error of 2^g, relative", mpf("-0.5001"), mpf("0.5001"), {"f32": 31, "f64": 60})

    low, high = sqrt(mpf("0.5")) - 1, sqrt(mpf(2)) - 1
    low, high = low * mpf("1.000001"), high * mpf("1.000001")
    emit("log_tail", "(log(1 + f) - f) / f^2", lambda f: (log1p(f) - f) / f**2, lambda f: f**2 / abs(log1p(f)),
         "error of log(1 + f), relative", low, high, {"f32": 28.5})
    z_edge = (high / (2 + high)) ** 2
    emit("log_atanh", "(2 atanh(s) / s - 2) / z with z = s^2", lambda z: (2 * atanh(sqrt(z)) / sqrt(z) - 2) / z,
         lambda z: z * sqrt(z) / (2 * atanh(sqrt(z))), "error of 2 atanh(s), relative", 0, z_edge, {"f64": 58})
    for form, terms, goal in ((F32, 2, 37), (F64, 3, 68)):
        known = [2 / ((2 * k + 1) * ln2) for k in range(terms)]
        emit("log2_tail", f"(2 atanh(s) / (s ln 2) - its first {terms} terms) / z^{terms} with z = s^2",
             lambda z: (2 * atanh(sqrt(z)) / sqrt(z) / ln2 - sum(c * z**k for k, c in enumerate(known))) / z**terms,
             lambda z: z**terms * ln2 / 2, "error of log2, relative", 0, z_edge, {form.name: goal})
        FINE.clear()

    quarter = (pi / 4 * mpf("1.0001")) ** 2
    emit("sin_tail", "(sin(r) - r) / r^3 in r^2", lambda s: (sin(sqrt(s)) / sqrt(s) - 1) / s,
         lambda s: s * sqrt(s) / sin(sqrt(s)), "error of sin, relative", 0, quarter, {"f32": 28.5, "f64": 58})
    emit("cos_tail", "(cos(r) - 1 + r^2 / 2) / r^4 in r^2", lambda s: (cos(sqrt(s)) - 1 + s / 2) / s**2,
         lambda s: s**2 / cos(sqrt(s)), "error of cos, relative", 0, quarter, {"f32": 28.5, "f64": 58})
    emit("asin_tail", "(asin(x) - x) / x^3 in x^2", lambda z: (asin(sqrt(z)) / sqrt(z) - 1) / z,
         lambda z: z * sqrt(z) / asin(sqrt(z)), "error of asin, relative", 0, mpf("0.25"), {"f32": 28.5, "f64": 58})

    small = mpf("0.875") ** 2
    emit("erf_small", "erf(x) / x - 1 in x^2", lambda s: erf(sqrt(s)) / sqrt(s) - 1, lambda s: sqrt(s) / erf(sqrt(s)),
         "error of erf, relative", 0, small, {"f32": 29, "f64": 56})  # the rounding of the first coefficient: 2^-56.3
    for form, high, goal in ((F32, mpf("3.93"), 30), (F64, mpf("5.93"), 57)):
        emit("erf_large", "-log(1 - erf(x)) / x - 1", lambda x: -log(erfc(x)) / x - 1, lambda x: x * erfc(x) / erf(x),
             "error of erf, relative", mpf("0.875"), high, {form.name: goal})
        FINE.clear()
    print("\n}  // namespace halogram::code")


main()
