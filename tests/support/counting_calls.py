"""The work of an action, as calls of functions: the same on every machine, unlike seconds."""

import sys


class TooManyCallsError(BaseException):
    """An action has made more calls than it may; not caught by what catches exceptions."""


def calls_of(action, *arguments, most):
    """The calls and returns of functions in an action; raises TooManyCallsError beyond ``most``."""
    number = 0

    def count(frame, event, argument):
        nonlocal number
        number += 1
        if number > most:
            sys.setprofile(None)
            raise TooManyCallsError(f"{number:,} calls")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        action(*arguments)
    finally:
        sys.setprofile(before)
    return number
