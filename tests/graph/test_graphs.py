"""Blocks, branches, taps, lets and files: what they mean, and how programs say them."""

import os

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import Rational, Symbol

import netform
from netform.grammar.errors import NetformError
from netform.strategies import networks
from support import keras_models

INTEGERS = "these are positive integers: "
RESNET = """
    input 32x32x3
    post conv=bn.relu
    def Bott(n)          [ add[conv(n)k1 conv(n)k3 conv(4*n)k1:bn] relu ]
    def Down(n, s)       [ add[conv(n)k1 conv(n)k3s(s) conv(4*n)k1:bn | conv(4*n)k1s(s):bn] relu ]
    def Stage(n, r, s=2) [ Down(n, s) Bott(n)*(r-1) ]
    conv8k3 Stage(4, 3, 1) Stage(8, 1) Stage(16, 2) gap fc10
"""


def outputs(text):
    return [row.output for row in netform.parse(text).at().layers]


# ---- names and meanings


def test_names_tell_the_blocks_that_layers_stand_in():
    names = [layer.name for layer in netform.parse(RESNET).layers if not layer.is_post]
    assert names[2:13] == [
        *("stage1.down1.conv1", "stage1.down1.conv2", "stage1.down1.conv3", "stage1.down1.conv4"),
        *("stage1.down1.add1", "stage1.down1.relu1"),
        *("stage1.bott1.conv1", "stage1.bott1.conv2", "stage1.bott1.conv3"),
        *("stage1.bott1.add1", "stage1.bott1.relu1"),
    ]
    assert "stage3.bott1.conv3.bn" in [layer.name for layer in netform.parse(RESNET).layers]


def test_every_layer_knows_its_place_in_the_source():
    network = netform.parse(RESNET)
    text = network.program.source.text
    for layer in network.layers[1:]:
        written = text[layer.span.start : layer.span.end]
        assert written.startswith(layer.op if not layer.is_post else ("conv", "bn", "relu"))


@given(networks())
def test_names_are_unique(network):
    names = [layer.name for layer in network.layers]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[conv4k3 relu]*2 fc2", "conv4k3 relu conv4k3 relu fc2"),
        ("[conv4k3]*0 fc2", "fc2"),
        ("def F(n, s=2) [ conv(n)k3s(s) ] F(4) F(4, 1) fc2", "conv4k3s2 conv4k3 fc2"),
        ("def F(n) [ conv(n)k3 ] def G(n) [ F(2*n) F(n) ] G(3) fc2", "conv6k3 conv3k3 fc2"),
        ("def F(f) [ f conv4k1 f ] F([conv2k3]) fc2", "conv2k3 conv4k1 conv2k3 fc2"),
        ("def F(f) [ f ] def G(f) [ F(f) ] G([conv2k3]) fc2", "conv2k3 fc2"),
        ("def F(n, f) [ conv(n)k1 f ] F(2, [conv3k3]) fc2", "conv2k1 conv3k3 fc2"),
        ("let n = 3 let m = 2*n conv(m)k(n) fc2", "conv6k3 fc2"),
        ("conv(ceil(7/2))k(floor(7/2)) conv(round8(20))k1 fc2", "conv4k3 conv24k1 fc2"),
        ("conv8k3 add[conv8k3] fc2", "conv8k3 add[conv8k3 | id] fc2"),
        ("conv8k3 ->a cat[@a] fc2", "conv8k3 cat[id] fc2"),
        ("conv8k3 [conv(c)k3 conv(c/2)k1] fc2", "conv8k3 conv(8*w)k3 conv(4*w)k1 fc2"),
    ],
)
def test_what_is_short_means_what_is_long(one, other):
    """Parameters and multiply-adds are the same formulas."""
    short, long = (netform.parse(f"input 8x8x2 {text}") for text in (one, other))
    assert short.params == long.params
    assert short.macs == long.macs
    assert short.aperture == long.aperture


def test_shapes_that_merge():
    assert outputs("input 8x8x2 add[conv2k3 | conv2k1:-] fc3")[-2] == (8, 8, 2)
    assert outputs("input 8x8x2 cat[conv3k3 | conv4k1] gap")[-2] == (8, 8, 7)
    assert outputs("input 8x8x2 conv4k3 mul[gap fc(c)] gap")[-2] == (8, 8, 4)
    assert outputs("input 8x8x2 cat[gap | gmp | fc5]")[-1] == (1, 1, 9)
    assert outputs("input 8x8x2 mul[conv2k8v | id] gap")[-2] == (8, 8, 2)


def test_a_merge_keeps_a_map_and_multiplies_nothing():
    table = {row.name: row for row in netform.parse("input 8x8x2 cat[conv3k1] fc2").at().layers}
    assert table["cat1"].feature_map == 8 * 8 * 5
    assert (table["cat1"].params, table["cat1"].macs) == (0, 0)


def test_the_last_weights_of_every_branch_are_bare_and_of_fixed_width():
    network = netform.parse("input 8x8x2 conv8k3 add[conv4k3 conv5k1 | conv5k3]")
    bare = [layer.name for layer in network.layers if layer.kind.weighted]
    post = {layer.name.partition(".")[0] for layer in network.layers if layer.is_post}
    assert (bare, post) == (["conv1", "conv2", "conv3", "conv4"], {"conv1", "conv2"})
    assert network.domain() == ["w is a positive multiple of 1/4", "B is a positive integer"]


def test_a_skip_over_the_last_weights_leaves_those_before_it_as_they_are():
    network = netform.parse("input 8x8x2 conv5k3 add[conv5k3 relu]")
    assert [layer.name for layer in network.layers if layer.is_post] == ["conv1.relu"]
    assert network.domain() == ["w = 1", "B is a positive integer"]


def test_training_passes_nothing_back_to_what_has_no_weights_before_it():
    """Both branches read the image, so neither first layer needs its input's gradient."""
    network = netform.parse("input 8x8x2 cat[conv4k3 conv4k1 | conv4k1] fc2")
    first, second, third, last = 64 * 2 * 9 * 4, 64 * 4 * 4, 64 * 2 * 4, 64 * 8 * 2
    assert network.at().macs == first + second + third + last
    assert network.at().train_macs == 3 * (second + last) + 2 * (first + third)


# ---- symbols


def test_a_let_stays_free_in_a_formula():
    network = netform.parse("input 8x8x1 let g = 4 conv(g)k3 conv(2*g)k1 fc2")
    w, g = Symbol("w"), Symbol("g")
    formula = network.formula("trainable", free=["w", "g"])
    assert formula.subs(g, 4).expand() == network.trainable
    for value in (1, 3, 8):
        written = netform.parse(f"input 8x8x1 conv{value}k3 conv{2 * value}k1 fc2")
        assert formula.subs(g, value).expand() == written.trainable
        assert network.at(g=value).trainable == written.at().trainable
    assert formula.free_symbols == {w, g}
    assert network.domain(["g"]) == ["these are positive integers: g, 2*g"]


def test_the_input_may_be_a_symbol():
    network = netform.parse("input RxRx3 conv4k3 gap fc2", values={"R": 16})
    assert network.at().macs == netform.parse("input 16x16x3 conv4k3 gap fc2").at().macs
    assert network.at(R=8).layers[1].output == (8, 8, 4)
    assert netform.parse("input HxWx3 let H = 4 let W = 6 conv4k3").at().layers[1].output[:2] == (
        4,
        6,
    )


def test_roundings_of_the_width_are_exact_at_every_width():
    network = netform.parse("input 8x8x1 conv48k3 [conv(round8(c/3))k3 conv(floor(c/5))k1] fc2")
    for width in ("1/4", "1/2", "1", "7/6"):
        built = network.at(w=width)
        channels = [row.output[-1] for row in built.layers if row.op == "conv"]
        assert network.params.subs(Symbol("w"), Rational(width)) == built.params
        assert channels[0] == 48 * Rational(width)
    assert str(network.formula("macs", free=["w"])).count("round8(16*w)") > 0


def test_a_network_that_only_one_width_makes_says_so():
    network = netform.parse("input 8x8x16 add[conv16k3] fc2")
    assert network.domain() == ["w = 1", "B is a positive integer"]
    with pytest.raises(NetformError, match="add1 needs equally many channels from all branches"):
        network.at(w="1/2")


@pytest.mark.parametrize(
    ("chain", "free", "domain"),
    [
        ("conv(g)k3 add[conv8k3] fc2", ["g"], ["g = 8"]),
        ("conv(g)k3 add[conv(2*h)k3] fc2", ["h"], ["h = 4"]),
        ("conv(g)k3 add[conv(2*h)k3] fc2", ["g", "h"], ["g = 2*h", INTEGERS + "g, 2*h"]),
        ("conv(g)k3 conv6k3g2 fc2", ["g"], [INTEGERS + "g, g/2"]),
        ("conv(g)k3 fc2", ["w", "g"], [f"w is positive, and {INTEGERS}g*w, g"]),
        ("conv8k3 fc2", ["w", "R"], ["w is a positive multiple of 1/8"]),
        ("conv8k3 fc2", ["R"], []),
        ("[conv(c)k3!]*(g-1) fc2", ["g"], ["g is an integer of at least 2"]),
        ("[conv(c)k3!]*(floor(g/2)+1) fc2", ["g"], ["floor(g/2) + 1 is a positive integer"]),
    ],
)
def test_domains_in_the_symbols_left_free(chain, free, domain):
    assert netform.parse(f"input 8x8x2 let g = 8 let h = 4 {chain}").domain(free) == domain


# ---- files


def files(folder, **texts):
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.net"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_files_include_blocks_and_lets(tmp_path):
    files(
        tmp_path,
        main='input 8x8x1 use "blocks/a.net" use "blocks/b.net" A(g) B() fc2',
        blocks__a='use "b.net" def A(n) [ conv(n)k3 B() ]',
        blocks__b="let g = 4 def B() [ conv(2*g)k1 ]",
    )
    network = netform.load(tmp_path / "main.net")
    assert network.params == netform.parse("input 8x8x1 conv4k3 conv8k1*2 fc2").params
    assert [layer.source.name[-5:] for layer in network.layers[1:4:2]] == ["a.net", "b.net"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"a": 'use "b.net"', "b": 'use "a.net"'}, "circle: a.net uses b.net uses a.net"),
        ({"a": 'use "../out.net"'}, "files are used from inside the root folder"),
        ({"a": 'use "/etc/x.net"'}, "files are used from inside the root folder"),
        ({"a": 'use "link.net"'}, "files are used from inside the root folder"),
        ({"a": 'use "folder.net"'}, "cannot be read: it is a folder, not a regular file"),
        ({"a": 'use "gone.net"'}, "cannot be read: No such file or directory"),
        ({"a": 'use "a.py"'}, "use takes a .net file"),
        ({"a": 'use "loop.net"'}, "leads nowhere"),
        (
            {f"n{i}": f'use "n{i + 1}.net"' for i in range(200)} | {"a": 'use "n0.net"'},
            "at most 100",
        ),
        ({"a": "def A() [ relu ]", "b": "def A() [ bn ]"}, "a block is defined once"),
        ({"a": "let g = 1", "b": "let g = 1"}, "a let is written once"),
        ({"a": "conv8k3"}, "an included file contains def, let and use, but here is a layer"),
        ({"a": "post conv=bn"}, "an included file contains def, let and use, but here is post"),
        ({"a": "def A() [ cnv3 ]"}, "no layer is called cnv"),
        ({"a": "def A( [ relu ]"}, "a parenthesis opens here and is never closed"),
    ],
)
def test_what_is_wrong_with_included_files(tmp_path, texts, message):
    inside = tmp_path / "root"
    files(inside, main='input 8x8x1 use "a.net" use "b.net" fc2', b="def B() [ relu ]")
    files(inside, **texts)
    files(tmp_path, out="def A() [ relu ]")
    os.symlink(tmp_path / "out.net", inside / "link.net")
    os.symlink(inside / "loop.net", inside / "loop.net")
    (inside / "folder.net").mkdir()
    with pytest.raises(NetformError) as caught:
        netform.load(inside / "main.net")
    assert message in str(caught.value)
    assert "^" in str(caught.value)


def test_a_circle_of_files_and_a_file_outside_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files(tmp_path, main='input 8x8x1 use "a.net" fc2', a='use "b.net"', b='use "a.net"')
    with pytest.raises(NetformError) as caught:
        netform.load("main.net")
    assert str(caught.value) == (
        "b.net:1:5: files use each other in a circle: a.net uses b.net uses a.net\n\n"
        '    1 | use "a.net"\n'
        "            ^^^^^^^\n"
        "    hint: leave one use out"
    )
    files(tmp_path, main='input 8x8x1 use "../out.net" fc2')
    with pytest.raises(NetformError) as caught:
        netform.load("main.net")
    assert str(caught.value) == (
        f"main.net:1:17: files are used from inside the root folder {tmp_path.resolve()}, but "
        "../out.net is outside\n\n"
        '    1 | input 8x8x1 use "../out.net" fc2\n'
        "                        ^^^^^^^^^^^^\n"
        "    hint: move it inside, or name a folder that holds both with --root"
    )


def test_an_argument_that_is_wrong_in_a_block_is_shown_where_it_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files(tmp_path, a="\n\n\ndef A(n) [ [relu]*(n) ]", main='input 8x8x1 use "a.net" A(c)')
    with pytest.raises(NetformError) as caught:
        netform.load("main.net")
    assert str(caught.value).startswith("main.net:1:27: the number of repeats of a part")


def test_an_error_in_an_included_file_shows_that_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files(
        tmp_path, main='input 8x8x1\nuse "a.net"\nA(4) fc2', a="# blocks\ndef A(n) [ conv(n)k9v ]"
    )
    with pytest.raises(NetformError) as caught:
        netform.load("main.net")
    assert str(caught.value).startswith("a.net:2:12: a1.conv1: a kernel spans at most its map")
    files(
        tmp_path, a="def A(n) [ add[conv(n)k3] ]", main='input 8x8x1 use "a.net" conv3k3 A(4) fc2'
    )
    with pytest.raises(NetformError) as caught:
        netform.load("main.net")
    assert str(caught.value).splitlines()[2:6] == [
        "    main.net:",
        '    1 | input 8x8x1 use "a.net" conv3k3 A(4) fc2',
        "                                ^^^^^^^ 8x8x3*w",
        "    1 | def A(n) [ add[conv(n)k3] ]",
    ]


# ---- the aperture on branches, by hand


@pytest.mark.parametrize(
    ("chain", "size", "jump", "offset"),
    [
        ("add[conv2k3 conv2k3 | conv2k1]", 5, 1, -2),
        ("cat[conv2k3d2 | conv2k3]", 5, 1, -2),
        ("cat[conv2k4 | conv2k3v pad1]", 4, 1, -1),
        ("cat[pool2 | conv2k5s2p2]", 5, 2, -2),
        ("cat[pool2 up2 | id]", 2, 1, 0),
        ("cat[pool2 conv2k3 up2]", 6, 1, -2),
        ("cat[pool2 conv2k3 deconv2k3s2]", [6, 8], 1, -4),
        ("conv2k3 mul[gap fc(c)]", 3, 1, -1),
        ("->a conv2k3 conv2k3 cat[@a | id]", 5, 1, -2),
    ],
)
def test_small_apertures_of_branches_worked_by_hand(chain, size, jump, offset):
    seen = netform.parse(f"input 16x16x2 {chain} bn").layers[-1].aperture
    expected = tuple(size) if isinstance(size, list) else size
    assert seen.size == (expected, expected)
    assert seen.jump == (jump, jump)
    assert seen.offset == (offset, offset)


def test_branches_of_different_strides_see_less_or_more_by_the_pixel():
    """Pixel i sees 2i and 2i + 1 through the pool, and i + 1 through the crop, of four pixels."""
    seen = netform.parse("input 4x4x1 cat[pool2 | crop1]").aperture
    assert seen.size == (2, 2)
    assert seen.jump == ((1, 2), (1, 2))
    wide = netform.parse("input 64x64x1 cat[pool2 | crop16]").aperture
    # pixel 0 sees 0 to 16, pixel 15 sees 30 to 31 through both, pixel 31 sees 47 to 63
    assert wide.size == ((2, 17), (2, 17))


def test_gates_are_reported_apart():
    layers = {
        layer.name: layer
        for layer in netform.parse("input 16x16x2 conv2k3 mul[gap fc(c)] conv2k3 gap fc2").layers
    }
    gate, after, end = (layers[name].aperture for name in ("mul1", "conv2", "fc2"))
    assert (gate.is_global, gate.is_local, gate.size) == (True, True, (3, 3))
    assert (after.is_global, after.is_local, after.size) == (True, True, (5, 5))
    assert (end.is_global, end.is_local) == (True, False)


# ---- programs


def test_a_block_is_a_function_and_a_repeat_a_loop():
    source = netform.parse(RESNET).emit()
    for line in (
        "def down(x, n, s, name):",
        "def bott(x, n, name):",
        "def stage(x, n, r, s, name):",
        "    for i in range(r - 1):",
        '        x = bott(x, n, name=f"{name}_bott{i + 1}")',
        '    x = layers.Add(name=f"{name}_add1")([x, y])',
        '    x = stage(x, 16, 2, 2, name="stage3")',
    ):
        assert line in source
    assert source.count("def bott") == source.count("def stage") == 1


@pytest.mark.parametrize(
    "text",
    [
        "def Lambda(class, x) [ conv(class)k(x) ] Lambda(4, 3) ->name cat[@name] fc2",
        "def Main(i) [ conv(i)k3 ] def Check(c1) [ Main(c1) ] Check(4)*2 fc2",
        "def Conv(n) [ conv(n)k3 ] conv3k3 Conv(4) conv5k3 fc2",
        "def Conv1(n) [ conv(n)k3 ] Conv1(3)*2 fc2",
    ],
)
def test_any_name_makes_a_program(text):
    network = netform.parse(f"input 8x8x2 {text}")
    model = keras_models.build(network)
    assert model.count_params() == network.at().params
    names = {layer.name for layer in model.layers}
    assert {n.name.replace(".", "_") for n in network.layers if n.kind.weighted} <= names


def test_calls_share_a_function_only_where_they_say_the_same():
    text = "input 8x8x2 def F(n) [ conv(n)k3 ] F(4) F(5) F(3)"  # the last is bare
    source = netform.parse(text).emit()
    assert source.count("def f(x, n, name):") == source.count("def f_2(x, n, name):") == 1
    assert 'x = f_2(x, 3, name="f3")' in source


widths = st.sampled_from(["1/2", "2", "3/2", "1/3"])


@given(networks(), widths, st.sampled_from([None, "floor", "nearest", "divisor8"]))
def test_a_program_of_another_width_builds_that_width(network, width, rounding):
    try:
        figures = network.at(width, rounding=rounding)
        network.emit(width, rounding)
    except NetformError:
        assume(False)
    import keras

    keras.utils.clear_session(free_memory=False)
    module = keras_models.module_of(network.emit(width, rounding))
    model = module.build_model()
    assert model.count_params() == figures.params == module.PARAMS


@given(networks(ranks=(1, 3)))
def test_images_of_one_and_three_axes_build_too(network):
    try:
        network.emit()
    except NetformError:
        assume(False)
    model = keras_models.build(network)
    assert model.count_params() == network.at().params
    for layer, row in zip(network.layers[1:], network.at().layers[1:], strict=True):
        built = keras_models.keras_layer(model, layer)
        if built is not None:
            shape = built.output.shape[1:]
            assert (*(1,) * (len(row.output) - len(shape)), *shape) == row.output


# ---- warnings


@pytest.mark.parametrize(
    ("chain", "warning"),
    [
        ("let g = 3 conv4k3 fc2", "the let g is never used"),
        ("def F(n) [ conv(n)k3 ] fc2", "the block F is never called"),
        ("def F(n) [ G() ] def G() [ relu ] fc2", "the block F is never called"),
        ("conv4k3 ->a fc2", "the tap ->a is never used"),
        ("conv4k3 relu fc2", "relu follows relu, two activations in a row"),
        ("conv4k3 sigmoid fc2", "sigmoid follows relu, two activations in a row"),
        ("conv4k3:- relu swish fc2", "swish follows relu, two activations in a row"),
        ("conv4k3:- softmax fc2", "softmax1 normalises its values, but layers with weights follow"),
        ("pool3 fc2", "pool1 leaves out the last 2 rows of its map of 8x8x2"),
        ("pool7p1 fc2", "pool1 leaves out the last 2 rows of its map of 8x8x2"),
    ],
)
def test_what_is_hardly_meant(chain, warning):
    warnings = netform.parse(f"input 8x8x2 {chain}").warnings()
    assert warning in [found.message for found in warnings]
    assert all("^" in str(found) and "warning: " in str(found) for found in warnings)


@pytest.mark.parametrize(
    "chain",
    [
        "let g = 3 def F(n) [ conv(n)k3 ] ->a F(g) cat[@a] fc2 softmax",
        "conv4k3:bn.relu drop0.5 relu fc2",
        "conv4k3 mul[conv4k1:- softmax] fc2",
        "pool3s2p1 fc2",
        "let a = 1 let b = a conv(b)k3 fc2",
        "def F(f) [ f ] def G() [ relu ] F([G()]) fc2",
    ],
)
def test_what_is_meant(chain):
    assert netform.parse(f"input 8x8x2 {chain}").warnings() == []


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("input 8x8x1 conv8k(floor(w/3)) fc10", "as its kernel, not floor(w/3)"),
        ("input (floor(w))x8x1 fc10", "of at least 1, not floor(w)"),
        ("input 8x8x1 [conv8k3]*(floor(w)) fc10", "number of times, not floor(w)"),
    ],
)
def test_an_error_shows_a_rounding_as_it_is_written(text, met):
    with pytest.raises(netform.NetformError) as caught:
        netform.parse(text)
    assert caught.value.message.endswith(met)


def test_a_gate_leaves_a_map_whatever_its_size():
    """A layer that needs a map follows a gate also where the input makes that map one pixel."""
    chain = "conv4k3 pool8 mul[gap fc(c):sigmoid] conv8k3 gap fc10"
    for side, extents in ((16, 2), (8, 1)):
        network = netform.parse(f"input {side}x{side}x3 {chain}").at()
        (gated,) = (layer for layer in network.layers if layer.op == "mul")
        assert gated.output == (extents, extents, 4)
        assert network.layers[-1].output == (1, 1, 10)
