"""What kinds of layers are stated in: shape, cost, window sizes, receptive field, textbook rules.

Imports only from dsl.algebra."""
