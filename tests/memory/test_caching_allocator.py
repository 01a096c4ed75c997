"""The blocks and segments of PyTorch's allocator of a GPU."""

import json

from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import netform
from netform.cli import cli
from netform.dsl.memory.caching_allocator import CachingAllocator
from netform.strategies import networks

KIB, MIB = 2**10, 2**20


def reserved_for(*sizes):
    allocator = CachingAllocator()
    for size in sizes:
        allocator.take(size)
    return allocator.allocated, allocator.reserved


def test_sizes_are_rounded_as_pytorch_documents():
    assert reserved_for(0) == (0, 0)
    assert reserved_for(1) == (512, 2 * MIB)
    assert reserved_for(513) == (1024, 2 * MIB)
    assert reserved_for(MIB, MIB) == (2 * MIB, 2 * MIB)
    assert reserved_for(MIB + 1) == (MIB + 512, 20 * MIB)
    assert reserved_for(10 * MIB - 512) == (10 * MIB - 512, 20 * MIB)
    assert reserved_for(10 * MIB) == (10 * MIB, 10 * MIB)
    assert reserved_for(13 * MIB) == (14 * MIB, 14 * MIB)  # a rest of 1 MiB is not split off
    assert reserved_for(6 * MIB, 6 * MIB, 6 * MIB) == (18 * MIB, 20 * MIB)
    assert reserved_for(6 * MIB, 6 * MIB, 6 * MIB, MIB + 512) == (20 * MIB, 20 * MIB)


def test_free_neighbours_join_and_the_smallest_fitting_block_is_taken():
    allocator = CachingAllocator()
    first, second, third, last = (allocator.take(n * MIB) for n in (3, 2, 9, 6))
    assert allocator.reserved == 20 * MIB
    allocator.release(third)
    allocator.release(first)
    assert allocator.take(2 * MIB).address == first.address  # of 3 and 9 MiB
    allocator.release(second)  # joins the third, and the 1 MiB behind the first
    assert allocator.take(11 * MIB).address == second.address
    allocator.release(last)
    assert allocator.reserved == 20 * MIB


class Scanned:
    """The same rules on a plain list of (address, size, number or None) for each segment."""

    def __init__(self):
        self.segments = []

    def take(self, number, wanted):
        size = -(-wanted // 512) * 512
        fits = [
            (block[1], segment[1], place, segment)
            for segment in self.segments
            if segment[0] == (size <= MIB)
            for place, block in enumerate(segment[2])
            if block[0] is None and block[1] >= size
        ]
        if not fits:
            of_own = -(-size // (2 * MIB)) * 2 * MIB
            whole = 2 * MIB if size <= MIB else 20 * MIB if size < 10 * MIB else of_own
            self.segments.append((size <= MIB, len(self.segments), [(None, whole)]))
            fits = [(whole, len(self.segments), 0, self.segments[-1])]
        whole, _, place, (is_small, _, blocks) = min(fits, key=lambda fit: fit[:3])
        if whole - size >= 512 if is_small else whole - size > MIB:
            blocks[place : place + 1] = [(number, size), (None, whole - size)]
        else:
            blocks[place] = number, whole

    def release(self, number):
        for _, _, blocks in self.segments:
            blocks[:] = [(None if name == number else name, size) for name, size in blocks]
            for place in reversed(range(len(blocks) - 1)):
                if blocks[place][0] is None and blocks[place + 1][0] is None:
                    blocks[place : place + 2] = [(None, blocks[place][1] + blocks[place + 1][1])]

    def figures(self):
        every = [block for _, _, blocks in self.segments for block in blocks]
        used = sum(size for name, size in every if name is not None)
        return used, sum(size for _, size in every)


SIZES = st.one_of(st.integers(1, 3 * KIB), st.integers(1, 2 * MIB), st.integers(1, 40 * MIB))


@given(st.lists(st.tuples(SIZES, st.integers(0, 9)), max_size=40))
def test_any_order_of_sizes_takes_what_a_plain_list_of_blocks_takes(sizes):
    allocator, scanned, live = CachingAllocator(), Scanned(), {}
    for number, (size, freed) in enumerate(sizes):
        live[number] = allocator.take(size)
        scanned.take(number, size)
        if freed in live:
            allocator.release(live.pop(freed))
            scanned.release(freed)
        assert (allocator.allocated, allocator.reserved) == scanned.figures()


@given(networks(), st.integers(1, 9), st.sampled_from(["training_peak", "inference_peak"]))
def test_blocks_are_no_smaller_than_tensors_and_lie_in_segments(network, batch, mode):
    account = network.account("torch", mode, B=batch)
    of_a_cpu = account.figure(account.parts["workspace"])
    on_a_gpu = account.on_a_gpu
    assert account.figure(account.total) - of_a_cpu <= on_a_gpu.allocated <= on_a_gpu.reserved
    assert on_a_gpu.allocated % 512 == on_a_gpu.reserved % (2 * MIB) == 0


def test_json_has_the_figures_of_the_allocator_where_all_is_a_number():
    network = netform.parse("input 64x64x3 conv32k3:bn.relu pool2 fc10")
    told = network.account("torch", "training_peak", B=64).as_json()["allocator"]
    assert told["allocated"] < told["reserved"] < 2 * told["allocated"]
    for account in (
        network.account("torch", "training_peak", free=["B"]),
        network.account("torch", "training"),
        network.account("textbook", "training_peak"),
    ):
        assert "allocator" not in account.as_json()


def test_the_command_says_that_the_figures_are_simulated():
    command = ["memory", "-e", "input 64x64x3 conv32k3 fc10", "--mode", "training_peak"]
    assert "simulated, not measured" in CliRunner().invoke(cli, command).stdout
    found = json.loads(CliRunner().invoke(cli, [*command, "--json"]).stdout)
    assert found["allocator"].keys() == {"allocated", "reserved"}
