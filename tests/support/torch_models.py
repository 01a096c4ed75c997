"""What the counters of PyTorch models count."""

import importlib.util
import sys
import types

import thop
import torchinfo
from fvcore.nn import FlopCountAnalysis
from ptflops import get_model_complexity_info
from torch.utils.flop_counter import FlopCounterMode

# What calflops imports first reads models from a hub, and would need packages that do.
calflops_package = types.ModuleType("calflops")
calflops_package.__path__ = importlib.util.find_spec("calflops").submodule_search_locations
sys.modules["calflops"] = calflops_package
calculate_flops = importlib.import_module("calflops.flops_counter").calculate_flops


def mult_adds(model, image):
    return torchinfo.summary(model, input_data=image, verbose=0).total_mult_adds


def fvcore(model, image):
    analysis = FlopCountAnalysis(model, image)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return analysis.tracer_warnings("none").total()


def ptflops(model, image, backend):
    return get_model_complexity_info(
        model,
        tuple(image.shape[1:]),
        as_strings=False,
        print_per_layer_stat=False,
        backend=backend,
    )[0]


def profile(model, image):
    return thop.profile(model, inputs=(image,), verbose=False)[0]


def calflops(model, image):
    """Operations and multiply-adds."""
    shape = tuple(image.shape)
    found = calculate_flops(model, shape, output_as_string=False, print_results=False)
    return found[:2]


def flop_counter(model, image):
    with FlopCounterMode(display=False) as counter:
        model(image)
    return counter.get_total_flops()


COUNTERS = {
    "torchinfo": mult_adds,
    "fvcore": fvcore,
    "ptflops-pytorch": lambda model, image: ptflops(model, image, "pytorch"),
    "ptflops-aten": lambda model, image: ptflops(model, image, "aten"),
    "calflops": lambda model, image: calflops(model, image)[0],
    "calflops-macs": lambda model, image: calflops(model, image)[1],
    "torch": flop_counter,
    "thop": profile,  # last, since it leaves its buffers behind
}
