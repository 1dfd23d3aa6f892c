"""cdist, against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial import distance

import halogram as hg


# Every name that SciPy's cdist takes.
NAMES = sorted(distance._METRIC_ALIAS)


@pytest.mark.parametrize("metric", NAMES)
def test_names(metric):
    random = np.random.default_rng(0)
    x, y = random.random((7, 4)), random.random((5, 4))
    catalogue = hg.catalogue()
    if metric in catalogue and catalogue[metric]["domain"] == "categorical":
        x, y = x.round(), y.round()
        x[0], y[:, 0] = 1, 1  # 0/0 is not SciPy's
    options = {"p": 3} if distance._METRIC_ALIAS[metric].canonical_name == "minkowski" else {}
    np.testing.assert_allclose(hg.cdist(x, y, metric, **options), distance.cdist(x, y, metric, **options), atol=1e-14)
    tensor = torch.from_numpy(x).requires_grad_()
    assert hg.cdist(tensor, torch.from_numpy(y), metric, **options).requires_grad


def test_what_is_no_metric():
    x = np.ones((3, 2))
    np.testing.assert_array_equal(hg.cdist(x, x, "Euclidean"), hg.cdist(x, x))  # as SciPy
    for metric in ("rbf", "chebysheff", ""):
        with pytest.raises(ValueError, match="cityblock"):
            hg.cdist(x, x, metric)
    with pytest.raises(TypeError, match="name"):
        hg.cdist(x, x, ["euclidean"])
    with pytest.raises(TypeError, match="VI"):
        hg.cdist(x, x, "euclidean", VI=np.eye(2))
    with pytest.raises(TypeError, match="no p"):
        hg.cdist(x, x, "mahalanobis", p=2)


INVERSE = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.25], [0.0, 0.25, 1.5]])


def points(offset=0.0):
    random = np.random.default_rng(0)
    return offset + random.random((7, 3)), offset + random.random((5, 3))


def mahalanobis(x, y, inverse):
    return hg.cdist(x, y, "mahalanobis", VI=inverse)


@pytest.mark.parametrize(
    "inverse",
    [
        INVERSE,
        np.eye(3),
        np.outer([1.0, 2.0, -1.0], [1.0, 2.0, -1.0]),  # semidefinite, as of pinv
        np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 1.5]]),  # of which its symmetric part counts
        np.zeros((3, 3)),
    ],
)
def test_mahalanobis_of_a_matrix(inverse):
    for offset in (0, 1e6):
        x, y = points(offset)
        expected = distance.cdist(x, y, "mahalanobis", VI=inverse)
        np.testing.assert_allclose(mahalanobis(x, y, inverse), expected, rtol=1e-12, atol=1e-14)
        batch = mahalanobis(torch.from_numpy(x).expand(2, 7, 3), torch.from_numpy(y), inverse)
        np.testing.assert_array_equal(batch[1], mahalanobis(x, y, inverse))
    matrices = np.stack([inverse, 2 * inverse])
    np.testing.assert_array_equal(mahalanobis(x, y, matrices)[1], mahalanobis(x, y, 2 * inverse))
    np.testing.assert_array_equal(mahalanobis(x, None, inverse), mahalanobis(x, x, inverse))


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_mahalanobis_of_a_matrix_made_of_tensors():
    x, y = map(torch.from_numpy, points())
    a = torch.tensor(2.0, dtype=torch.double, requires_grad=True)
    k = mahalanobis(x, y, [[a, 0, 0], [0, 1, 0], [0, 0, 1]])
    expected = distance.cdist(x.numpy(), y.numpy(), "mahalanobis", VI=np.diag([2.0, 1.0, 1.0]))
    np.testing.assert_allclose(k.detach(), expected, rtol=1e-14)
    k.sum().backward()
    assert a.grad > 0
    matrix = np.matrix(INVERSE)
    np.testing.assert_array_equal(mahalanobis(np.matrix(x.numpy()), y.numpy(), matrix), mahalanobis(x, y, INVERSE))


def test_mahalanobis_is_nan_where_its_square_is_negative():
    x, y = points()
    for inverse in (-INVERSE, np.diag([1.0, -1.0, 0.0])):
        np.testing.assert_allclose(mahalanobis(x, y, inverse), distance.cdist(x, y, "mahalanobis", VI=inverse))


@pytest.mark.filterwarnings("error")
def test_mahalanobis_of_two_points_depends_on_no_other():
    x, y = (a.astype(np.float32) for a in points(1000))
    alone = mahalanobis(x, y, INVERSE)
    np.testing.assert_allclose(alone, distance.cdist(x, y, "mahalanobis", VI=INVERSE), rtol=1e-6)
    for other in (np.nan, np.inf, 1e30, -1e7):
        more = np.concatenate([x, np.full((1, 3), other, np.float32)])
        np.testing.assert_array_equal(mahalanobis(more, y, INVERSE)[:-1], alone)
        np.testing.assert_array_equal(mahalanobis(y, more, INVERSE)[:, :-1], mahalanobis(y, x, INVERSE))
    np.testing.assert_array_equal(mahalanobis(x[2:3], y[1:2], INVERSE), alone[2:3, 1:2])
    far = np.array([[np.inf, 1, 2], [1, 2, -np.inf]])
    full = INVERSE + 0.25  # without a 0, which times infinity is NaN
    np.testing.assert_array_equal(mahalanobis(far, y, full), distance.cdist(far, y, "mahalanobis", VI=full))
    np.testing.assert_array_equal(mahalanobis(torch.from_numpy(x), torch.from_numpy(y), INVERSE), alone)


@pytest.mark.parametrize("noise", [1e-2, 1e-4])
def test_mahalanobis_of_correlated_features(noise):
    random = np.random.default_rng(0)
    x = (random.random((60, 1)) + noise * random.standard_normal((60, 3))).astype(np.float32)
    inverse = np.linalg.inv(np.cov(x.astype(float).T))
    for options in ({}, {"VI": inverse}):
        expected = distance.cdist(x, x, "mahalanobis", **options)
        for points in (x, torch.from_numpy(x)):
            np.testing.assert_allclose(hg.cdist(points, points, "mahalanobis", **options), expected, rtol=1e-5, atol=1e-6)


def test_mahalanobis_has_derivatives():
    x, y = points()
    y[1] = x[0]  # coincident: the distance has a kink there
    tensors = [torch.from_numpy(a).requires_grad_() for a in (x[1:3], y[:2], INVERSE)]
    assert torch.autograd.gradcheck(mahalanobis, tensors)
    assert torch.autograd.gradgradcheck(mahalanobis, tensors)
    tensors = [torch.from_numpy(a).requires_grad_() for a in (x[:1], y[1:2], INVERSE)]
    first = torch.autograd.grad(mahalanobis(*tensors).sum(), tensors, create_graph=True)
    assert all((g == 0).all() for g in first)
    assert all((g == 0).all() for g in torch.autograd.grad(sum(g.sum() for g in first), tensors))
    free = [torch.from_numpy(a).requires_grad_() for a in points()]
    assert torch.autograd.gradcheck(lambda a, b: hg.cdist(a, b, "mahalanobis"), free)
    assert torch.autograd.gradcheck(lambda a, b: hg.cdist(a, b, "seuclidean"), free)


@pytest.mark.parametrize("metric", ["mahalanobis", "seuclidean"])
@pytest.mark.parametrize("scale", [1, 300, 60000])  # whose variance 16 bits do not hold
def test_defaults_are_computed_in_float64(metric, scale):
    for dtype, close in ((np.float64, 1e-12), (np.float32, 1e-5), (np.float16, 2e-3)):
        x, y = ((scale * a).astype(dtype) for a in points())
        expected = distance.cdist(x.astype("f8"), y.astype("f8"), metric)
        for result in (hg.cdist(x, y, metric), hg.cdist(torch.from_numpy(x), torch.from_numpy(y), metric).numpy()):
            assert result.dtype == dtype
            np.testing.assert_allclose(result, expected, rtol=close)
        np.testing.assert_array_equal(hg.cdist(x, None, metric), hg.cdist(x, x, metric))
    x, y = (a.astype(np.float32) * 1e30 for a in points())  # whose squares float32 does not hold
    np.testing.assert_allclose(hg.cdist(x, y, metric), distance.cdist(x, y, metric), rtol=1e-5)
    options = {"V": np.full(3, 1e60)} if metric == "seuclidean" else {"VI": np.eye(3) * 1e-60}
    np.testing.assert_allclose(hg.cdist(x, y, metric, **options), distance.cdist(x, y, metric, **options), rtol=1e-5)


def test_types():
    x, y = points()
    for a, b, expected in (
        ("f2", "f2", "f2"),
        ("f2", "f4", "f4"),
        ("f4", "f8", "f8"),
        (">f4", ">f4", "f4"),
        ("i4", "i4", "f8"),
        ("?", "f4", "f4"),
    ):
        for metric in ("euclidean", "mahalanobis", "seuclidean"):
            options = {"V": np.ones(3)} if metric == "seuclidean" else {"VI": np.eye(3)} if metric[0] == "m" else {}
            p, q = (5 * x).astype(a), (5 * y).astype(b)
            result = hg.cdist(p, q, metric, **options)
            assert result.dtype == expected
            right = distance.cdist(p.astype("f8"), q.astype("f8"))
            np.testing.assert_allclose(result, right, rtol={2: 1e-3, 4: 1e-6, 8: 1e-14}[result.itemsize])
    half = torch.from_numpy(x).bfloat16()
    assert mahalanobis(half, half, INVERSE).dtype == torch.bfloat16


def test_points_and_matrices_that_do_not_fit():
    x, y = points()
    tensor = torch.from_numpy(x)
    for call, error, message in (
        (lambda: mahalanobis(x, y, np.eye(4)), ValueError, "features"),
        (lambda: mahalanobis(x, y, np.ones(3)), ValueError, "features"),
        (lambda: mahalanobis(np.stack([x, x]), y, np.ones((3, 3, 3))), ValueError, "batch.*VI"),
        (lambda: mahalanobis(torch.stack([tensor, tensor]), tensor, torch.ones(3, 3, 3)), ValueError, "batch.*VI"),
        (lambda: mahalanobis(x, y[:, :2], None), ValueError, "as many features"),
        (lambda: mahalanobis(x[0], y, INVERSE), ValueError, "features"),
        (lambda: mahalanobis(np.ones((3, 0)), None, None), ValueError, "features"),
        (lambda: mahalanobis(x[:1], y[:2], None), ValueError, "3 points of 3 features"),
        (lambda: mahalanobis(x[:, [0, 0, 0]], y[:, [0, 0, 0]] * 0, np.eye(2)), ValueError, "features"),
        (lambda: hg.cdist(np.eye(3)[:, :1].repeat(2, 1), None, "mahalanobis"), ValueError, "singular"),
        (lambda: mahalanobis(x[None], y, None), ValueError, "batch"),
        (lambda: hg.cdist(x[None], y, "seuclidean"), ValueError, "batch"),
        (lambda: mahalanobis(tensor, tensor.float(), None), TypeError, "float32"),
        (lambda: mahalanobis(tensor, x, None), TypeError, "ndarray"),
        (lambda: mahalanobis(x, tensor, None), TypeError, "ndarray"),
        (lambda: hg.cdist(tensor.to_sparse(), tensor, "seuclidean"), TypeError, "dense"),
        (lambda: hg.cdist(x, y * 1j, "seuclidean"), TypeError, "real"),
        (lambda: mahalanobis(x.astype("g"), y, None), TypeError, "float128|longdouble"),
        (lambda: mahalanobis(x, y, INVERSE * 1j), TypeError, "VI"),
        (lambda: mahalanobis(tensor, tensor, "a"), TypeError, "VI"),
        (lambda: mahalanobis(x, y, [[1.0, 2.0], [3.0]]), TypeError, "VI"),
        (lambda: mahalanobis(tensor, tensor, [[1.0, 2.0], [3.0]]), TypeError, "VI"),
        (lambda: mahalanobis(tensor, tensor, np.ma.masked_array(INVERSE)), TypeError, "VI is a masked"),
        (lambda: mahalanobis(tensor, tensor, torch.eye(3, device="meta")), NotImplementedError, "VI is on meta"),
        (lambda: mahalanobis(tensor, tensor, torch.eye(3).to_sparse()), TypeError, "VI has the layout"),
        (lambda: hg.cdist(x, y, "minkowski", p=0), ValueError, "p is 0"),
        (lambda: hg.cdist(tensor, tensor, "minkowski", p=-1.0), ValueError, "p is -1"),
    ):
        with pytest.raises(error, match=message):
            call()
