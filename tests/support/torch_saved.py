"""What PyTorch's autograd keeps for the backward pass of a model."""

import torch


def saved_bytes(model, image):
    """The sizes of all storages that a forward pass keeps, but those of the model itself."""
    own = {tensor.untyped_storage()._cdata for tensor in (*model.parameters(), *model.buffers())}
    kept = {}  # the tensors too, so that no other takes their place

    def pack(tensor):
        """Leaves the graph nothing: an output that it kept would keep the graph for ever."""
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            kept[storage._cdata] = storage.nbytes(), tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = model(image)
    del output
    return sum(size for size, _ in kept.values())
