"""The models of what a step keeps, by name, and what they are asked; their rules are elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from ...grammar.errors import NetformError, did_you_mean, quoted

PROFILES = {
    "textbook": "every feature map and an error signal for it; norms and activations in place",
    "torch": "the tensors that PyTorch's autograd keeps of the forward pass, to the byte",
    "keras-torch": "the same of the emitted Keras model on PyTorch, with the copies that Keras makes",
    "jax": "the buffers that XLA assigns on a CPU to the step that JAX makes of the Keras model",
    "tensorflow": "the same of a step that TensorFlow compiles with XLA, as it does on a GPU",
}
MODES = {
    "inference": "the parameters and every feature map",
    "inference_peak": "the largest sum of what lives at one time of a forward pass without gradients",
    "training": "what is kept between the forward and the backward pass",
    "training_peak": "the largest sum of what lives at one time of a training step",
}
IMAGES = {  # whose matrices a lowered convolution makes
    "image": "one image at a time",
    "batch": "all images of the batch at once",
}
DTYPES = ("float32", "float64", "mixed_float16", "mixed_bfloat16")
DTYPES_OF = {
    "textbook": DTYPES,
    "torch": DTYPES[:2],
    "keras-torch": DTYPES,
    "jax": DTYPES[:1],
    "tensorflow": DTYPES[:1],
}

PARTS = (
    "parameters",
    "gradients",
    "optimizer",
    "averaged",
    "activations",
    "transient",
    "workspace",
    "overhead",
)


def check_name(what: str, name: str, known: Mapping[str, str]) -> None:
    """Raise NetformError where no profile, or no mode, has this name."""
    if name not in known:
        raise NetformError(f"no {what} is called {quoted(name)}", hint=did_you_mean(name, known))


def check_dtype(dtype: str, profile: str) -> None:
    """Raise NetformError where a profile has no rules for a data type."""
    known = DTYPES_OF[profile]
    if dtype not in known:
        other = "the profile keras-torch" if dtype in DTYPES else "leave the profile out"
        names = " and ".join(filter(None, [", ".join(known[:-1]), known[-1]]))
        raise NetformError(
            f"the profile {profile} counts {names}, not {quoted(str(dtype))}",
            hint=f"give the data type {known[0]}, or {other}",
        )
