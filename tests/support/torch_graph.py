"""Real PyTorch models of networks, written as their users write them."""

import torch

from netform.codegen.measure.torch_network import Graph, Unlike, module_of, shape_of

__all__ = ["Graph", "Unlike", "model_and_image", "module_of", "shape_of"]


def model_and_image(network):
    """The network as a module in evaluation mode, and a black image.

    Raises Unlike where PyTorch has no such layer.
    """
    image = torch.zeros(1, *shape_of(network.layers[0].output))
    return Graph(network).eval(), image
