"""scikit-learn, SciPy and GPyTorch as their users use them, against their own kernels; kernels as objects."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys

import gpytorch
import numpy as np
import pytest
import torch
from scipy.spatial import distance
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


METRICS = sorted(distance._METRICS)  # every name that SciPy's cdist takes


@pytest.mark.parametrize("metric", METRICS)
def test_cdist(metric):
    random = np.random.default_rng(0)
    x, y = random.random((7, 4)), random.random((5, 4))
    name = {"cosine": "cosine_distance"}.get(metric, metric)
    if name in hg.catalogue() and hg.catalogue()[name]["domain"] == "categorical":
        x, y = x.round(), y.round()
        x[0], y[:, 0] = 1, 1  # 0/0 is not SciPy's
    options = {"p": 3} if metric == "minkowski" else {}
    np.testing.assert_allclose(hg.cdist(x, y, metric, **options), distance.cdist(x, y, metric, **options), atol=1e-14)
    tensor = torch.from_numpy(x).requires_grad_()
    assert hg.cdist(tensor, torch.from_numpy(y), metric, **options).requires_grad
    with pytest.raises(ValueError, match="cityblock"):
        hg.cdist(x, y, "rbf")


def test_mahalanobis():
    random = np.random.default_rng(0)
    x, y = 100 + random.random((7, 3)), 100 + random.random((5, 3))
    inverse = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.25], [0.0, 0.25, 1.5]])
    expected = distance.cdist(x, y, "mahalanobis", VI=inverse)
    np.testing.assert_allclose(hg.cdist(x, y, "mahalanobis", VI=inverse), expected, rtol=1e-12)
    tensors = [torch.from_numpy(a).requires_grad_() for a in (x[:3], y[:2], inverse)]
    assert torch.autograd.gradcheck(lambda a, b, c: hg.cdist(a, b, "mahalanobis", VI=c), tensors)
    batch = hg.cdist(torch.from_numpy(x).expand(2, 7, 3), torch.from_numpy(y), "mahalanobis", VI=inverse)
    np.testing.assert_allclose(batch[1], expected, rtol=1e-12)
    with pytest.raises(ValueError, match="positive definite"):
        hg.cdist(x, y, "mahalanobis", VI=-inverse)
    with pytest.raises(ValueError, match="positive definite"):
        hg.cdist(x, np.ones((1, 3)) + x[:1], "mahalanobis", VI=np.zeros((3, 3)))
    with pytest.raises(ValueError, match="features"):
        hg.cdist(x, y, "mahalanobis", VI=np.eye(4))
    with pytest.raises(ValueError, match="batch"):
        hg.cdist(x[None], y, "mahalanobis")
    np.testing.assert_array_equal(hg.cdist(x, None, "mahalanobis"), hg.cdist(x, x, "mahalanobis"))
    half = torch.from_numpy(x - 100).half()
    assert hg.cdist(half, half, "mahalanobis", VI=torch.eye(3)).dtype == torch.float16
    assert hg.cdist(half.numpy(), half.numpy(), "mahalanobis", VI=np.eye(3)).dtype == np.float16
    assert hg.cdist(x.astype("f"), y.astype("f"), "mahalanobis", VI=inverse).dtype == np.float32
    assert hg.cdist(x.astype(int), y.astype(int), "mahalanobis", VI=inverse).dtype == np.float64
    tensor = torch.from_numpy(x)
    for call, error, message in (
        (lambda: hg.cdist(x, y[:, :2], "mahalanobis"), ValueError, "as many features"),
        (lambda: hg.cdist(x[0], y, "mahalanobis", VI=inverse), ValueError, "features"),
        (lambda: hg.cdist(tensor, tensor.float(), "mahalanobis"), TypeError, "float32"),
        (lambda: hg.cdist(tensor.to_sparse(), tensor, "seuclidean"), TypeError, "dense"),
        (lambda: hg.cdist(x, y * 1j, "seuclidean"), TypeError, "real"),
        (lambda: hg.cdist(x, y, "mahalanobis", VI=inverse * 1j), TypeError, "VI"),
        (lambda: hg.cdist(tensor, tensor, "mahalanobis", VI="a"), TypeError, "VI"),
    ):
        with pytest.raises(error, match=message):
            call()
    with pytest.raises(TypeError, match="VI"):
        hg.cdist(x, y, "euclidean", VI=inverse)
    with pytest.raises(TypeError, match="name"):
        hg.cdist(x, y, ["euclidean"])


def trained(covariance):
    torch.manual_seed(0)
    x = torch.linspace(0, 1, 60).unsqueeze(-1)
    y = torch.sin(x[:, 0] * 2 * math.pi) + 0.1 * torch.randn(60)

    class Process(gpytorch.models.ExactGP):
        def __init__(self, likelihood):
            super().__init__(x, y, likelihood)
            self.mean_module = gpytorch.means.ConstantMean()
            self.covar_module = gpytorch.kernels.ScaleKernel(covariance)

        def forward(self, points):
            return gpytorch.distributions.MultivariateNormal(self.mean_module(points), self.covar_module(points))

    likelihood = gpytorch.likelihoods.GaussianLikelihood()
    process = Process(likelihood).train()
    optimizer = torch.optim.Adam(process.parameters(), lr=0.1)
    objective = gpytorch.mlls.ExactMarginalLogLikelihood(likelihood, process)
    for _ in range(50):
        optimizer.zero_grad()
        loss = -objective(process(x), y)
        loss.backward()
        optimizer.step()
    process.eval(), likelihood.eval()
    with torch.no_grad():
        prediction = likelihood(process(torch.linspace(0, 1, 7).unsqueeze(-1)))
    return loss.detach(), prediction.mean, prediction.variance


def test_gaussian_process_is_trained_as_with_gpytorchs_own_kernel():
    theirs = gpytorch.kernels.MaternKernel(nu=2.5)
    mine = hg.gpytorch.HalogramKernel("matern52", lengthscale=theirs.lengthscale.item())
    before = mine.value_of("lengthscale").item()
    for a, b in zip(trained(mine), trained(theirs)):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)
    assert mine.value_of("lengthscale").item() != before
    assert mine.value_of("lengthscale").item() == pytest.approx(theirs.lengthscale.item(), rel=1e-3)


def test_gpytorch_kernels_of_several_kinds():
    x, y = torch.rand(5, 3), torch.rand(4, 3)
    ard = hg.gpytorch.HalogramKernel("rbf_ard", lengthscale=[0.5, 1.0, 2.0])
    theirs = gpytorch.kernels.RBFKernel(ard_num_dims=3)
    theirs.lengthscale = torch.tensor([0.5, 1.0, 2.0])
    torch.testing.assert_close(ard(x, y).to_dense(), theirs(x, y).to_dense())
    torch.testing.assert_close(ard(x, diag=True), theirs(x, diag=True))
    batch = hg.gpytorch.HalogramKernel("rbf", gamma=0.5, batch_shape=(2,))
    assert batch(x.expand(2, 5, 3)).to_dense().shape == (2, 5, 5)
    assert batch(x.expand(2, 5, 3), diag=True).shape == (2, 5)
    columns = hg.gpytorch.HalogramKernel("rbf", gamma=0.5, active_dims=(0, 2))
    torch.testing.assert_close(columns(x, y).to_dense(), hg.rbf(x[:, [0, 2]], y[:, [0, 2]], gamma=0.5))
    poly = hg.gpytorch.HalogramKernel("polynomial", gamma=1.0, coef0=1.0, degree=2, fixed=("coef0",))
    assert [name for name, _ in poly.named_parameters()] == ["raw_gamma"]
    with pytest.raises(TypeError, match="lengthscale"):
        hg.gpytorch.HalogramKernel("matern52")


def test_gpytorch_values_are_attributes():
    matern = hg.gpytorch.HalogramKernel("matern52", lengthscale=1.0)
    assert matern.lengthscale.item() == pytest.approx(1.0)
    matern.initialize(lengthscale=0.25)
    assert matern.lengthscale.item() == pytest.approx(0.25)
    batch = hg.gpytorch.HalogramKernel("rbf", gamma=0.5, batch_shape=(2,))
    batch.gamma = torch.tensor([0.25, 4.0])
    torch.testing.assert_close(batch.gamma, torch.tensor([0.25, 4.0]))
    assert batch.lengthscale is None
    assert [name for name, _ in batch.named_parameters()] == ["raw_gamma"]
    with pytest.raises(AttributeError):
        batch.alpha  # noqa: B018
    fixed = hg.gpytorch.HalogramKernel("polynomial", gamma=1.0, coef0=1.0, degree=2, fixed=("coef0",))
    fixed.initialize(coef0=3.0, degree=3)
    assert (fixed.coef0, fixed.value_of("coef0"), fixed.degree) == (3.0, 3.0, 3)
    points = torch.rand(3, 2)
    torch.testing.assert_close(fixed(points).to_dense(), hg.polynomial(points, gamma=fixed.gamma, coef0=3.0, degree=3))
    still = hg.gpytorch.HalogramKernel("rbf_ard", lengthscale=[1.0, 2.0], fixed=("lengthscale",))
    still.lengthscale = torch.tensor([2.0, 4.0])
    torch.testing.assert_close(still.value_of("lengthscale"), torch.tensor([2.0, 4.0]))
    poly = {"gamma": 1.0, "coef0": 0.0, "degree": 2}
    with pytest.raises(ValueError, match="coef0"):  # Positive() would hold it at 0 forever
        hg.gpytorch.HalogramKernel("polynomial", **poly)
    free = hg.gpytorch.HalogramKernel("polynomial", **poly, constraints={"coef0": None})
    assert free.coef0.item() == 0 and free.degree == 2
    free(torch.rand(3, 2)).to_dense().sum().backward()
    assert free.raw_coef0.grad != 0


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
