"""The files that a network uses: found inside the root folder, each read once, never in a circle."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from . import tree
from .budget import MOST_FILES
from .errors import NetformError, Source, quoted
from .files import reason_of, working_directory

ReadLibrary = Callable[[Path, str], tree.Library]


@dataclasses.dataclass(slots=True)
class Includes:
    """Reads what ``use`` names; nothing outside ``root`` is ever opened.

    ``read`` turns the file at a path, shown by the name that follows, into a library whose own
    uses are still to be resolved.
    """

    root: Path
    read: ReadLibrary
    found: dict[Path, tree.Library] = dataclasses.field(default_factory=dict)

    def resolved(
        self, uses: tuple[tree.Use, ...], folder: Path, source: Source, path: tuple[Path, ...] = ()
    ) -> tuple[tree.Use, ...]:
        """The uses with their libraries, those of a file in ``folder``."""
        return tuple(self._resolved(use, folder, source, path) for use in uses)

    def _resolved(
        self, use: tree.Use, folder: Path, source: Source, path: tuple[Path, ...]
    ) -> tree.Use:
        def wrong(message: str, hint: str) -> NetformError:
            return NetformError(message, use.span, source, hint)

        if Path(use.path).suffix != ".net" or not use.path.isprintable():
            raise wrong(
                f"use takes a .net file, not {quoted(use.path)!r}",
                'write use "blocks/resnet.net"',
            )
        try:
            file = (folder / use.path).resolve()
        except (OSError, RuntimeError, ValueError):  # links in a circle
            raise wrong(f"{quoted(use.path)} leads nowhere", "give the file itself") from None
        if not file.is_relative_to(self.root):
            raise wrong(
                f"files are used from inside the root folder {self.root}, but "
                f"{quoted(use.path)} is outside",
                "move it inside, or name a folder that holds both with --root",
            )
        if file in path:
            circle = " uses ".join(p.name for p in (*path[path.index(file) :], file))
            raise wrong(f"files use each other in a circle: {circle}", "leave one use out")
        if file not in self.found:
            if len(self.found) + len(path) >= MOST_FILES:
                raise wrong(f"a network uses at most {MOST_FILES} files", "put blocks together")
            try:
                library = self.read(file, _shown(folder, use.path))
            except UnicodeDecodeError as error:
                raise wrong(
                    f"a .net file is UTF-8 text, but byte {error.start} of {quoted(use.path)} is not",
                    "is this the right file?",
                ) from None
            except OSError as error:
                raise wrong(
                    f"{quoted(use.path)} cannot be read: {reason_of(error)}",
                    "the path is relative to the file that contains the use",
                ) from None
            uses = self.resolved(library.uses, file.parent, library.source, (*path, file))
            self.found[file] = dataclasses.replace(library, uses=uses)
        return dataclasses.replace(use, library=self.found[file])


def _shown(folder: Path, path: str) -> str:
    """The path of an included file as messages show it: relative where that is shorter."""
    file = (folder / path).resolve()
    here = working_directory()
    return str(file.relative_to(here)) if file.is_relative_to(here) else str(file)
