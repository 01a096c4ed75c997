"""The largest sum that PyTorch allocates on a CPU in a step, by the events of its profiler."""

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from support import torch_graph


def training_peak(network, batch, dtype=torch.float32):
    """Of a step with Adam behind the first one; the caller holds images, labels, output and loss."""
    model = torch_graph.Graph(network).to(dtype).train()
    optimizer = torch.optim.Adam(model.parameters())
    image = torch.zeros(batch, *torch_graph.shape_of(network.layers[0].output), dtype=dtype)
    with torch.no_grad():
        labels = torch.zeros(batch, *model(image).shape[2:], dtype=torch.long)

    def step():
        optimizer.zero_grad()
        output = model(image)
        loss = nn.CrossEntropyLoss()(output, labels)
        loss.backward()
        optimizer.step()

    step()
    optimizer.zero_grad()  # the profiler reports no release of what came before it
    states = [t for state in optimizer.state.values() for t in state.values()]
    held = size_of([*model.parameters(), *model.buffers(), *states, image, labels])
    return held + largest_sum(step)


def inference_peak(network, batch, dtype=torch.float32):
    """Of a forward pass without gradients; the caller holds the images and the output."""
    model = torch_graph.Graph(network).to(dtype).eval()
    image = torch.zeros(batch, *torch_graph.shape_of(network.layers[0].output), dtype=dtype)
    with torch.no_grad():
        model(image)
        held = size_of([*model.parameters(), *model.buffers(), image])
        return held + largest_sum(lambda: model(image))


def size_of(tensors):
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def largest_sum(step):
    """The running sum of what a call allocates and releases, at its largest."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step()
    found = sorted(allocations(profiler.profiler.kineto_results.experimental_event_tree()))
    total = largest = 0
    for _, size in found:
        total += size
        largest = max(largest, total)
    return largest


def allocations(events):
    for event in events:
        if event.tag.name == "Allocation":
            yield event.start_time_ns, event.extra_fields.alloc_size
        yield from allocations(event.children)
