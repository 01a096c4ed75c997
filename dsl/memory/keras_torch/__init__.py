"""What the emitted Keras model keeps on PyTorch: Keras' layers as operations of PyTorch, and what
autograd keeps of each."""
