"""All objects of netform that are reachable from one of them in a few attributes."""

import inspect

SHOWN = ("__repr__", "_repr_html_", "_repr_latex_", "_repr_markdown_", "_repr_svg_")


def reachable(start, depth, path="it"):
    """Pairs of a path and an object of netform; of a container the first, middle and last part."""
    kept, ahead = {}, [(path, start, depth)]
    while ahead:
        path, found, depth = ahead.pop()
        if id(found) in kept:
            continue
        kept[id(found)] = found
        if isinstance(found, (list, tuple)):
            places = {0, 1, len(found) // 2, len(found) - 1} & set(range(len(found)))
            ahead += [(f"{path}[{place}]", found[place], depth) for place in places]
        elif isinstance(found, dict):
            for key in list(found)[:3]:
                ahead += [(f"{path} key", key, depth), (f"{path}[{key}]", found[key], depth)]
        if type(found).__module__.startswith("netform"):
            yield path, found
            if depth:
                ahead += [(f"{path}.{n}", v, depth - 1) for n, v in _attributes(found)]


def _attributes(found):
    for name in dir(found):
        if name.startswith("__"):
            continue
        try:
            value = getattr(found, name)
        except Exception:  # a property that has no value here, such as a figure of an open network
            continue
        if not inspect.isroutine(value) and not isinstance(value, type):
            yield name, value
