"""A tokenizer of TextMate grammars, for the part of their form that ours uses.

The rule that matches first wins; of several at one place the end of the enclosing rule, then the
earlier pattern. The package for this on PyPI, textmate-grammar-python 0.6.1, loses its way behind
``))``; this one gives what Visual Studio Code's own vscode-textmate 9 gives, tried once on the
examples and on random texts.
"""

import functools
import re

READ = {
    *("begin", "beginCaptures", "captures", "comment", "end", "endCaptures", "include", "match"),
    *("name", "patterns"),
}


class Tokenizer:
    """The scopes that a grammar gives to the characters of a text."""

    def __init__(self, grammar):
        self.grammar = grammar
        self.lists = {}

    def scopes(self, text):
        """The innermost scope of each character."""
        scopes = []
        stack = [self.grammar]
        for line in re.findall(r"[^\n]*\n|[^\n]+", text):
            found = [self.grammar["scopeName"]] * len(line)
            self._read(line, 0, len(line), stack, found)
            scopes += found
        return scopes

    def _read(self, line, at, end, stack, found):
        """Fill in the scopes of a part of a line; the stack holds the open rules."""
        while True:
            first = None
            for rule in self._inside(stack[-1]):
                match = _compiled(rule.get("match") or rule["begin"]).search(line, at, end)
                if match and (first is None or match.start() < first[0].start()):
                    first = match, rule
            if len(stack) > 1:
                closing = _compiled(stack[-1]["end"]).search(line, at, end)
                if closing and (first is None or closing.start() <= first[0].start()):
                    self._capture(closing, stack.pop().get("endCaptures", {}), found)
                    at = closing.end()
                    continue
            if first is None:
                return
            match, rule = first
            at = match.end()
            if "match" in rule:
                assert match[0], f"{rule['match']} matches nothing"
                found[match.start() : at] = [rule.get("name", found[match.start()])] * len(match[0])
                self._capture(match, rule.get("captures", {}), found)
            else:
                self._capture(match, rule.get("beginCaptures", {}), found)
                stack.append(rule)

    def _capture(self, match, captures, found):
        for number, capture in captures.items():
            begin, end = match.span(int(number))
            if begin < end and "name" in capture:
                found[begin:end] = [capture["name"]] * (end - begin)
            if begin < end and "patterns" in capture:
                self._read(match.string, begin, end, [capture], found)

    def _inside(self, rule):
        """The rules that may match inside a rule."""
        if id(rule) not in self.lists:
            self.lists[id(rule)] = list(self._expanded(rule["patterns"]))
        return self.lists[id(rule)]

    def _expanded(self, patterns):
        """The rules that match, in place of those that include them."""
        for rule in patterns:
            assert set(rule) <= READ, f"not read here: {set(rule) - READ}"
            if "include" in rule:
                yield from self._expanded([self.grammar["repository"][rule["include"][1:]]])
            elif "match" in rule or "begin" in rule:
                yield rule
            else:
                yield from self._expanded(rule["patterns"])


_compiled = functools.cache(re.compile)
