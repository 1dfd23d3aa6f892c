"""torch.func, forward mode and torch.compile against the same calls on a kernel made of torch's operations."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.autograd import forward_ad
from torch.func import grad, hessian, jacfwd, jacrev, jvp, vmap
from torch.utils._pytree import tree_leaves

import halogram as hg

FORMULA = "exp(-gamma * sqdist(x, y))"


def mine(x, y, gamma):
    return hg.gram(FORMULA, x, y, gamma=gamma)


def theirs(x, y, gamma):
    return torch.exp(-gamma * ((x[..., :, None, :] - y[..., None, :, :]) ** 2).sum(-1))


torch.manual_seed(0)
X, Y, W = (torch.randn(*s, dtype=torch.double) for s in ((4, 3), (5, 3), (4, 5)))
GAMMA = torch.tensor(0.7, dtype=torch.double)
XS = torch.randn(6, 4, 3, dtype=torch.double)
GAMMAS = torch.rand(6, dtype=torch.double) + 0.5


def weighted(k):
    return lambda x, y, gamma: (k(x, y, gamma) * W).sum()


def dual(k):
    with forward_ad.dual_level():
        return forward_ad.unpack_dual(k(forward_ad.make_dual(X, 2 * X), Y, GAMMA)).tangent


CALLS = {
    "grad": lambda k: grad(weighted(k), argnums=(0, 1, 2))(X, Y, GAMMA),
    "vmap": lambda k: vmap(lambda x: k(x, Y, GAMMA))(XS),
    "vmap of two": lambda k: vmap(lambda x, g: k(x, Y, g))(XS, GAMMAS),
    "vmap of a parameter": lambda k: vmap(lambda g: k(X, Y, g))(GAMMAS),
    "vmap in another dimension": lambda k: vmap(lambda x: k(x, Y, GAMMA), in_dims=1)(XS.transpose(0, 1)),
    "vmap of vmap": lambda k: vmap(lambda x: vmap(lambda g: k(x, Y, g))(GAMMAS))(XS),
    "vmap of grad": lambda k: vmap(grad(lambda x, g: weighted(k)(x, Y, g), argnums=(0, 1)))(XS, GAMMAS),
    "grad of vmap": lambda k: grad(lambda g: vmap(lambda x: k(x, Y, g))(XS).sum())(GAMMA),
    "jvp": lambda k: jvp(k, (X, Y, GAMMA), (2 * X, Y + 1, GAMMA)),
    "jvp of one": lambda k: jvp(lambda x: k(x, Y, GAMMA), (X,), (2 * X,)),
    "vmap of jvp": lambda k: vmap(lambda x: jvp(lambda a: k(a, Y, GAMMA), (x,), (2 * x,)))(XS),
    "hessian": lambda k: hessian(weighted(k), argnums=(0, 1, 2))(X, Y, GAMMA),
    "vmap of hessian": lambda k: vmap(hessian(lambda x: weighted(k)(x, Y, GAMMA)))(XS),
    "jacrev of jacrev": lambda k: jacrev(jacrev(lambda x: weighted(k)(x, Y, GAMMA)))(X),
    "jacrev of jacfwd": lambda k: jacrev(jacfwd(lambda x: weighted(k)(x, Y, GAMMA)))(X),
    "jacrev": lambda k: jacrev(lambda x: k(x, Y, GAMMA))(X),
    "jacfwd": lambda k: jacfwd(lambda x: k(x, Y, GAMMA))(X),
    "grad through jacfwd": lambda k: grad(
        lambda a: jacfwd(lambda x: k(x @ a, Y, GAMMA))(X).pow(2).sum()
    )(torch.eye(3, dtype=torch.double)),
    # The direction has a batch and the point has none, and the other way round.
    "grad by directions of x": lambda k: grad(
        lambda ds: vmap(lambda d: jvp(lambda x: k(x, Y, GAMMA), (X,), (d,))[1])(ds).pow(2).sum()
    )(XS),
    "grad by directions of all": lambda k: grad(
        lambda dx, dg: vmap(lambda d, e: jvp(k, (X, Y, GAMMA), (d, Y + 1, e))[1])(dx, dg).pow(2).sum(), argnums=(0, 1)
    )(XS, GAMMAS),
    "grad by the direction of a batch": lambda k: grad(
        lambda d, e: vmap(lambda x, g: jvp(k, (x, Y, g), (d, Y, e))[1])(XS, GAMMAS).pow(2).sum(), argnums=(0, 1)
    )(X, GAMMA),
    "dual numbers": dual,
}


def expect_equal(a, b):
    a, b = tree_leaves(a), tree_leaves(b)
    assert len(a) == len(b)
    for p, q in zip(a, b):
        torch.testing.assert_close(p, q, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", CALLS)
def test_transforms(name):
    expect_equal(CALLS[name](mine), CALLS[name](theirs))


def test_transforms_of_per_feature_parameters():
    def ard(x, ell):
        return hg.rbf_ard(x, Y, lengthscale=ell)

    def reference(x, ell):
        return torch.exp(-0.5 * (((x[..., :, None, :] - Y) / ell[..., None, None, :]) ** 2).sum(-1))

    ell = torch.rand(6, 3, dtype=torch.double) + 0.5
    for call in (
        lambda k: vmap(k)(XS, ell),
        lambda k: vmap(grad(lambda x, e: (k(x, e) * W).sum(), argnums=(0, 1)))(XS, ell),
        lambda k: jvp(k, (X, ell[0]), (2 * X, ell[1])),
        lambda k: hessian(lambda e: (k(X, e) * W).sum())(ell[0]),
        lambda k: grad(lambda es: vmap(lambda e: jvp(k, (X, ell[0]), (X, e))[1])(es).pow(2).sum())(ell),
    ):
        expect_equal(call(ard), call(reference))


def test_forward_over_forward_is_refused():
    with pytest.raises(NotImplementedError, match="forward over forward"):
        jacfwd(jacfwd(lambda x: weighted(mine)(x, Y, GAMMA)))(X)


@pytest.mark.parametrize("backend", ["eager", "aot_eager", "inductor"])
def test_compile(backend):
    def derivatives(k):
        tensors = [t.clone().requires_grad_() for t in (X, Y, GAMMA)]
        function = weighted(k)
        if k is mine:
            function = torch.compile(function, fullgraph=True, backend=backend)
        value = function(*tensors)
        return value, torch.autograd.grad(value, tensors)

    expect_equal(derivatives(mine), derivatives(theirs))


def test_compile_of_what_was_never_called_before():
    formula = "exp(-gamma * sqdist(x, y)) + 0 * c"

    @torch.compile(fullgraph=True, backend="aot_eager")
    def function(x, ell):
        return hg.gram(formula, x, gamma=0.7, c=1.0), hg.matern52(x, lengthscale=ell), hg.cdist(x, x, "cityblock")

    k, m, c = function(X, GAMMA)
    expect_equal(k, theirs(X, X, GAMMA))
    expect_equal(m, hg.matern52(X, lengthscale=0.7))
    expect_equal(c, torch.cdist(X, X, p=1))


def test_compile_of_half_precision_and_of_kernel_objects():
    kernel = 2.0 * hg.Kernel("rbf", gamma=0.5)
    function = torch.compile(lambda x: kernel(x), fullgraph=True, backend="aot_eager")
    x = X.to(torch.bfloat16)
    assert function(x).dtype == torch.bfloat16
    expect_equal(function(X), 2 * hg.rbf(X, gamma=0.5))


def test_compile_of_vmap():
    function = torch.compile(lambda xs: vmap(lambda x: mine(x, Y, GAMMA))(xs), fullgraph=True, backend="aot_eager")
    expect_equal(function(XS), vmap(lambda x: theirs(x, Y, GAMMA))(XS))


def test_tracers_see_the_kernel():
    from torch.func import linearize
    from torch.fx.experimental.proxy_tensor import make_fx

    value, tangent = linearize(lambda x: mine(x, Y, GAMMA), X)
    right, along = jvp(lambda x: theirs(x, Y, GAMMA), (X,), (2 * X,))
    expect_equal(value, right)
    expect_equal(tangent(2 * X), along)
    graph = make_fx(lambda x: mine(x, Y, GAMMA))(X)
    expect_equal(graph(2 * X), theirs(2 * X, Y, GAMMA))
    graph = make_fx(grad(lambda x: weighted(mine)(x, Y, GAMMA)))(X)
    expect_equal(graph(2 * X), grad(lambda x: weighted(theirs)(x, Y, GAMMA))(2 * X))
    traced = torch.jit.trace(lambda x: hg.rbf(x, gamma=0.7), X)
    expect_equal(traced(2 * X), theirs(2 * X, 2 * X, GAMMA))


def test_compiled_forward_mode_is_refused():
    function = torch.compile(lambda x: jvp(lambda a: mine(a, Y, GAMMA), (x,), (x,))[1], backend="aot_eager")
    try:
        result = function(X)
    except Exception as error:
        assert "forward mode" in str(error)
    else:  # where the compiler steps aside it has to be right
        expect_equal(result, jvp(lambda a: theirs(a, Y, GAMMA), (X,), (X,))[1])


@pytest.mark.parametrize("weight", [None, torch.tensor([0.7, 0.2, 1.1], dtype=torch.double)])
def test_batched_gradients(weight):
    """is_grads_batched, which jacobian and hessian ask for with vectorize=True."""
    from torch.autograd.functional import hessian, jacobian

    def ours(x, y, gamma):
        if weight is None:
            return hg.rbf(x, y, gamma=gamma)
        return hg.gram("exp(-gamma * sum(w[d] * (x - y)^2))", x, y, gamma=gamma, w=weight)

    def right(x, y, gamma):
        if weight is None:
            return theirs(x, y, gamma)
        return torch.exp(-gamma * (weight * (x[..., :, None, :] - y[..., None, :, :]) ** 2).sum(-1))

    gamma = torch.tensor(0.7, dtype=torch.double)
    for x in (X, torch.stack([X, X + 1])):
        for result, expected in zip(jacobian(ours, (x, Y, gamma), vectorize=True), jacobian(right, (x, Y, gamma))):
            expect_equal(result, expected)
        results = hessian(lambda *a: weighted(ours)(*a), (x, Y, gamma), vectorize=True)
        expected = hessian(lambda *a: weighted(right)(*a), (x, Y, gamma))
        for row, expected_row in zip(results, expected):
            for result, block in zip(row, expected_row):
                expect_equal(result, block)


def test_batched_gradients_of_one_set_of_points():
    x = X.clone().requires_grad_()
    k = hg.rbf(x, gamma=0.7)
    seeds = torch.eye(k.numel(), dtype=torch.double).reshape(-1, *k.shape)
    (result,) = torch.autograd.grad(k, x, seeds, is_grads_batched=True)
    expect_equal(result.reshape(*k.shape, *x.shape), jacrev(lambda a: theirs(a, a, 0.7))(X))
    y = Y.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: hg.rbf(a, b, gamma=0.7), (x, y), check_batched_grad=True)
    assert torch.autograd.gradgradcheck(lambda a: hg.rbf(a, gamma=0.7), x, check_batched_grad=True)


def test_batched_gradients_have_gradients():
    from torch.autograd.functional import hessian, jacobian

    def with_gradient(k, derivative):
        x = X.clone().requires_grad_()
        result = derivative(lambda a: k(a, Y, GAMMA) + a.pow(3).sum(-1, keepdim=True), x)
        return torch.autograd.grad(result.sin().sum(), x)[0]

    def of_rows(f, x):
        return jacobian(lambda a: f(a).sum(1), x, create_graph=True, vectorize=True)

    def of_all(f, x):
        return hessian(lambda a: f(a).sum(), x, create_graph=True, vectorize=True)

    expect_equal(with_gradient(mine, of_rows), with_gradient(theirs, of_rows))
    with pytest.raises(NotImplementedError, match="third"):
        with_gradient(mine, of_all)
    x, seeds = X.clone().requires_grad_(), torch.randn(3, *W.shape, dtype=torch.double).requires_grad_()

    def of_seeds(k):
        (batched,) = torch.autograd.grad(k(x, Y, GAMMA), x, seeds, is_grads_batched=True, create_graph=True)
        return torch.autograd.grad(batched.sin().sum(), (x, seeds))

    for result, expected in zip(of_seeds(mine), of_seeds(theirs)):
        expect_equal(result, expected)


@pytest.mark.parametrize("formula", ["rbf", "exp(-gamma * sqdist(x, y))"])
def test_compile_as_the_first_call_of_a_program(formula):
    code = (
        "import torch, halogram as hg\n"
        f"f = torch.compile(lambda a: hg.gram({formula!r}, a, gamma=1.), fullgraph=True, backend='aot_eager')\n"
        "x = torch.rand(3, 2)\n"
        "assert torch.equal(f(x), hg.rbf(x, gamma=1.0))"
    )
    for program in (code, code.replace("import torch, halogram as hg", "import halogram as hg, torch")):
        subprocess.run([sys.executable, "-c", program], check=True)


def test_compile_with_whole_numbers():
    @torch.compile(fullgraph=True, backend="aot_eager")
    def function(x):
        return hg.polynomial(x, gamma=1.0, coef0=1.0, degree=2).sum()

    x = X.clone().requires_grad_()
    function(x).backward()
    expect_equal(x.grad, grad(lambda a: ((a @ a.T + 1) ** 2).sum())(X))
    for wrong in (
        lambda a: hg.polynomial(a, gamma=1.0, coef0=1.0, degree=2.5),
        lambda a: hg.rbf(a.half(), a, gamma=1.0),
        lambda a: hg.rbf(a, gamma=GAMMA * 1j),
        lambda a: hg.Kernel.vjp(LINEAR, a, None, (a @ a.mT) * 1j),
    ):
        with pytest.raises(Exception, match="whole number|must be the same|real numbers"):
            torch.compile(wrong, fullgraph=True, backend="aot_eager")(X)


def test_vjp_under_vmap_with_numbers():
    kernel, g = hg.Kernel("rbf"), torch.ones(4, 4, dtype=torch.double)
    x = torch.stack([X, 2 * X])
    for name in ("x", "gamma"):
        batch = torch.func.vmap(lambda a, n=name: kernel.vjp(a, None, g, gamma=0.5)[n])(x)
        expected = torch.stack([kernel.vjp(a, None, g, gamma=0.5)[name] for a in x])
        torch.testing.assert_close(batch, expected)
        assert torch.func.jacfwd(lambda a, n=name: kernel.vjp(a, None, g, gamma=0.5)[n])(X).isfinite().all()


LINEAR = hg.Kernel("linear")
SCALES = np.array([0.1, 0.2, 0.3])


def test_compile_of_everything_that_computes():
    ell = [GAMMA, 2 * GAMMA, 3 * GAMMA]
    kernel = hg.Kernel(FORMULA)
    integer = hg.Kernel("polynomial", gamma=1.0, coef0=1.0, degree=2)
    for function in (
        lambda a, b, g: kernel.vjp(a, b, g, gamma=0.5),
        lambda a, b, g: kernel.vjp(a.half(), b.half(), g.half(), gamma=GAMMA),
        lambda a, b, g: integer.vjp(a, None, g @ g.mT),
        lambda a, b, g: {"k": hg.rbf_ard(a, b, lengthscale=ell)},
        lambda a, b, g: {"k": hg.rbf_ard(a, b, lengthscale=[0.1, 0.2, 0.3])},
        lambda a, b, g: {"k": hg.rbf_ard(a, b, lengthscale=SCALES)},
        lambda a, b, g: {"k": hg.cdist(a, b, "mahalanobis", VI=[[1.0, 0.1, 0], [0.1, 2, 0], [0, 0, 3]])},
        lambda a, b, g: {"k": hg.cdist(a, b, "seuclidean", V=SCALES)},
        lambda a, b, g: {"k": hg.cdist(a, b, "seuclidean")},
        lambda a, b, g: {"k": hg.cdist(a, b, "mahalanobis")},
    ):
        expected = function(X, Y, W)
        results = torch.compile(function, fullgraph=True, backend="aot_eager")(X, Y, W)
        assert list(results) == list(expected)
        for name, result in results.items():
            assert result.dtype == expected[name].dtype
            torch.testing.assert_close(result, expected[name])


def test_operators_are_there_before_the_first_call():
    key = '["rbf", "direct", null, "exact"]'
    code = (
        "import torch, halogram as hg\n"
        "x = torch.rand(3, 2)\n"
        f"k = torch.ops.halogram.gram(x, x, [torch.tensor(1.0)], [], {key!r})\n"
        "assert torch.equal(k, hg.rbf(x, x, gamma=1.0))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    for values, integers, given in (([], [], key), ([GAMMA], [2], key), ([GAMMA], [], "rbf"), ([GAMMA], [], "{}")):
        with pytest.raises((TypeError, ValueError), match="takes|key"):
            torch.ops.halogram.gram(X, Y, values, integers, given)


def test_operators_pass_opcheck():
    import json

    from halogram import _operators

    x, y, gamma = (t.clone().requires_grad_() for t in (X, Y, GAMMA))
    key = _operators.key_text((FORMULA, "direct", None, "exact"))
    assert json.loads(key)[0] == FORMULA
    polynomial = _operators.key_text(("polynomial", "direct", None, "exact"))
    g = torch.randn(4, 5, dtype=torch.double, requires_grad=True)
    square = torch.randn(4, 4, dtype=torch.double, requires_grad=True)
    for operator, arguments in (
        (torch.ops.halogram.gram, (x, y, [gamma], [], key)),
        (torch.ops.halogram.gram, (x, None, [gamma], [], key)),
        (torch.ops.halogram.gram_vjp, (x, y, [gamma], [], g, key)),
        (torch.ops.halogram.gram_vjp, (x, None, [gamma], [], square, key)),
        (torch.ops.halogram.gram, (x, y, [gamma, gamma], [2], polynomial)),
        (torch.ops.halogram.gram_vjp, (x, y, [gamma, gamma], [2], g, polynomial)),
        (torch.ops.halogram.tangent, (X, Y, [GAMMA], [], [X, Y, GAMMA], key)),
        (torch.ops.halogram.tangent_vjp, (X, Y, [GAMMA], [], [X, Y, GAMMA], W, key)),
    ):
        assert set(torch.library.opcheck(operator, arguments).values()) == {"SUCCESS"}
