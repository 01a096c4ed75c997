"""Do the words of a chain exist: ops, and the norms and activations of post chains?"""

from __future__ import annotations

from ..grammar import tree
from ..grammar.errors import NetformError, Source, did_you_mean, quoted
from ..grammar.printer import show_atom
from .kinds import BY_OP, VALUE, spellings

# what other libraries call our layers, for the hint
_OTHER_WORDS = {
    "avgpool": "avg", "averagepooling": "avg", "batchnorm": "bn", "batchnormalization": "bn",
    "convtranspose": "deconv", "cropping": "crop", "dense": "fc", "depthwise": "dw",
    "dropout": "drop", "flatten": "flat", "globalaveragepooling": "gap", "globalavgpool": "gap",
    "globalmaxpool": "gmp", "identity": "id", "layernorm": "ln", "linear": "fc", "maxpool": "pool",
    "maxpooling": "pool", "silu": "swish", "upsample": "up", "upsampling": "up",
    "zeropadding": "pad",
}  # fmt: skip


def check_words(program: tree.Program) -> None:
    """Raise NetformError at the first word that does not exist, with the nearest that does."""
    source = program.source
    before: tree.Atom | None = None
    for atom in program.chain:
        if atom.op not in BY_OP:
            raise _unknown(atom, before, source)
        for word in atom.post or ():
            _check_post(word, source)
        before = atom
    for post in program.posts:
        for word in post.chain:
            _check_post(word, source)


def _check_post(word: tree.PostOp, source: Source) -> None:
    known = [op for op, kind in BY_OP.items() if kind.in_post]
    if word.op not in known:
        raise NetformError(
            f"a post chain is made of norms and activations, not of {quoted(word.op)}",
            word.span,
            source,
            did_you_mean(word.op, known),
        )
    if word.value is not None and VALUE not in spellings(BY_OP[word.op]):
        raise NetformError(
            f"{word.op} takes no number", word.span, source, f"write {word.op} alone"
        )


def _unknown(atom: tree.Atom, before: tree.Atom | None, source: Source) -> NetformError:
    written = show_atom(atom)
    if before is not None and atom.op in spellings(BY_OP[before.op]):
        return NetformError(
            f"{quoted(written)} stands apart from {quoted(show_atom(before))}",
            atom.span,
            source,
            f"write {quoted(show_atom(before) + written)} without the space",
        )
    stem = atom.op[:-1]
    if stem in BY_OP and atom.op[-1] in spellings(BY_OP[stem]) and VALUE in spellings(BY_OP[stem]):
        value = spellings(BY_OP[stem])[VALUE]
        return NetformError(
            f"{stem} needs its {value.meaning}", atom.span, source, f"write {value.example}"
        )
    near = _OTHER_WORDS.get(atom.op)
    hint = f"did you mean {near}?" if near else did_you_mean(atom.op, BY_OP)
    if hint.startswith("did you mean "):
        hint = f"{hint[:-1]}{quoted(written[len(atom.op) :])}?"
    return NetformError(f"no layer is called {quoted(atom.op)}", atom.span, source, hint)
