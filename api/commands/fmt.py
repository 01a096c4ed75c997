"""Files in their canonical form."""

from __future__ import annotations

import click

from netform.commands.options import text_options
from netform.commands.output import print_json, print_text, write
from netform.grammar.budget import MOST_BYTES
from netform.grammar.errors import Source, printable
from netform.grammar.files import decoded, read_source


@click.command()
@click.argument("files", nargs=-1, metavar="FILE...")
@text_options
@click.option(
    "--check", is_flag=True, help="Change no file; exit with status 1 if a file would change."
)
def fmt(files: tuple[str, ...], text: str | None, as_json: bool, check: bool) -> None:
    """Write files in their canonical form.

    \b
        netform fmt examples/*.net
        netform fmt --check examples/*.net
        netform fmt -e 'input 8x8x1 conv( 2*4 )k3 fc10'      prints the result
        netform fmt - < examples/digits.net                  reads standard input
    """
    from netform.grammar.format.formatter import formatted

    if bool(files) == (text is not None) or ("-" in files and len(files) > 1):
        raise click.UsageError("Give FILEs, or - for standard input, or -e 'input 32x32x3 ...'.")
    if text is not None or "-" in files:
        standard_input = click.open_file("-", "rb")
        source = (
            Source(text)
            if text is not None
            else decoded(standard_input.read(MOST_BYTES), "<stdin>")
        )
        found = [formatted(source)]
        if as_json:
            print_json({"text": found[0].text, "changed": found[0].changed})
        elif not check:
            print_text(found[0].text)
    else:
        found = [formatted(read_source(file)) for file in files]
        for each in found:
            if each.changed and not check:
                write(each.name, each.text)
            if each.changed and not as_json:
                click.echo(f"{'would change' if check else 'changed'} {printable(each.name)}")
        if as_json:
            print_json({"files": [{"name": f.name, "changed": f.changed} for f in found]})
    if check and any(each.changed for each in found):
        click.get_current_context().exit(1)
