"""First and second derivatives of every kernel of the catalogue against differences of its values."""

from __future__ import annotations

import pytest
import torch
from catalogue_points import NAMES, is_smooth_at_coincident_points, parameters, points
from torch.autograd import gradcheck, gradgradcheck

import halogram as hg

FEATURES = 3


def problem(name, with_y):
    """A function of tensors that all need gradients, and these."""
    values = parameters(name, FEATURES)
    real = {n: torch.as_tensor(v, dtype=torch.double) for n, v in values.items() if not isinstance(v, int)}
    given = {n: v for n, v in values.items() if isinstance(v, int)}
    tensors = [torch.from_numpy(points(name, (4, FEATURES), 1))]
    if with_y:
        tensors.append(torch.from_numpy(points(name, (3, FEATURES), 2)))
    kernel = getattr(hg, name)

    def function(*args):
        x, *rest = args
        y = rest.pop(0) if with_y else None
        return kernel(x, y, **given, **dict(zip(real, rest)))

    return function, [t.requires_grad_() for t in (*tensors, *real.values())]


@pytest.mark.parametrize("with_y", [True, False], ids=["x-y", "x-x"])
@pytest.mark.parametrize("name", NAMES)
def test_every_kernel(name, with_y):
    function, tensors = problem(name, with_y)
    assert gradcheck(function, tensors)
    assert gradgradcheck(function, tensors)


@pytest.mark.parametrize("name", [n for n in NAMES if is_smooth_at_coincident_points(n)])
def test_coincident_points_where_the_kernel_is_smooth(name):
    function, tensors = problem(name, True)
    with torch.no_grad():
        tensors[1][0] = tensors[0][0]
        tensors[1][1] = tensors[0][2]
    assert gradcheck(function, tensors)
    assert gradgradcheck(function, tensors)


@pytest.mark.parametrize("name", NAMES)
def test_coincident_points_give_no_nan(name):
    function, tensors = problem(name, True)
    with torch.no_grad():
        tensors[1][0] = tensors[0][0]
    first = torch.autograd.grad(function(*tensors).sum(), tensors, create_graph=True)
    assert all(not g.isnan().any() for g in first)


def test_mixed_second_derivative_of_matern52_is_that_of_the_literature():
    x = torch.tensor([[0.3]], dtype=torch.double, requires_grad=True)
    y = torch.tensor([[0.3]], dtype=torch.double, requires_grad=True)
    k = hg.matern52(x, y, lengthscale=0.5)
    (by_x,) = torch.autograd.grad(k.sum(), x, create_graph=True)
    (mixed,) = torch.autograd.grad(by_x.sum(), y)
    torch.testing.assert_close(mixed, torch.full_like(mixed, 5 / (3 * 0.5**2)), rtol=1e-12, atol=0)


@pytest.mark.parametrize("dtype", [torch.float, torch.double])
@pytest.mark.parametrize(
    "formula, expected",
    [
        ("exp(-norm(x - y)^2 / 2)", 1),
        ("let r = norm(x - y) in (1 + r + r^2 / 3) * exp(-r)", 1 / 3),
        ("sum(min(x, y)^3 / 3 + abs(x - y) * min(x, y)^2 / 2)", 0.75),
        ("exp(-norm(x - y))", float("nan")),
    ],
)
def test_second_derivatives_where_parts_of_a_formula_are_not_smooth(formula, expected, dtype):
    x = torch.full((1, 1), 0.75, dtype=dtype, requires_grad=True)
    y = torch.full((1, 1), 0.75, dtype=dtype, requires_grad=True)
    (by_x,) = torch.autograd.grad(hg.gram(formula, x, y).sum(), x, create_graph=True)
    assert by_x.isfinite().all()
    (mixed,) = torch.autograd.grad(by_x.sum(), y)
    torch.testing.assert_close(mixed, torch.full_like(mixed, expected), rtol=1e-6, atol=0, equal_nan=True)


def test_only_what_needs_a_gradient_gets_one():
    for needs in [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1), (0, 0, 0)]:
        x, y, gamma = torch.rand(4, 3), torch.rand(5, 3), torch.tensor(0.5)
        for t, need in zip((x, y, gamma), needs):
            t.requires_grad_(bool(need))
        k = hg.gram("exp(-gamma * sqdist(x, y))", x, y, gamma=gamma)
        assert k.requires_grad == any(needs)
        if any(needs):
            k.sum().backward()
        assert [t.grad is not None for t in (x, y, gamma)] == [bool(n) for n in needs]
    with torch.no_grad():
        assert not hg.rbf(torch.rand(4, 3, requires_grad=True), gamma=1.0).requires_grad


def test_batches_sum_gradients_over_what_was_repeated():
    def reference(a, b, g):
        return torch.exp(-g[..., None, None] * ((a[..., :, None, :] - b[..., None, :, :]) ** 2).sum(-1))

    tensors = [
        torch.randn(2, 1, 4, 3, dtype=torch.double),
        torch.randn(3, 5, 3, dtype=torch.double),
        torch.rand(2, 3, dtype=torch.double),
    ]
    tensors = [t.requires_grad_() for t in tensors]

    def derivatives(k):
        first = torch.autograd.grad((k * k).sum(), tensors, create_graph=True)
        return first, torch.autograd.grad(sum((g**2).sum() for g in first), tensors)

    mine = derivatives(hg.gram("exp(-gamma * sqdist(x, y))", tensors[0], tensors[1], gamma=tensors[2]))
    theirs = derivatives(reference(*tensors))
    for a, b in zip(mine, theirs):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


def test_the_same_tensor_twice():
    x = torch.randn(4, 3, dtype=torch.double, requires_grad=True)
    assert gradgradcheck(lambda t: hg.gram("exp(-gamma * sqdist(x, y))", t, t, gamma=0.5), (x,))


def test_numbers_of_other_types_keep_their_gradient():
    x = torch.rand(4, 3, dtype=torch.double)
    gamma = torch.tensor(0.5, dtype=torch.float32, requires_grad=True)
    hg.rbf(x, gamma=gamma).sum().backward()
    assert gamma.grad.dtype == torch.float32


def test_third_derivatives_are_refused():
    x = torch.randn(3, 2, dtype=torch.double, requires_grad=True)
    g = hg.rbf(x, gamma=1.0).sum()
    for _ in range(2):
        (g,) = torch.autograd.grad(g.sum(), x, create_graph=True)
    with pytest.raises(NotImplementedError, match="third derivatives"):
        torch.autograd.grad(g.sum(), x)


def test_changed_inputs_are_noticed():
    x = torch.randn(3, 2, requires_grad=True)
    y = x * 1
    k = hg.rbf(y, gamma=1.0)
    with torch.no_grad():
        y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        k.sum().backward()
