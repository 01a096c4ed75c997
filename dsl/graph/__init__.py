"""Syntax tree to the graph of layers: names checked, parts unrolled, shapes and costs inferred.

Imports from grammar, dsl.algebra and dsl.kinds."""
