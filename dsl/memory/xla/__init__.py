"""The model of a step on JAX: a graph of buffers as XLA makes it for a CPU, its order, its lives."""
