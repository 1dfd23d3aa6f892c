"""What is wrong is a Python exception that says so: formulas, shapes, types, options, tensors that no kernel can read."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import halogram as hg


def test_formula_errors_point_at_the_character():
    x = np.zeros((2, 3))
    with pytest.raises(hg.FormulaError) as caught:
        hg.gram("exp(-gama * l2(x, y))", x, gama=1.0)
    lines = str(caught.value).splitlines()
    assert "did you mean 'l1'?" in lines[0] and "column 13" in lines[0]
    assert lines[2].index("^") == lines[1].index("l2")
    assert issubclass(hg.FormulaError, ValueError)


@pytest.mark.parametrize("array", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def test_errors_name_shapes_and_types(array):
    x = array(np.zeros((4, 5)))
    cases = [
        (lambda: hg.rbf(x, array(np.zeros((6, 4))), gamma=1.0), ValueError, r"\(4, 5\).*\(6, 4\)"),
        (lambda: hg.rbf(array(np.zeros(5)), gamma=1.0), ValueError, r"\(5,\)"),
        (lambda: hg.rbf(x, array(np.zeros(5)), gamma=1.0), ValueError, r"y has shape \(5,\)"),
        (lambda: hg.rbf(array(np.zeros((4, 0))), gamma=1.0), ValueError, "no features"),
        (lambda: hg.rbf(array(np.zeros((2, 4, 5))), array(np.zeros((3, 4, 5))), gamma=1.0), ValueError, "batch"),
        (lambda: hg.rbf(x), TypeError, "needs the parameter gamma"),
        (lambda: hg.rbf(x, gama=1.0), TypeError, "did you mean gamma"),
        (lambda: hg.rbf(x, gamma=1.0, sigma=2.0), TypeError, "no parameter sigma"),
        (lambda: hg.rbf_ard(x, lengthscale=array(np.ones(3))), ValueError, r"\(3,\)"),
        (lambda: hg.polynomial(x, gamma=1.0, coef0=1.0, degree=2.5), TypeError, "int"),
        (lambda: hg.polynomial(x, gamma=1.0, coef0=1.0, degree=2**40), ValueError, "degree is beyond"),
        (lambda: hg.rbf(x, gamma=1.0, form="fast"), ValueError, "form is 'fast'"),
        (lambda: hg.rbf(x, gamma=1.0, form="auto"), ValueError, "tolerance"),
        (lambda: hg.rbf(array(np.zeros((2, 2), np.complex64)), gamma=1.0), TypeError, "complex64"),
        (lambda: hg.gram(3.5, x), TypeError, "string"),
        (lambda: hg.polynomial(x, gamma=1.0, coef0=1.0, degree=2**70), ValueError, "degree is beyond"),
        (lambda: hg.piecewise_polynomial(x, lengthscale=1.0, q=4), ValueError, "q is .* from 0 to 3"),
        (lambda: hg.piecewise_polynomial(x, lengthscale=1.0, q=-1), ValueError, "q is .* from 0 to 3"),
        (lambda: hg.rbf(x, gamma=10**400), ValueError, "gamma is beyond"),
        (lambda: hg.rbf_ard(x, lengthscale=10**400), ValueError, "lengthscale is beyond"),
        (lambda: hg.rbf(x, gamma=1.0, form=["direct"]), TypeError, r"form is \['direct'\]: it needs a string"),
        (lambda: hg.rbf(x, gamma=1.0, form="auto", tolerance=[1.0]), TypeError, "tolerance is"),
        (lambda: hg.rbf(x, gamma=1.0, form="auto", tolerance=10**400), ValueError, "tolerance is beyond"),
        (lambda: hg.rbf([[1.0, 2.0], [3.0]], gamma=1.0), TypeError, "x is .*real numbers"),
        (lambda: hg.rbf([torch.ones(2, requires_grad=True)] * 2, gamma=1.0), TypeError, "x is .*torch.stack"),
        (lambda: hg.rbf(x, gamma=[[1.0, 2.0], [3.0]]), TypeError, "gamma is .*real numbers"),
        (lambda: hg.gram("linear", "text"), TypeError, "x is 'text'"),
    ]
    for call, exception, message in cases:
        with pytest.raises(exception, match=message):
            call()


def test_errors_of_torch_alone():
    x = torch.zeros(4, 5)
    with pytest.raises(TypeError, match="float32.*float64"):
        hg.rbf(x, torch.zeros(4, 5, dtype=torch.double), gamma=1.0)
    with pytest.raises(TypeError, match="int64"):
        hg.rbf(torch.zeros(4, 5, dtype=torch.int64), gamma=1.0)
    with pytest.raises(NotImplementedError, match="meta"):
        hg.rbf(torch.zeros(4, 5, device="meta"), gamma=1.0)
    with pytest.raises(NotImplementedError, match="CPU"):
        hg.rbf(x, torch.zeros(4, 5, device="meta"), gamma=1.0)
    with pytest.raises(TypeError, match="ndarray"):
        hg.rbf(x, np.zeros((4, 5), np.float32), gamma=1.0)
    with pytest.raises(TypeError, match="whole number"):
        hg.polynomial(x, gamma=1.0, coef0=1.0, degree=torch.tensor(2.0))
    assert hg.polynomial(x, gamma=1.0, coef0=1.0, degree=torch.tensor(2)).shape == (4, 4)


@pytest.mark.parametrize("array", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def test_parameters_that_are_no_numbers(array):
    x = array(np.ones((3, 2)))
    for gamma in (None, "0.5", 1j, object(), np.array(["a"]), [None]):
        with pytest.raises(TypeError):
            hg.rbf(x, gamma=gamma)
        with pytest.raises(TypeError):
            hg.Kernel("rbf", gamma=gamma)(x)
    for degree in (2.5, None, "2", True, np.array([2, 3])):
        with pytest.raises(TypeError, match="whole number"):
            hg.polynomial(x, gamma=1.0, coef0=1.0, degree=degree)


def test_tensors_whose_numbers_numpy_cannot_have():
    bound = hg.Kernel("rbf", gamma=1.0, form="expanded").error_bound
    meta = torch.eye(3, device="meta")
    for call, error in (
        (lambda: bound(meta), NotImplementedError),
        (lambda: bound(torch.eye(3).to_sparse()), TypeError),
        (lambda: hg.sklearn_kernel("rbf", gamma=1.0)(meta), NotImplementedError),
        (lambda: hg.sklearn_kernel("rbf", gamma=meta[0, 0]), NotImplementedError),
    ):
        with pytest.raises(error, match="x |gamma "):
            call()


def test_sequences_of_tensors_that_do_not_fit():
    x = torch.rand(3, 2)
    for given in ([torch.ones(1), torch.ones(2)], [torch.ones(()), "a"], [torch.ones((), dtype=torch.cfloat)] * 2):
        with pytest.raises(TypeError, match="lengthscale (is|has)"):
            hg.rbf_ard(x, lengthscale=given)
    with pytest.raises(NotImplementedError, match="lengthscale is on meta"):
        hg.rbf_ard(x, lengthscale=[torch.ones((), device="meta")] * 2)


def test_tensors_without_memory():
    from torch._subclasses.fake_tensor import FakeTensorMode

    x = torch.ones(3, 2, dtype=torch.double)
    with FakeTensorMode() as mode:
        fake = mode.from_tensor(torch.ones(6, 2, dtype=torch.double))
    freed = torch.rand(10, 2, dtype=torch.double)
    part, row, column = freed[2:5], freed[0], freed[:3, :1].expand(3, 3)
    number = torch.tensor(1.0, dtype=torch.double)
    for t in (freed, number):
        t.untyped_storage().resize_(0)
    for call in (
        lambda: hg.rbf(x, gamma=number),
        lambda: hg.rbf(part, gamma=1.0),
        lambda: hg.rbf_ard(x, lengthscale=row),
        lambda: hg.Kernel("linear").vjp(x, None, column),
    ):
        with pytest.raises(ValueError, match="no memory"):
            call()
    with pytest.raises(Exception):
        hg.rbf(x, gamma=fake[0, 0])
    with pytest.raises(Exception):
        hg.Kernel("linear").vjp(x, None, fake[:3, :1])


def test_tensors_whose_storage_was_shrunk():
    def shrunk(*shape, dtype=torch.double, numbers=1, view=lambda whole: whole):
        t = view(torch.rand(*shape).to(dtype))
        t.untyped_storage().resize_(t.untyped_storage().nbytes() - numbers * t.itemsize)
        return t

    x = torch.ones(3, 2, dtype=torch.double)
    for call in (
        lambda: hg.rbf(shrunk(3, 2), gamma=1.0),
        lambda: hg.rbf(x, shrunk(5, 2, numbers=9), gamma=1.0),
        lambda: hg.rbf(shrunk(6, 2, view=lambda t: t[2:]), gamma=1.0),
        lambda: hg.rbf(shrunk(2, 6, view=lambda t: t.T), gamma=1.0),
        lambda: hg.rbf(shrunk(3, 2, dtype=torch.bfloat16), gamma=1.0),
        lambda: hg.rbf(x, gamma=shrunk(1)),
        lambda: hg.rbf_ard(x, lengthscale=shrunk(2)),
        lambda: hg.rbf_ard(x, lengthscale=shrunk(2, dtype=torch.half)),
        lambda: hg.rbf(x, gamma=shrunk(2, view=lambda t: t[1])),
        lambda: hg.Kernel("linear").vjp(x, None, shrunk(3, 3)),
        lambda: hg.rbf(x, gamma=1.0, out=shrunk(3, 3)),
    ):
        with pytest.raises(ValueError, match="no memory"):
            call()
    # What lies before the new end is whole, and so is what has no numbers.
    assert hg.rbf(shrunk(4, 2, view=lambda t: t[:3]), gamma=1.0).shape == (3, 3)
    assert hg.rbf(shrunk(3, 2, view=lambda t: t[:0]), gamma=1.0).shape == (0, 0)


def test_what_is_no_dense_tensor():
    with pytest.raises(TypeError, match="to_dense"):
        hg.rbf(torch.eye(3).to_sparse(), gamma=1.0)
    x, k = torch.rand(3, 2), torch.eye(3)
    nested = torch.nested.nested_tensor([x, x])
    leaf = x.clone().requires_grad_()
    for call in (
        lambda: hg.rbf(nested, gamma=1.0),
        lambda: hg.rbf(x, nested, gamma=1.0),
        lambda: hg.rbf(x, gamma=nested),
        lambda: hg.rbf(torch.masked.masked_tensor(x, x > 0.5), gamma=1.0),
        lambda: hg.rbf(x, x.to_sparse(), gamma=1.0),
        lambda: hg.rbf(x, x.to_mkldnn(), gamma=1.0),
        lambda: hg.rbf_ard(x, lengthscale=torch.ones(2).to_sparse()),
        lambda: hg.Kernel("linear").vjp(x, None, k.to_sparse()),
        lambda: torch.autograd.grad(hg.linear(leaf), leaf, k.to_sparse()),
        lambda: hg.linear(x, out=k.to_sparse()),
        lambda: hg.linear(x, out=k.to("meta")),
        lambda: hg.linear(x, out=k.numpy()),
        lambda: hg.linear(x.numpy(), out=k),
    ):
        with pytest.raises(TypeError) as caught:
            call()
        assert len(str(caught.value)) < 200
    with torch.device("meta"):  # concerns what is made, not what is there
        assert hg.rbf(x, gamma=np.float32(1.0)).device.type == "cpu"
    with pytest.raises(TypeError, match="mask"):
        hg.rbf(np.ma.masked_array(np.eye(3)), gamma=1.0)
    with pytest.raises(TypeError, match="torch.Tensor"):
        hg.rbf(np.eye(3), gamma=torch.tensor(0.5, requires_grad=True))


def test_messages_speak_of_arguments():
    x = np.eye(3)
    for call in (
        lambda: hg.gram("rbf", x, gamma=1.0, form="auto"),
        lambda: hg.gram("rbf", x, gamma=1.0, form="auto", tolerance=-1.0),
        lambda: hg.gram("l1(x, y)", x, form="expanded"),
        lambda: hg.build("rbf", "nowhere", "na me"),
        lambda: hg.build("rbf", "nowhere", "k", ops=[]),
        lambda: hg.build("rbf", "nowhere", "k", features="many"),
        lambda: hg.build("rbf", "nowhere", "k", cc="no compiler"),
    ):
        with pytest.raises(ValueError) as caught:
            call()
        assert "--" not in str(caught.value)
    with pytest.raises(TypeError, match="tolerance"):
        hg.gram("rbf", x, gamma=1.0, form="auto", tolerance="small")
    with pytest.raises(ValueError, match="surrogate"):
        hg.gram("\ud800 * l1(x, y)", x)


def test_options_that_would_be_ignored():
    x = np.eye(3)
    kernel = hg.Kernel("rbf", gamma=1.0)
    for call in (
        lambda: hg.gram(kernel, x, form="expanded"),
        lambda: hg.explain(kernel, 3, form="expanded"),
        lambda: hg.compile(kernel, 3, form="expanded"),
        lambda: hg.compile(kernel, 3, gamma=2.0),
        lambda: hg.cdist(x, x, "euclidean", p=3),
        lambda: hg.cdist(x, x, "cityblock", V=np.ones(3)),
    ):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(ValueError, match="empty"):
        hg.gram("", x)
    with pytest.raises(TypeError, match="string"):
        hg.gram(["a"], x)


def test_options_of_the_wrong_type(tmp_path):
    for call, error, message in (
        (lambda: hg.set_num_threads("a"), TypeError, "threads is a whole number"),
        (lambda: hg.set_num_threads(2.5), TypeError, "threads is a whole number"),
        (lambda: hg.set_num_threads(10**12), ValueError, "from 0 to 65536"),
        (lambda: hg.set_num_threads(10**30), ValueError, "from 0 to 65536"),
        (lambda: hg.build("rbf", tmp_path, 5), TypeError, "name is 5"),
        (lambda: hg.build("rbf", tmp_path, "k", target=3), TypeError, "target is 3"),
        (lambda: hg.compile("rbf", 5, ops=3), TypeError, "ops is 3"),
    ):
        with pytest.raises(error, match=message) as caught:
            call()
        assert len(str(caught.value)) < 200
    assert not list(tmp_path.iterdir())


def test_names_that_are_not_in_the_catalogue(tmp_path):
    x = np.eye(3)
    for name, near in (("rbff", "'rbf'"), ("RBF", "'rbf'"), (" matern53 ", "'matern52'")):
        for call in (lambda n: hg.gram(n, x, gamma=1.0), hg.Kernel, hg.explain, lambda n: hg.build(n, tmp_path, "k")):
            with pytest.raises(ValueError, match=f"no kernel or distance '{name}'.*{near}"):
                call(name)
    assert not list(tmp_path.iterdir())
    with pytest.raises(TypeError, match="gaussian has no parameter gamma, a constant"):
        hg.gram("gaussian", x, gamma=1.0)
    for name in ("bias", "period"):
        np.testing.assert_array_equal(hg.gram(name, x, **{name: 2.0}), np.full((3, 3), 2.0))
        np.testing.assert_array_equal(hg.Kernel(name, **{name: 2.0})(x), np.full((3, 3), 2.0))


def test_an_option_that_is_taken_for_a_parameter():
    x = np.eye(3)
    for name, value in (("form", 1.0), ("math", 2.0), ("tolerance", "a"), ("out", 1.0), ("form", np.ones(2))):
        with pytest.raises(ValueError, match=f"{name} is an option of every call"):
            hg.gram(f"{name} * l1(x, y)", x, **{name: value})


def test_a_formula_beyond_its_budget_is_refused():
    powers = f"sum({'^'.join(['x'] * 150)})"
    for call in (lambda: hg.gram(powers, np.eye(3)), lambda: hg.explain(powers), lambda: hg.compile(powers, 3)):
        with pytest.raises(ValueError, match="too large to compile.*budget is 6000") as caught:
            call()
        assert len(str(caught.value)) < 4000
    with pytest.raises(ValueError, match="budget is 1,"):
        hg.Kernel("exp(-gamma * sum((x - y)^2)) * a + b", budget=1)
    for budget, error in ((0, ValueError), (10**9, ValueError), ("many", TypeError), (True, TypeError)):
        with pytest.raises(error, match="budget"):
            hg.Kernel("sum(x * y)", budget=budget)
    with pytest.raises(ValueError, match="the two points are called x and y"):
        hg.Kernel("exp(-g * l1(p, q))")
    with pytest.raises(ValueError, match="takes its arguments by position"):
        hg.Kernel("sum(where(x = 64, 1, 2))")


def test_formulas_that_nobody_uses_leave_memory():
    from halogram import _sources

    kept = hg.Kernel("sum(x * y) + 0.125")
    for k in range(_sources.KEPT_SOURCES + 10):
        hg.Kernel(f"sum(x * y) + {k}")
    assert len(_sources.known) <= _sources.KEPT_SOURCES
    assert _sources.source(kept._source.key) is kept._source
    assert _sources.key_of("sum(x * y) + 1") not in _sources._living
