"""scikit-learn as its users use it, against its own kernels; kernels as objects; what importing brings."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import pairwise
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.svm import SVC

import halogram as hg


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    return data.data / 16, data.target


def test_support_vectors(digits):
    x, labels = digits
    mine = SVC(kernel=hg.sklearn_kernel("rbf", gamma=0.1)).fit(x[:500], labels[:500])
    theirs = SVC(kernel="rbf", gamma=0.1).fit(x[:500], labels[:500])
    np.testing.assert_array_equal(mine.predict(x[500:]), theirs.predict(x[500:]))
    l1 = SVC(kernel=hg.sklearn_kernel("exp(-gamma * l1(x, y))", gamma=0.1)).fit(x[:500], labels[:500])
    assert l1.score(x[500:], labels[500:]) > 0.9


def test_kernel_ridge_and_pairwise_kernels(digits):
    x, labels = digits
    kernel = hg.sklearn_kernel("rbf", gamma=0.1)
    mine, theirs = KernelRidge(kernel=kernel), KernelRidge(kernel="rbf", gamma=0.1)
    predictions = [m.fit(x[:100], labels[:100]).predict(x[100:120]) for m in (mine, theirs)]
    np.testing.assert_allclose(*predictions, rtol=1e-10)
    np.testing.assert_allclose(
        pairwise_kernels(x[:9], x[9:12], metric=kernel), pairwise_kernels(x[:9], x[9:12], metric="rbf", gamma=0.1)
    )


def test_kernels_are_cloned_and_pickled():
    kernel = hg.sklearn_kernel("rbf", gamma=0.1)
    x = np.random.default_rng(0).random((4, 3))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(kernel))(x), kernel(x))
    assert clone(SVC(kernel=kernel)).kernel(x)[0, 0] == 1
    with pytest.raises(TypeError, match="gamma"):
        hg.sklearn_kernel("rbf")


@pytest.mark.parametrize("name", sorted(set(pairwise.PAIRWISE_KERNEL_FUNCTIONS) & set(hg.catalogue())))
def test_names_and_parameters_are_those_of_scikit_learn(name):
    x = np.random.default_rng(0).uniform(0.1, 1, (5, 3))
    given = {"gamma": 0.5, "coef0": 1.0, "degree": 3}
    parameters = {p["name"]: given[p["name"]] for p in hg.catalogue()[name]["parameters"]}
    np.testing.assert_allclose(getattr(hg, name)(x, **parameters), pairwise_kernels(x, metric=name, **parameters))


def test_kernels_with_trained_parameters():
    x = np.random.default_rng(0).random((4, 3))
    gamma = torch.tensor(0.5, dtype=torch.double, requires_grad=True)
    scale = torch.tensor(2.0, dtype=torch.double, requires_grad=True)
    kernel = scale * hg.Kernel("rbf", gamma=gamma)
    kernel(torch.from_numpy(x)).sum().backward()
    assert gamma.grad is not None
    torch.testing.assert_close(scale.grad, torch.tensor(hg.rbf(x, gamma=0.5).sum()))
    rbf = hg.Kernel("rbf", gamma=0.5)
    assert hg.gram(rbf, x).shape == (4, 4)
    assert rbf.parameters == {"gamma": 0.5}
    np.testing.assert_array_equal(hg.Kernel("rbf")(x, gamma=0.5), rbf(x))


def test_scikit_learn_takes_kernels_with_tensors():
    x = np.random.default_rng(0).random((6, 3))
    expected = hg.rbf(x, gamma=0.5)
    gamma = torch.tensor(0.5, requires_grad=True)
    np.testing.assert_array_equal(hg.sklearn_kernel(hg.Kernel("rbf", gamma=gamma))(x), expected)
    np.testing.assert_array_equal(hg.sklearn_kernel("rbf", gamma=gamma)(x), expected)
    np.testing.assert_array_equal(hg.sklearn_kernel("rbf", gamma=gamma.bfloat16())(x), expected)
    np.testing.assert_array_equal(hg.sklearn_kernel("rbf", gamma=0.5)(torch.from_numpy(x).requires_grad_()), expected)
    ard = hg.sklearn_kernel("rbf_ard", lengthscale=[gamma, gamma, 2 * gamma])
    np.testing.assert_array_equal(ard(x), hg.rbf_ard(x, lengthscale=[0.5, 0.5, 1.0]))


def test_points_that_scikit_learn_would_not_give():
    kernel = hg.sklearn_kernel("rbf", gamma=0.5)
    x = np.eye(3)
    with pytest.raises(ValueError, match="two points, or points in rows"):
        kernel(x[0], x)
    with pytest.raises(TypeError, match="masked"):
        kernel(np.ma.masked_array(x))
    with pytest.raises(ValueError, match="one matrix"):
        hg.sklearn_kernel("rbf", gamma=np.ones(2))(x[0], x[1])


def test_kernels_combine_with_numbers_of_any_library():
    x = np.random.default_rng(0).random((4, 3))
    rbf = hg.Kernel("rbf", gamma=0.5)
    k = rbf(x)
    for made, expected in (
        (1 / rbf, 1 / k),
        (+rbf, k),
        (np.float64(2) * rbf, 2 * k),
        (np.array(2.0) * rbf, 2 * k),
        (1e300 * rbf, 1e300 * k),  # beyond float32
    ):
        np.testing.assert_allclose(made(x), expected, rtol=1e-15)
    with pytest.raises(hg.FormulaError, match="division by zero"):
        rbf / 0
    with pytest.raises(TypeError, match="ndarray"):
        np.ones(3) * rbf


def test_compile_explain_and_build(tmp_path):
    kernel = hg.compile("exp(-gamma * l1(x, y))", features=5, dtype="float64", ops=["gram"])
    x = np.random.default_rng(0).random((4, 5))
    assert kernel(x, gamma=0.5).shape == (4, 4)
    text = hg.explain("rbf", features=5)
    assert "Derivatives" in text and "dk/dx[d]" in text
    assert "Derivatives" in kernel.explain(5) and "Derivatives" in hg.explain(2 * kernel)
    hg.build("exp(-gamma * l1(x, y))", tmp_path, "l1_exp", features=5)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["l1_exp.h", "l1_exp.json", "libl1_exp.a"]
    hg.build("rbf", tmp_path / "fast", "rbf", features=5, math="fast", form="auto", tolerance=0.1)
    assert '"fast"' in (tmp_path / "fast" / "rbf.json").read_text()
    with pytest.raises(ValueError, match="cannot name|keyword"):
        hg.build("rbf", tmp_path, "int")
    with pytest.raises(ValueError, match="dtype"):
        hg.compile("rbf", 5, dtype="int8")
    with pytest.raises(ValueError, match="operation"):
        hg.compile("rbf", 5, ops=["apply"])
    hg.compile("rbf", 5, ops="gram, gram_vjp")
    for features in (0, -1, 10**9):
        with pytest.raises(ValueError, match="^features"):
            hg.compile("rbf", features)
    for features in ("any", 2.5, True):
        with pytest.raises(TypeError, match="features is a whole number"):
            hg.compile("rbf", features)


def test_functions_show_their_parameters():
    import inspect

    for name, entry in hg.catalogue().items():
        function = getattr(hg, name)
        shown = list(inspect.signature(function).parameters)
        described = [p["name"] for p in entry["parameters"]]
        assert shown[:2] == ["x", "y"] and set(shown[2:-4]) == set(described)
        assert entry["summary"] in function.__doc__ and entry["source"] in function.__doc__
        assert name in hg.__all__


def test_numpy_users_never_import_torch():
    code = (
        "import sys, numpy as np, halogram as hg; hg.rbf(np.eye(3), gamma=1.0); hg.cdist(np.eye(3), np.eye(3));"
        "assert 'torch' not in sys.modules and 'gpytorch' not in sys.modules;"
        "assert 'numpy.ma' not in sys.modules, 'the first call waits for it'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_torch_may_come_later():
    code = (
        "import numpy as np, halogram as hg; hg.rbf(np.eye(3), gamma=1.0); import torch;"
        "k = hg.rbf(torch.eye(3, requires_grad=True), gamma=1.0); assert k.requires_grad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
