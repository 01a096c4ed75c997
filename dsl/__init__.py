"""Syntax tree to network to formulas.

A text becomes formulas in these stages; :func:`netform.dsl.graph.build.build` runs those from the
syntax tree to the layers, one line a stage:

1. text -> syntax tree (``grammar.parser.parse``): the form of what is written, and its place.
2. names checked (``graph.name_check``): every layer, merge and block that is named exists.
3. letters (``algebra.polynomials``): w, B and the free symbols; all counts are polynomials in them.
4. the input layer (``graph.input_layer``): the shape of one image.
5. tree -> trace (``graph.unrolling``): blocks are called, parts repeated and branches followed.
   Steps are in order, each with the steps that are its inputs; no shape is known yet.
6. trace -> layers in place (``graph.placing``): every step is read as a kind of layer
   (``graph.layer_reader``), gets its post chain, shape, cost and receptive field, and states the
   conditions under which it exists (``graph.domain.conditions``).
7. layers -> network (``network``): the conditions are checked, settings are read, and every
   question is asked of it.
8. layers -> costs (``costs.totals``, ``costs.quantities``): sums over the layers, as formulas in
   the domain that the conditions leave (``graph.domain``).
"""
