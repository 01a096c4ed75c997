"""PyTorch's own counter, run on symbolic shapes, gives our polynomial in batch and resolution."""

from pathlib import Path

import pytest

import netform
from netform.dsl.algebra.floor_forms import Extent, Symbol
from netform.dsl.algebra.polynomials import exact

torch = pytest.importorskip("torch")

from torch.nn import functional  # noqa: E402

ZOO = Path(__file__).parents[2] / "examples" / "zoo"

pytestmark = pytest.mark.long


def weights(*sizes):
    return torch.empty(*sizes)


def vgg16(images):
    features, entering = images, 3
    for channels, convolutions in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(convolutions):
            features = functional.conv2d(
                features, weights(channels, entering, 3, 3), padding=1
            ).relu()
            entering = channels
        features = functional.max_pool2d(features, 2)
    vector = features.flatten(1)
    for units in (4096, 4096, 1000):  # the first has as many weights as the resolution asks for
        vector = functional.linear(vector, vector.new_empty(units, vector.shape[1]))
    return vector


def resnet18(images):
    features = functional.conv2d(images, weights(64, 3, 7, 7), stride=2, padding=3).relu()
    features, entering = functional.max_pool2d(features, 3, 2, padding=1), 64
    for stage, channels in enumerate((64, 128, 256, 512)):
        for block in range(2):
            stride = 2 if stage and not block else 1
            inside = functional.conv2d(
                features, weights(channels, entering, 3, 3), stride=stride, padding=1
            ).relu()
            inside = functional.conv2d(inside, weights(channels, channels, 3, 3), padding=1)
            if entering != channels:
                features = functional.conv2d(
                    features, weights(channels, entering, 1, 1), stride=stride
                )
            features, entering = (inside + features).relu(), channels
    return functional.linear(features.mean((2, 3)), weights(1000, 512))


def flops_of_torch(model):
    """The counter's expression, and its symbols for batch, height and width."""
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.fx.experimental.symbolic_shapes import (
        DimDynamic,
        ShapeEnv,
        StatelessSymbolicContext,
    )
    from torch.utils.flop_counter import FlopCounterMode

    free, fixed = DimDynamic.DYNAMIC, DimDynamic.STATIC
    shapes = StatelessSymbolicContext(dynamic_sizes=[free, fixed, free, free])
    mode = FakeTensorMode(shape_env=ShapeEnv(), allow_non_fake_inputs=True)
    images = mode.from_tensor(torch.empty(5, 3, 256, 320), symbolic_context=shapes)
    with mode, torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(images)
    symbols = [images.shape[axis].node.expr for axis in (0, 2, 3)]
    return counter.get_total_flops().node.expr, symbols


def in_our_letters(expr, known):
    """An expression of PyTorch's as a number, an extent or a polynomial of ours."""
    if expr in known:
        return known[expr]
    if expr.is_Rational:
        return exact(expr)
    parts = [in_our_letters(part, known) for part in expr.args]
    match type(expr).__name__:
        case "FloorDiv":
            extent, divisor = parts
            return extent // int(divisor)
        case "Add" if any(isinstance(part, Extent) for part in parts):
            (extent,) = (part for part in parts if isinstance(part, Extent))
            return extent + int(sum(part for part in parts if part is not extent))
        case "Add":
            return sum(parts[1:], parts[0])
        case "Mul":
            product = 1
            for part in parts:
                if isinstance(part, Extent):
                    part = part.poly
                product = product * (int(part) if not hasattr(part, "ring") else part)
            return product
        case "Pow":
            base, power = parts
            return (base.poly if isinstance(base, Extent) else base) ** int(power)
        case other:
            raise AssertionError(f"PyTorch counts with {other}, which is new")


@pytest.mark.parametrize(("name", "model"), [("vgg16", vgg16), ("resnet18", resnet18)])
def test_flops_are_those_of_pytorchs_symbolic_counter(name, model):
    network = netform.load(ZOO / f"{name}.net").in_symbols(["H", "W"])
    algebra = network.algebra
    expr, (batch, height, width) = flops_of_torch(model)
    known = {
        batch: algebra.batch,
        height: Extent(algebra, Symbol("H")),
        width: Extent(algebra, Symbol("W")),
    }
    ours = algebra.batch * network.totals.flops.compose([(algebra.width, 1)])
    assert in_our_letters(expr, known) == ours
    assert len(network.algebra.roundings) > 2
