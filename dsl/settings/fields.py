"""From the settings of a statement to the fields that they set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...grammar.errors import NetformError, Source, Span, did_you_mean, quoted
from ...grammar.tree import Setting
from .readers import SettingError
from .rows import BY_KEY, ROWS, SettingRow


def fields_of(settings: Iterable[Setting], statement: str, source: Source) -> dict[str, Any]:
    """The fields that the settings of a statement set; raises NetformError at the wrong one."""
    fields: dict[str, Any] = {}
    given: dict[str, str] = {}
    for setting in settings:
        row = _row_of(setting, statement, source)
        _refuse_alternative(setting, given.get(row.purpose), row.purpose, source)
        if row.purpose:
            given[row.purpose] = row.key
        fields |= _fields(row, setting, source)
    return fields


def setting_of(field: str, settings: Iterable[Setting]) -> Setting:
    """The setting that sets a field."""
    return next(setting for setting in settings if BY_KEY[setting.key].field == field)


def _row_of(setting: Setting, statement: str, source: Source) -> SettingRow:
    keys = [row.key for row in ROWS if row.statement == statement]
    if setting.key not in keys:
        start = setting.span.start
        raise NetformError(
            f"{statement} has no setting {quoted(setting.key)}",
            Span(start, start + len(setting.key)),
            source,
            did_you_mean(setting.key, keys),
        )
    return BY_KEY[setting.key]


def _refuse_alternative(setting: Setting, other: str | None, purpose: str, source: Source) -> None:
    if other is not None:
        raise NetformError(
            f"{other} and {setting.key} both give {purpose}",
            setting.span,
            source,
            "leave one of them out",
        )


def _fields(row: SettingRow, setting: Setting, source: Source) -> dict[str, Any]:
    try:
        return row.fields(setting.value)
    except SettingError as wrong:
        raise NetformError(
            f"{row.key} is {wrong.needed}, not {quoted(setting.value)!r}",
            Span(setting.span.start + len(row.key) + 1, setting.span.end),
            source,
            wrong.hint or f"write {row.usage}",
        ) from None
