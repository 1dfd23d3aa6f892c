"""GPyTorch as its users use it, against its own kernels."""

from __future__ import annotations

import copy
import math

import gpytorch
import pytest
import torch

import halogram as hg


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


@pytest.mark.parametrize("name", sorted(hg.catalogue()))
def test_every_catalogue_kernel_is_a_module(name):
    entry = hg.catalogue()[name]
    values = {p["name"]: {"vector": [0.5, 1.0], "integer": 1}.get(p["kind"], 1.5) for p in entry["parameters"]}
    module = hg.gpytorch.HalogramKernel(name, **values)
    points = torch.rand(3, 2).softmax(-1)
    expected = getattr(hg, name)(points, **{n: torch.as_tensor(v) for n, v in values.items()})
    torch.testing.assert_close(module(points).to_dense(), expected)
    for parameter in values:
        torch.testing.assert_close(torch.as_tensor(getattr(module, parameter)).double(), torch.as_tensor(values[parameter]).double())


def forms(module, x, y):
    """K, its diagonal and both feature by feature, each against what the kernel's values say."""
    batch = module.batch_shape
    dense = module(x, y).to_dense()
    diagonal = module(x, diag=True)
    full = module(x).to_dense()
    assert dense.shape == (*batch, x.shape[-2], y.shape[-2])
    torch.testing.assert_close(diagonal, full.diagonal(dim1=-1, dim2=-2))
    by_feature = module(x, last_dim_is_batch=True).to_dense()
    assert by_feature.shape == (*batch, x.shape[-1], x.shape[-2], x.shape[-2])
    diagonal = module(x, diag=True, last_dim_is_batch=True)
    torch.testing.assert_close(diagonal, by_feature.diagonal(dim1=-1, dim2=-2))
    return dense, by_feature


@pytest.mark.filterwarnings("ignore:.*last_dim_is_batch")
@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("batch", [(), (2,), (4, 2)])
def test_batches_of_every_kind_of_parameter(fixed, batch):
    x, y = torch.rand(5, 3), torch.rand(4, 3)
    scales = 0.5 + torch.rand(*batch, 3)
    ard = hg.gpytorch.HalogramKernel("rbf_ard", lengthscale=scales, batch_shape=batch, fixed=("lengthscale",) * fixed)
    theirs = gpytorch.kernels.RBFKernel(ard_num_dims=3, batch_shape=torch.Size(batch))
    theirs.lengthscale = scales.unsqueeze(-2)
    dense, by_feature = forms(ard, x, y)
    torch.testing.assert_close(dense, theirs(x, y).to_dense())
    one = hg.rbf_ard(x[:, 1:2], lengthscale=scales[..., 1:2])
    torch.testing.assert_close(by_feature[..., 1, :, :], one.expand(*batch, 5, 5))
    gamma = 0.5 + torch.rand(batch)
    rbf = hg.gpytorch.HalogramKernel("rbf", gamma=gamma, batch_shape=batch, fixed=("gamma",) * fixed)
    dense, by_feature = forms(rbf, x, y)
    torch.testing.assert_close(dense, hg.rbf(x, y, gamma=gamma))
    torch.testing.assert_close(by_feature[..., 2, :, :], hg.rbf(x[:, 2:], gamma=gamma))
    none = hg.gpytorch.HalogramKernel("linear", batch_shape=batch)
    dense, _ = forms(none, x, y)
    torch.testing.assert_close(dense, (x @ y.mT).expand(*batch, 5, 4))
    # One value for the whole batch.
    same = hg.gpytorch.HalogramKernel("rbf_ard", lengthscale=[0.5, 1.0, 2.0], batch_shape=batch, fixed=("lengthscale",) * fixed)
    dense, _ = forms(same, x, y)
    torch.testing.assert_close(dense, hg.rbf_ard(x, y, lengthscale=[0.5, 1.0, 2.0]).expand(*batch, 5, 4))


@pytest.mark.parametrize("fixed", [False, True])
def test_parts_of_a_batch(fixed):
    x = torch.rand(5, 3)
    gamma = torch.tensor([[0.5, 1.0, 2.0], [3.0, 4.0, 5.0]])
    for module in (
        hg.gpytorch.HalogramKernel("rbf", gamma=gamma, batch_shape=(2, 3), fixed=("gamma",) * fixed),
        hg.gpytorch.HalogramKernel("linear", batch_shape=(2, 3)),
        hg.gpytorch.HalogramKernel("polynomial", gamma=gamma, coef0=1.0, degree=2, batch_shape=(2, 3)),
    ):
        whole = module(x).to_dense()
        for index in (0, (1, 2), (slice(None), 1), slice(1, 2)):
            torch.testing.assert_close(module[index](x).to_dense(), whole[index])
            torch.testing.assert_close(module(x)[index].to_dense(), whole[index])
        torch.testing.assert_close(module[..., 0](x).to_dense(), whole[:, 0])
        torch.testing.assert_close(module.expand_batch(4, 2, 3)(x).to_dense(), whole.expand(4, 2, 3, 5, 5))


def test_parts_of_a_batch_that_sees_some_features():
    x, scales = torch.rand(5, 3), torch.rand(2, 2) + 0.5
    module = hg.gpytorch.HalogramKernel("rbf_ard", lengthscale=scales, batch_shape=(2,), active_dims=(0, 2))
    expected = hg.rbf_ard(x[:, [0, 2]], lengthscale=scales)
    torch.testing.assert_close(module[1](x).to_dense(), expected[1])
    torch.testing.assert_close(module[..., 1](x).to_dense(), expected[1])
    torch.testing.assert_close(module.expand_batch(3, 2)(x).to_dense(), expected.expand(3, 2, 5, 5))
    one = hg.gpytorch.HalogramKernel("rbf_ard", lengthscale=scales[0], active_dims=(0, 2))
    torch.testing.assert_close(one.expand_batch(torch.Size([2]))(x).to_dense(), expected[:1].expand(2, 5, 5))


def test_priors_and_samples():
    prior = gpytorch.priors.GammaPrior(3.0, 6.0)
    module = hg.gpytorch.HalogramKernel("polynomial", gamma=0.5, coef0=1.0, degree=2, fixed=("coef0",))
    module.register_prior("gamma_prior", prior, "gamma")
    module.sample_from_prior("gamma_prior")
    assert module.gamma != 0.5
    x, samples = torch.rand(4, 2), torch.tensor([0.25, 1.0, 4.0])
    random = module.to_pyro_random_module()
    sampled = torch.tensor(2.0, requires_grad=True)
    random.gamma = sampled
    random(x).to_dense().sum().backward()
    torch.testing.assert_close(random.gamma.detach(), torch.tensor(2.0))
    assert sampled.grad is not None and sampled.grad != 0
    module.pyro_load_from_samples({"gamma_prior": samples})
    torch.testing.assert_close(module.gamma, samples)
    expected = hg.polynomial(x, gamma=samples, coef0=1.0, degree=2)
    torch.testing.assert_close(module(x).to_dense(), expected)
    torch.testing.assert_close(module[1](x).to_dense(), expected[1])
    mixed = hg.gpytorch.HalogramKernel("rbf_ard(x, y) * gamma", gamma=0.5, lengthscale=[1.0, 2.0])
    mixed.register_prior("gamma_prior", prior, "gamma")
    mixed.pyro_load_from_samples({"gamma_prior": samples})
    torch.testing.assert_close(mixed[2](x).to_dense(), 4 * hg.rbf_ard(x, lengthscale=[1.0, 2.0]))


def test_additive_structure():
    x = torch.rand(5, 3)
    base = hg.gpytorch.HalogramKernel("rbf", gamma=0.5, batch_shape=(2,))
    additive = gpytorch.kernels.AdditiveStructureKernel(base, num_dims=3)
    expected = sum(hg.rbf(x[:, d : d + 1], gamma=0.5) for d in range(3))
    torch.testing.assert_close(additive(x).to_dense(), expected.expand(2, 5, 5))


def test_a_kernel_begins_where_it_is_told():
    constraint = gpytorch.constraints.Interval(0.1, 5.0, initial_value=3.0)
    module = hg.gpytorch.HalogramKernel("rbf", gamma=0.5, constraints={"gamma": constraint})
    torch.testing.assert_close(module.gamma.detach(), torch.tensor(0.5))


def test_fixed_values_stay_where_they_are_kept():
    module = hg.gpytorch.HalogramKernel("polynomial", gamma=1.0, coef0=1.0, degree=2, fixed=("coef0",))
    keys = list(module.state_dict())
    assert [k for k in keys if "constraint" not in k] == ["raw_gamma", "fixed_coef0", "fixed_degree"]
    for value in (2.0, torch.tensor(3.0), 4):
        module.coef0 = value
        assert module.coef0 == value and list(module.state_dict()) == keys
    other = hg.gpytorch.HalogramKernel("polynomial", gamma=2.0, coef0=7.0, degree=3, fixed=("coef0",))
    other.load_state_dict(module.state_dict())
    assert (other.coef0, other.gamma, other.degree) == (4, module.gamma, 2) and type(other.degree) is int
    batch = hg.gpytorch.HalogramKernel("polynomial", gamma=1.0, coef0=1.0, degree=2, batch_shape=(2,))
    batch.load_state_dict(batch.state_dict() | {"fixed_degree": torch.tensor([2, 3])})
    with pytest.raises(ValueError, match="degree is a whole number, one for the whole batch"):
        batch(torch.rand(3, 2)).to_dense()
    ard = hg.gpytorch.HalogramKernel("rbf_ard", lengthscale=[1.0, 2.0], fixed=("lengthscale",), batch_shape=(3,))
    ard.initialize(lengthscale=0.5)
    torch.testing.assert_close(ard.lengthscale, torch.full((3, 2), 0.5))
    ard.double()
    ard.lengthscale = [0.1, 0.2]
    assert ard.lengthscale.dtype == torch.float64 and ard.lengthscale[2, 1].item() == 0.2


def test_copies_of_kernels_with_computed_values():
    scale = torch.tensor(2.0, requires_grad=True) * 3
    module = hg.gpytorch.HalogramKernel(hg.Kernel("rbf", gamma=scale))
    again = copy.deepcopy(module)
    x = torch.rand(3, 2)
    torch.testing.assert_close(again(x).to_dense(), hg.rbf(x, gamma=6.0))
    again.gamma = 1.0
    torch.testing.assert_close(module.gamma.detach(), torch.tensor(6.0))


def test_what_is_wrong_with_a_module():
    Module = hg.gpytorch.HalogramKernel
    rbf = Module("rbf", gamma=0.5)

    def set_value(module, name, value):
        setattr(module, name, value)

    for call, error, message in (
        (lambda: Module("gamma * raw_gamma * l1(x, y)", gamma=1.0, raw_gamma=1.0), ValueError, "raw_gamma is an attribute"),
        (lambda: Module("active_dims * l1(x, y)", active_dims=1.0), ValueError, "active_dims is an attribute"),
        (lambda: Module("training * l1(x, y)", training=1.0), ValueError, "training is an attribute"),
        (lambda: Module("dtype * l1(x, y)", dtype=1.0), ValueError, "dtype is an attribute"),
        (lambda: Module("rbf_ard", lengthscale=1.0), ValueError, "one number for each feature"),
        (lambda: Module("rbf", gamma=[1.0, 2.0]), ValueError, r"gamma has shape \(2,\)"),
        (lambda: Module("rbf", gamma="x"), TypeError, "gamma is 'x'"),
        (lambda: Module("rbf"), TypeError, "gamma"),
        (lambda: set_value(rbf, "lengthscale", 2.0), AttributeError, "rbf has no parameter lengthscale; there are gamma"),
        (lambda: set_value(rbf, "gamma", [1.0, 2.0]), ValueError, r"gamma has shape \(2,\)"),
        (lambda: set_value(rbf, "gamma", "x"), TypeError, "gamma is 'x'"),
        (lambda: set_value(rbf, "gamma", None), TypeError, "gamma is None"),
        (lambda: set_value(rbf, "gamma", -1.0), ValueError, "cannot begin"),
        (lambda: Module("rbf", gamma=1.0, fixed="gamma"), TypeError, "tuple"),
        (lambda: Module("rbf", gamma=1.0, fixed=("alpha",)), TypeError, "alpha"),
        (lambda: Module("rbf", gamma=1.0, fixed=3), TypeError, "tuple"),
        (lambda: Module("rbf", gamma=1.0, constraints=[1]), TypeError, "dictionary"),
        (lambda: Module("rbf", gamma=1.0, constraints={"gamma": 3}), TypeError, "constraints.'gamma'. is 3"),
        (lambda: Module("rbf", gamma=1.0, batch_shape=2), TypeError, "batch_shape is 2"),
        (lambda: Module("polynomial", gamma=1.0, coef0=1.0, degree=2.5), TypeError, "whole number"),
    ):
        with pytest.raises(error, match=message):
            call()
    assert rbf.gamma.item() == pytest.approx(0.5)
