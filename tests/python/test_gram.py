"""Values: NumPy and torch, every shape, layout and type that is allowed, against loops over pairs."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch

import halogram as hg

L1 = "exp(-gamma * l1(x, y))"


def loop(k, x, y, dtype=np.float64):
    return np.array([[k(a.astype(dtype), b.astype(dtype)) for b in y] for a in x])


def l1(gamma):
    return lambda a, b: math.exp(-gamma * np.abs(a - b).sum())


@pytest.fixture
def random():
    return np.random.default_rng(1)


@pytest.mark.parametrize("dtype, close", [(np.float32, 1e-6), (np.float64, 1e-14)])
@pytest.mark.parametrize("n, m, features", [(1, 1, 1), (128, 128, 5), (33, 70, 17), (3, 200, 64)])
def test_formula_and_catalogue_against_loops(random, dtype, close, n, m, features):
    x, y = random.random((n, features)).astype(dtype), random.random((m, features)).astype(dtype)
    for k, right in (
        (hg.gram(L1, x, y, gamma=0.5), loop(l1(0.5), x, y)),
        (hg.rbf(x, y, gamma=0.7), loop(lambda a, b: math.exp(-0.7 * ((a - b) ** 2).sum()), x, y)),
        (hg.gram("rbf", x, gamma=0.7), loop(lambda a, b: math.exp(-0.7 * ((a - b) ** 2).sum()), x, x)),
    ):
        assert k.dtype == dtype
        np.testing.assert_allclose(k, right, rtol=0, atol=close)


def test_the_question_it_started_from(random):
    p = torch.softmax(torch.from_numpy(random.standard_normal((128, 5))), -1).requires_grad_()
    for k, right in (
        (hg.gram(L1, p, gamma=1.0), torch.exp(-(p[:, None] - p[None]).abs().sum(-1))),
        (hg.rbf(p, gamma=1.0), torch.exp(-((p[:, None] - p[None]) ** 2).sum(-1))),
    ):
        assert k.shape == (128, 128) and k.requires_grad
        torch.testing.assert_close(k, right, rtol=0, atol=1e-14)
        target = torch.rand(128, 128, dtype=torch.double)
        (mine,) = torch.autograd.grad((k * target).sum(), p)
        (theirs,) = torch.autograd.grad((right * target).sum(), p)
        torch.testing.assert_close(mine, theirs, rtol=1e-12, atol=1e-12)


def layouts(x):
    """The same numbers in other places."""
    yield x.T.copy().T  # columns side by side
    wide = np.full((x.shape[0], x.shape[1] + 3), np.nan, x.dtype)
    wide[:, 1:-2] = x
    yield wide[:, 1:-2]
    sparse = np.full((2 * x.shape[0], 3 * x.shape[1]), np.nan, x.dtype)
    sparse[::2, ::3] = x
    yield sparse[::2, ::3]
    yield x[::-1].copy()[::-1]
    yield x[:, ::-1].copy()[:, ::-1]
    odd = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)  # not aligned
    odd[:] = x
    yield odd


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layouts_give_the_same_bits(random, dtype):
    x, y = random.random((20, 5)).astype(dtype), random.random((9, 5)).astype(dtype)
    right = hg.rbf(x, y, gamma=0.3)
    for a in layouts(x):
        np.testing.assert_array_equal(hg.rbf(a, y, gamma=0.3), right)
    for b in layouts(y):
        np.testing.assert_array_equal(hg.rbf(x, b, gamma=0.3), right)
    g = random.random((20, 9)).astype(dtype)
    k = hg.Kernel("rbf", gamma=0.3)
    right = k.vjp(x, y, g)
    for h in layouts(g):
        for name, value in k.vjp(x, y, h).items():
            np.testing.assert_array_equal(value, right[name])
    tx = torch.from_numpy(x)
    np.testing.assert_array_equal(hg.rbf(tx.t().contiguous().t(), torch.from_numpy(y), gamma=0.3), hg.rbf(x, y, gamma=0.3))
    np.testing.assert_array_equal(hg.rbf(tx[:1].expand(20, 5), gamma=0.3), hg.rbf(x[:1].repeat(20, 0), gamma=0.3))


def test_empty_inputs():
    x = np.zeros((0, 5), np.float32)
    assert hg.rbf(x, gamma=1.0).shape == (0, 0)
    assert hg.rbf(x, np.zeros((3, 5), np.float32), gamma=1.0).shape == (0, 3)
    assert hg.rbf(np.zeros((3, 5), np.float32), x, gamma=1.0).shape == (3, 0)
    assert hg.rbf(np.zeros((0, 4, 5)), np.zeros((3, 5)), gamma=1.0).shape == (0, 4, 3)
    t = torch.zeros(0, 5, requires_grad=True)
    y = torch.ones(3, 5, requires_grad=True)
    gamma = torch.tensor(1.0, requires_grad=True)
    hg.rbf(t, y, gamma=gamma).sum().backward()
    assert t.grad.shape == (0, 5)
    assert (y.grad == 0).all() and gamma.grad == 0


def test_batches_broadcast_as_torch_does(random):
    x = random.random((2, 1, 4, 3))
    y = random.random((5, 6, 3))
    gamma = random.random((2, 5))
    k = hg.gram(L1, x, y, gamma=gamma)
    assert k.shape == (2, 5, 4, 6)
    for i in range(2):
        for j in range(5):
            np.testing.assert_array_equal(k[i, j], hg.gram(L1, x[i, 0], y[j], gamma=float(gamma[i, j])))
    ell = random.random((5, 3)) + 0.5
    ard = "exp(-sum(((x - y) / ell[d])^2))"
    k = hg.gram(ard, x, y, ell=ell)
    for i in range(2):
        for j in range(5):
            np.testing.assert_array_equal(k[i, j], hg.gram(ard, x[i, 0], y[j], ell=ell[j]))


def test_whole_numbers_and_sequences_become_float64():
    k = hg.cdist([[0, 3], [4, 0]], [[0, 0]])
    assert k.dtype == np.float64
    np.testing.assert_array_equal(k, [[3.0], [4.0]])
    assert hg.rbf(np.eye(3, dtype=np.float32), np.eye(3), gamma=1).dtype == np.float64


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_storage(dtype):
    x = torch.rand(6, 5).to(dtype).requires_grad_()
    k = hg.rbf(x, gamma=0.5)
    assert k.dtype == dtype
    right = hg.rbf(x.detach().float(), gamma=0.5)
    torch.testing.assert_close(k, right.to(dtype), rtol=0, atol=0)
    k.sum().backward()
    assert x.grad.dtype == dtype
    assert hg.rbf(np.zeros((2, 3), np.float16), gamma=1.0).dtype == np.float16


def test_other_dlpack_arrays(random):
    class Array:  # an array of a library of its own
        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **options):
            return self.array.__dlpack__(**options)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

    x = random.random((4, 3))
    np.testing.assert_array_equal(hg.rbf(Array(x), gamma=1.0), hg.rbf(x, gamma=1.0))


def test_distances_of_dlpack_arrays(random):
    x = random.random((5, 3))
    for metric in ("seuclidean", "mahalanobis"):
        np.testing.assert_array_equal(hg.cdist(Old(x), Old(x), metric), hg.cdist(x, x, metric))


def test_negated_views():
    z = torch.randn(4, 3, 2, dtype=torch.double)
    x = torch.view_as_complex(z).conj().imag
    assert x.is_neg()
    torch.testing.assert_close(hg.linear(x), x @ x.T)


def test_expanded_form_and_its_bound(random):
    x = random.standard_normal((50, 64)).astype(np.float32)
    kernel = hg.Kernel("rbf", form="expanded", gamma=0.01)
    bound = kernel.error_bound(x)
    assert 0 < bound < 1e-3
    short = torch.from_numpy(x).bfloat16()
    assert kernel.error_bound(short.requires_grad_()) == kernel.error_bound(short.detach().float())
    ard = hg.Kernel("rbf_ard", form="expanded")
    scales = [torch.tensor(2.0, requires_grad=True)] * 64
    assert ard.error_bound(x, lengthscale=scales) == ard.error_bound(x, lengthscale=[2.0] * 64) > 0
    assert kernel.error_bound(torch.from_numpy(x).requires_grad_()) == bound
    exact = hg.rbf(x.astype(np.float64), gamma=np.float64(np.float32(0.01)))
    assert np.abs(kernel(x) - exact).max() <= bound
    np.testing.assert_array_equal(hg.rbf(x, gamma=0.01, form="auto", tolerance=1e-30), hg.rbf(x, gamma=0.01))
    with pytest.raises(ValueError, match="no error bound"):
        hg.Kernel("rbf", gamma=1).error_bound(x)


def test_vjp_against_torch(random):
    x, y, g = random.random((7, 3)), random.random((5, 3)), random.random((7, 5))
    gradients = hg.Kernel(L1).vjp(x, y, g, gamma=0.5)
    tx, ty = torch.from_numpy(x).requires_grad_(), torch.from_numpy(y).requires_grad_()
    gamma = torch.tensor(0.5, dtype=torch.double, requires_grad=True)
    k = torch.exp(-gamma * (tx[:, None] - ty[None]).abs().sum(-1))
    for name, right in zip(("x", "y", "gamma"), torch.autograd.grad((k * torch.from_numpy(g)).sum(), (tx, ty, gamma))):
        np.testing.assert_allclose(gradients[name], right.numpy(), rtol=1e-13)


class Old:
    """Speaks DLPack as it was before versions."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, stream=None):
        return self.array.__dlpack__()

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_read_only_arrays(random, tmp_path):
    x = random.random((4, 3))
    right = hg.rbf(x, gamma=1.0)
    locked = x.copy()
    locked.flags.writeable = False
    np.save(tmp_path / "x.npy", x)
    for a in (locked, np.load(tmp_path / "x.npy", mmap_mode="r"), Old(x), Old(torch.from_numpy(x))):
        np.testing.assert_array_equal(hg.rbf(a, gamma=1.0), right)
    one = np.broadcast_to(np.float64(0.5), (4, 4))
    np.testing.assert_array_equal(hg.Kernel("linear").vjp(x, None, one)["x"], hg.Kernel("linear").vjp(x, None, one.copy())["x"])
    hg.rbf_ard(x, lengthscale=np.broadcast_to(np.float64(0.5), 3))


def test_fields_of_packed_records(random):
    records = np.zeros(6, [("label", "i1"), ("point", "f4", 3), ("weight", "f4")])
    x = records["point"] = random.random((6, 3))
    k = hg.rbf(records["point"], gamma=1.0)
    np.testing.assert_array_equal(k, hg.rbf(x.astype("f4"), gamma=1.0))
    records["weight"] = 0.5
    np.testing.assert_array_equal(hg.rbf_ard(records["point"], lengthscale=records["weight"][:3]), hg.rbf_ard(x.astype("f4"), lengthscale=np.full(3, 0.5)))
    g = np.zeros((6, 6), [("label", "i1"), ("g", "f8")])
    np.testing.assert_array_equal(hg.Kernel("linear").vjp(x, None, g["g"])["x"], 0 * x)


def test_numbers_of_another_byte_order(random):
    x = random.random((4, 3)).astype(np.float32)
    k = hg.rbf(x.astype(">f4"), gamma=1.0)
    assert k.dtype == np.float32
    np.testing.assert_array_equal(k, hg.rbf(x, gamma=1.0))
    assert hg.rbf(x.astype(">f2"), gamma=1.0).dtype == np.float16


@pytest.mark.parametrize("array", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def test_a_number_for_every_feature(random, array):
    x, g = array(random.random((4, 3))), array(random.random((4, 4)))
    kernel = hg.Kernel("rbf_ard")
    each = kernel.vjp(x, None, g, lengthscale=array(np.full(3, 0.5)))
    for given in (0.5, 1 / 2, Fraction(1, 2), np.float32(0.5), array(np.array(0.5))):
        np.testing.assert_array_equal(kernel(x, lengthscale=given), kernel(x, lengthscale=array(np.full(3, 0.5))))
        one = kernel.vjp(x, None, g, lengthscale=given)["lengthscale"]
        assert np.shape(one) == ()
        np.testing.assert_allclose(one, each["lengthscale"].sum(), rtol=1e-12)
    np.testing.assert_array_equal(hg.rbf(x, gamma=Fraction(1, 4)), hg.rbf(x, gamma=0.25))
    exact = kernel(x, lengthscale=array(np.full(3, 0.1)))  # is no number of float32
    for given in (0.1, [0.1, 0.1, 0.1], np.float64(0.1), np.full(3, 0.1)):
        np.testing.assert_array_equal(kernel(x, lengthscale=given), exact)


def test_the_gradient_of_a_number_for_every_feature():
    x = torch.rand(4, 3, dtype=torch.double, requires_grad=True)
    scale = torch.tensor(0.5, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda a, s: hg.rbf_ard(a, lengthscale=s), (x, scale))
    assert torch.autograd.gradgradcheck(lambda a, s: hg.rbf_ard(a, lengthscale=s), (x, scale))


def test_parameters_of_tensors_as_arrays_of_any_layout(random):
    x, wide = torch.from_numpy(random.random((4, 3))), np.arange(1.0, 7.0)
    for given in (wide[::2], wide[::-2][::-1], wide[::2].astype(">f8"), wide[::2].astype("g"), wide[::2].astype("i2")):
        expected = hg.rbf_ard(x, lengthscale=torch.tensor(np.ascontiguousarray(given, float)))
        assert torch.equal(hg.rbf_ard(x, lengthscale=given), expected)
    backwards = wide[2::-1]
    assert torch.equal(hg.rbf_ard(x, lengthscale=backwards), hg.rbf_ard(x, lengthscale=[3.0, 2.0, 1.0]))


def test_sequences_of_tensors_keep_their_gradients():
    ell = [torch.tensor(0.5, requires_grad=True), torch.tensor(2.0, requires_grad=True)]
    hg.rbf_ard(torch.rand(3, 2), lengthscale=ell).sum().backward()
    assert all(t.grad is not None for t in ell)


def test_numbers_that_one_type_alone_takes(random):
    x = random.random((4, 3))
    np.testing.assert_allclose(hg.gram("1e100 * l1(x, y)", x), 1e100 * hg.cityblock(x), rtol=1e-15)
    with pytest.raises(hg.FormulaError, match="not finite"):
        hg.gram("1e100 * l1(x, y)", x.astype(np.float32))
    # 0 in float32, by which IEEE 754 divides.
    for number, of_others in (("1e-50", np.inf), ("(-1e-50)", -np.inf)):
        k = hg.gram(f"l1(x, y) / {number}", x.astype(np.float32))
        assert np.isnan(k.diagonal()).all()
        np.testing.assert_array_equal(k[~np.eye(4, dtype=bool)], of_others)


def test_parameters_of_any_name(random):
    x = random.random((4, 3))
    for name in ("self", "formula", "kernel", "key", "g", "features"):
        expected = 2 * hg.cityblock(x)
        np.testing.assert_array_equal(hg.gram(f"{name} * l1(x, y)", x, **{name: 2.0}), expected)
        kernel = hg.Kernel(f"{name} * l1(x, y)", **{name: 2.0})
        np.testing.assert_array_equal(kernel(x, **{name: 2.0}), expected)
        assert set(kernel.vjp(x, None, expected, **{name: 2.0})) == {"x", name}
    for name in ("form", "tolerance", "math", "out"):
        with pytest.raises(ValueError, match=f"{name} is an option"):
            hg.gram(f"{name} * l1(x, y)", x)


def test_vjp_takes_real_cotangents():
    x = np.random.default_rng(0).random((3, 2))
    with pytest.raises(TypeError, match="complex"):
        hg.Kernel("linear").vjp(x, None, np.ones((3, 3)) * 1j)
    for points in (torch.from_numpy(x), torch.from_numpy(x).half()):
        with pytest.raises(TypeError, match="complex"):
            hg.Kernel("linear").vjp(points, None, torch.ones(3, 3) * 1j)


def test_vjp_keeps_types():
    x = 30 * np.random.default_rng(0).standard_normal((40, 20))
    y, g = x[:30] + 1, np.full((40, 30), 100.0)
    kernel = hg.Kernel("exp(-gamma * sqdist(x, y)) - gamma * l1(x, y)")
    wide = kernel.vjp(x.astype("f2").astype("f4"), y.astype("f2").astype("f4"), g.astype("f4"), gamma=0.5)
    assert wide["gamma"] < -65504, "more than 16 bits hold"
    half = kernel.vjp(x.astype("f2"), y.astype("f2"), g.astype("f2"), gamma=0.5)
    assert [half[name].dtype for name in ("x", "y", "gamma")] == [np.float16, np.float16, np.float32]
    assert half["gamma"] == wide["gamma"]
    assert kernel.vjp(x.astype("f2"), y.astype("f2"), g, gamma=np.float64([0.5]))["gamma"].dtype == np.float64
    tensors = [torch.from_numpy(a) for a in (x, y, g)]
    for gamma, expected in ((0.5, torch.float32), (torch.tensor(0.5), torch.float32), (torch.tensor(0.5).double(), torch.float64)):
        half = kernel.vjp(*[t.half() for t in tensors], gamma=gamma)
        assert [half[name].dtype for name in ("x", "y", "gamma")] == [torch.float16, torch.float16, expected]
        np.testing.assert_allclose(half["gamma"].numpy(), wide["gamma"], rtol=1e-6)


def test_vjp_on_tensors():
    x = torch.rand(2, 4, 3, dtype=torch.double)
    g = torch.rand(2, 4, 4, dtype=torch.double)
    mine = hg.Kernel("rbf").vjp(x, None, g, gamma=0.5)
    theirs = hg.Kernel("rbf").vjp(x.numpy(), None, g.numpy(), gamma=0.5)
    for name, value in theirs.items():
        np.testing.assert_allclose(mine[name].numpy(), value, rtol=1e-13)
    assert mine["gamma"].shape == ()
    half = hg.Kernel("rbf").vjp(x.half(), None, g.half(), gamma=0.5)
    assert half["x"].dtype == torch.float16
    with pytest.raises(TypeError, match="cotangent"):
        hg.Kernel("rbf").vjp(x, None, g.numpy(), gamma=0.5)


def test_the_catalogue_is_a_copy():
    hg.catalogue()["minkowski"]["parameters"].clear()
    assert hg.cdist(np.eye(2), np.eye(2), "minkowski", p=1)[0, 1] == 2


def test_out(random):
    x, y = random.random((6, 3)), random.random((4, 3))
    right = hg.rbf(x, y, gamma=0.5)
    for call in (
        lambda a, b, out: hg.rbf(a, b, gamma=0.5, out=out),
        lambda a, b, out: hg.gram("exp(-g * sqdist(x, y))", a, b, g=0.5, out=out),
        lambda a, b, out: hg.Kernel("rbf", gamma=0.5)(a, b, out=out),
    ):
        out = np.full((6, 4), np.nan)
        assert call(x, y, out) is out
        np.testing.assert_array_equal(out, right)
        tensor = torch.full((6, 4), np.nan, dtype=torch.double)
        assert call(torch.from_numpy(x), torch.from_numpy(y), tensor) is tensor
        np.testing.assert_array_equal(tensor.numpy(), right)
    locked = np.empty((6, 4))
    locked.flags.writeable = False
    for wrong in (np.empty((4, 6)), np.empty((6, 4), np.float32), np.empty((6, 8))[:, ::2], locked, [1.0]):
        with pytest.raises((TypeError, ValueError)):
            hg.rbf(x, y, gamma=0.5, out=wrong)
    with pytest.raises(RuntimeError, match="no_grad"):
        hg.rbf(torch.from_numpy(x).requires_grad_(), gamma=0.5, out=torch.empty(6, 6, dtype=torch.double))
    square = random.random((3, 3))
    with pytest.raises(ValueError, match="overlaps"):
        hg.rbf(square, gamma=0.5, out=square)
    # Also where an item of the batch lies in what another item writes, and where a parameter does.
    batch = random.random((2, 3, 3))
    with pytest.raises(ValueError, match="overlaps x"):
        hg.rbf(batch[::-1], gamma=0.5, out=batch)
    with pytest.raises(ValueError, match="overlaps y"):
        hg.rbf(batch + 1, batch[::-1].transpose(0, 2, 1), gamma=0.5, out=batch)
    with pytest.raises(ValueError, match="overlaps the parameter gamma"):
        hg.rbf(batch + 1, gamma=batch[:, 1, 1], out=batch)
    apart = random.random((4, 3, 3))
    right = hg.rbf(apart[2:].copy(), gamma=0.5)
    np.testing.assert_array_equal(hg.rbf(apart[2:], gamma=0.5, out=apart[:2]), right)
