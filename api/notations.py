"""Networks written in other notations, read as ours.

>>> from netform import Network, notations
>>> reading = notations.read("1x29x29-20C4-MP2-40C5-MP3-150N-10N", "ciresan")
>>> Network(reading.program).at().params
76040
>>> reading.assumptions[0]
'convolutions have no padding'
"""

from netform.grammar.notations import NOTATIONS, Notation, Reading, read

__all__ = ["NOTATIONS", "Notation", "Reading", "read"]
