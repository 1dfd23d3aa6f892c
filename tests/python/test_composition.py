"""Kernels as objects: what comes out of + - * / ** is one formula with the right values; they are copied and pickled."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest
import torch

import halogram as hg

X = np.random.default_rng(0).random((4, 3))
Y = np.random.default_rng(1).random((5, 3))
DOT = X @ Y.T


def rbf(gamma):
    return hg.rbf(X, Y, gamma=gamma)


def test_values_and_parentheses():
    a, b, c = (hg.Kernel("dot(x, y)*s", s=s) for s in (1.0, 2.0, 3.0))
    for kernel, right in (
        (a - (b - c), DOT - (2 * DOT - 3 * DOT)),
        (a - b - c, DOT - 2 * DOT - 3 * DOT),
        (a * (b + c), DOT * 5 * DOT),
        (a / (2.0 * 4), DOT / 8),
        (a / 2 / 4, DOT / 8),
        (-a, -DOT),
        (2 - a, 2 - DOT),
        (-1.5 * a, -1.5 * DOT),
        ((a + b) ** 2, 9 * DOT**2),
        (a**2 * b, 2 * DOT**3),
        (a ** np.int64(2), DOT**2),
        (Fraction(1, 2) * a, DOT / 2),
        (np.float64(2.0) * a, 2 * DOT),
        (a * np.float32(2.0), 2 * DOT),
        (hg.Kernel("dot(x, y) + 1") * 2, 2 * DOT + 2),
    ):
        np.testing.assert_allclose(kernel(X, Y), right, rtol=1e-13, err_msg=kernel.formula)
    total = sum((hg.Kernel("linear") for _ in range(300)), start=hg.Kernel("linear"))
    np.testing.assert_allclose(total(X, Y), 301 * DOT, rtol=1e-12)


def test_names_that_clash():
    K = hg.Kernel
    for kernel, right in (
        (K("gamma*dot(x,y)", gamma=1.0) + K("let gamma2 = 2*gamma in gamma2*gamma*dot(x,y)", gamma=3.0), 19 * DOT),
        (K("s*dot(x,y)", s=5.0) + K("let s = 2 in s*dot(x,y)"), 7 * DOT),
        (K("let s = 2 in s*dot(x,y)") + K("s*dot(x,y)", s=5.0), 7 * DOT),
        (K("e1*dot(x,y)", e1=1.0) + K("1e1*e1*dot(x,y)", e1=1.0), 11 * DOT),
        (K("rbf", gamma=0.5) + K("let r = l1(x, y) in r * rbf(x, y, gamma=gamma)", gamma=1.5),
         rbf(0.5) + hg.cdist(X, Y, "cityblock") * rbf(1.5)),
        (K("d*dot(x,y)", d=2.0) + K("sum(w[d]*x*y)*d", w=np.ones(3), d=3.0), 5 * DOT),
        (K("sum(w[ d ]*x*y)*d", w=np.ones(3), d=3.0) + K("d*sum(d*w[d]*x*y)", w=np.ones(3), d=2.0), 7 * DOT),
        (K("rbf(x,y)", gamma=0.5) * K("rbf(x,y)", gamma=2.0), rbf(2.5)),
        (K("a*rbf(x,y)", a=3.0, gamma=0.5) + K("gamma*rbf(x,y)", gamma=2.0), 3 * rbf(0.5) + 2 * rbf(2.0)),
        (K("rbf", gamma=0.5) + K("rbf( x,y )*a", gamma=2.0, a=3.0), rbf(0.5) + 3 * rbf(2.0)),
        (K("rbf_ard(x,y)", lengthscale=np.ones(3)) * K("rbf_ard(x,y)", lengthscale=np.full(3, 2.0)),
         hg.rbf_ard(X, Y, lengthscale=np.ones(3)) * hg.rbf_ard(X, Y, lengthscale=np.full(3, 2.0))),
        (K("norm(x)*norm", norm=1.0) + K("norm(x)*norm", norm=2.0), 3 * np.linalg.norm(X, axis=1)[:, None] + 0 * DOT),
        (K("let r = 2 in r*dot(x,y)") + K("let r = 3 in r*dot(x,y)"), 5 * DOT),
        (K("(let degree=2 in degree*1) + polynomial(x,y)", gamma=1.0, coef0=1.0, degree=3) + 0, 2 + (DOT + 1) ** 3),
        (1.0 * K("polynomial(x,y)*degree^2", gamma=1.0, coef0=4.0, degree=-1), 1 / (DOT + 4)),
        (K("polynomial(x,y)", gamma=1.0, coef0=1.0, degree=2) + 1, (DOT + 1) ** 2 + 1),
        (K("gamma*dot(x,y)", gamma=2.0) + K("rbf", gamma=0.5), 2 * DOT + rbf(0.5)),
        (K("rbf_ard", lengthscale=np.ones(3)) * K("rbf_ard", lengthscale=np.full(3, 2.0)),
         hg.rbf_ard(X, Y, lengthscale=np.ones(3)) * hg.rbf_ard(X, Y, lengthscale=np.full(3, 2.0))),
    ):  # fmt: skip
        np.testing.assert_allclose(kernel(X, Y), right, rtol=1e-13, err_msg=kernel.formula)
    for a, b in (("rbf", "rbf"), ("rbf(x, y)", "rbf(x, y)"), ("rbf", "rbf(x, y)")):
        assert list((K(a) + K(b)).parameters) == ["gamma", "gamma2"]
        assert list((K(a, gamma=0.5) * K(b)).parameters.items()) == [("gamma", 0.5), ("gamma2", None)]


def test_whole_numbers_are_bound_first():
    polynomial = hg.Kernel("polynomial", gamma=1.0, coef0=1.0, degree=2)
    np.testing.assert_allclose((2.0 * polynomial + 1)(X, Y), 2 * (DOT + 1) ** 2 + 1, rtol=1e-13)
    with pytest.raises(TypeError, match="degree, a whole number"):
        hg.Kernel("polynomial", gamma=1.0, coef0=1.0) + 1
    for degree in (2.7, "3", "a", None):
        with pytest.raises(TypeError, match="degree is a whole number"):
            hg.Kernel("polynomial", gamma=1.0, coef0=1.0, degree=degree) + hg.Kernel("linear")
    for name, entry in hg.catalogue().items():
        given = {p["name"]: 2 for p in entry["parameters"] if p["kind"] == "integer"}
        assert name in (hg.Kernel(name, **given) + hg.Kernel(name, **given)).formula


def test_what_does_not_combine():
    kernel = hg.Kernel("rbf", gamma=0.5)
    for other, exception in ((True, TypeError), ("l1", TypeError), (None, TypeError), (float("inf"), ValueError)):
        with pytest.raises(exception):
            kernel + other
    for exponent in (True, 2.0, "2", None):
        with pytest.raises(TypeError):
            kernel**exponent
    for exponent in (0, -1):
        with pytest.raises(ValueError, match="power"):
            kernel**exponent
    with pytest.raises(ValueError, match="beyond"):
        kernel * 10**400
    with pytest.raises(ValueError, match="different form.*form='expanded'"):
        kernel + hg.Kernel("rbf", gamma=0.5, form="expanded")
    expanded = 2 * hg.Kernel("rbf", gamma=0.5, form="expanded")
    np.testing.assert_allclose(expanded(X, Y), 2 * rbf(0.5), rtol=1e-12)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda k: pickle.loads(pickle.dumps(k))])
def test_copies(again):
    for kernel in (hg.Kernel("rbf", gamma=0.5), hg.Kernel("rbf", gamma=0.5) + 0.5 * hg.Kernel("linear")):
        right = kernel(X, Y)
        other = again(kernel)
        np.testing.assert_array_equal(other(X, Y), right)
        np.testing.assert_array_equal((other * 2)(X, Y), (kernel * 2)(X, Y))


def test_copies_inside_other_things():
    import gpytorch
    from sklearn.base import clone
    from sklearn.model_selection import GridSearchCV
    from sklearn.svm import SVC

    kernel = hg.Kernel("rbf", gamma=0.5)
    kernel(X)
    machine = SVC(kernel=hg.sklearn_kernel(kernel))
    labels = np.arange(40) % 2
    points = np.random.default_rng(0).random((40, 3))
    GridSearchCV(machine, {"C": [0.1, 1.0]}, cv=2).fit(points, labels)
    clone(machine).fit(points, labels)
    module = torch.nn.Sequential(hg.gpytorch.HalogramKernel("matern52", lengthscale=0.5))
    module[0](torch.rand(3, 2)).to_dense()
    assert isinstance(copy.deepcopy(module)[0], gpytorch.kernels.Kernel)
