"""The models of what a training step keeps, by name; their rules are in modules of their own."""

PROFILES = {
    "textbook": "every feature map and an error signal for it; norms and activations in place",
    "torch": "the tensors that PyTorch's autograd keeps of the forward pass, to the byte",
    "keras-torch": "the same of the emitted Keras model on PyTorch, with the copies that Keras makes",
}
DTYPES = ("float32", "float64")
