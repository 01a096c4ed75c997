"""The models of what a step keeps, by name, and what they are asked; their rules are elsewhere."""

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
DTYPES = ("float32", "float64")

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
