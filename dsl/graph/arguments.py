"""The parameters of a block get their arguments where the block is called."""

from __future__ import annotations

from ...grammar import tree
from ...grammar.errors import NetformError, quoted
from ...grammar.printer import show_head
from ..kinds import BY_OP
from .expressions import Evaluation, UnknownChannelsError
from .scope import Binding, Scope


def bind(
    call: tree.Call,
    definition: tree.Definition,
    caller: Scope,
    inner: Scope,
    evaluation: Evaluation,
    is_in_loop: bool,
) -> None:
    """Give every parameter its argument or its default, in the frame of the inner scope."""
    given, parameters = call.arguments, definition.parameters
    least = sum(parameter.default is None for parameter in parameters)
    if not least <= len(given) <= len(parameters):
        raise _wrong_number(call, definition, caller, least)
    for index, parameter in enumerate(parameters):
        if index < len(given):
            argument, scope = given[index], caller
        else:
            assert parameter.default is not None
            argument, scope = parameter.default, inner
        if isinstance(argument, tree.Name):
            argument, scope = _passed_on(argument, scope)
        binding = Binding(argument, scope)
        if isinstance(argument, tree.Group):
            if parameter.name in BY_OP:
                raise NetformError(
                    f"a parameter that takes a chain cannot have the name of the layer {parameter.name}",
                    parameter.span,
                    definition.source,
                    "give it another name",
                )
        else:
            try:
                binding.value = evaluation.value(argument, scope)
            except UnknownChannelsError:  # asked for again when shapes are known
                binding.varies = is_in_loop
        inner.frame.arguments[parameter.name] = binding
    inner.frame.values = evaluation.number_of_values(inner.frame)


def _passed_on(argument: tree.Name, scope: Scope) -> tuple[tree.Argument, Scope]:
    """The chain that a parameter passes on; otherwise the argument itself."""
    passed = scope.frame.arguments.get(argument.name)
    if passed is not None and isinstance(passed.argument, tree.Group):
        return passed.argument, passed.scope
    return argument, scope


def _wrong_number(
    call: tree.Call, definition: tree.Definition, caller: Scope, least: int
) -> NetformError:
    most = len(definition.parameters)
    number = str(least) if least == most else f"{least} to {most}"
    return NetformError(
        f"{quoted(definition.name)} takes {number} argument{'' if number == '1' else 's'}, "
        f"but this call has {len(call.arguments)}",
        call.span,
        caller.frame.source,
        f"it is defined as {quoted(show_head(definition)[4:])}",
    )
