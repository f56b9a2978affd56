"""The map of moves as Mermaid text, to paste into a document or a ticket.

What belongs here: a flowchart's text from the rows of marts.rpt_transitions. What does not: which rows; drawing.

A flowchart and no state diagram: its labels stand in quotation marks, so that a name may hold a colon or a semicolon.
"""

from collections.abc import Sequence

from reports.flow import Node
from reports.formatting import UNKNOWN, duration, number, percent, plural
from reports.frames import Row

_PLAIN = frozenset(" _-.,%()")
_THICKEST = 8  # px


def flowchart(title: str, nodes: Sequence[Node], moves: Sequence[Row]) -> str:
    """A flowchart with every stage and every move: customers, share of the moves out of the stage, median time."""
    identifiers = {node.name: f"s{place}" for place, node in enumerate(nodes, 1)}
    most = max((float(move["customer_count"] or 0) for move in moves), default=0.0)
    lines = [f"%% Moves between the stages of {escaped(title)}", "flowchart LR"]
    for node in nodes:
        now = "" if node.customer_count is None else f"<br/>{number(node.customer_count)} now"
        lines.append(f'    {identifiers[node.name]}["{escaped(node.name)}{now}"]')
    drawn = [move for move in moves if move["from_name"] is not None and move["to_name"] is not None]
    for move in drawn:
        ends = identifiers[move["from_name"]], identifiers[move["to_name"]]
        lines.append(f'    {ends[0]} -->|"{"<br/>".join(map(escaped, _said(move)))}"| {ends[1]}')
    for place, move in enumerate(drawn):
        width = 1 + (_THICKEST - 1) * (float(move["customer_count"] or 0) / most if most else 0.0)
        lines.append(f"    linkStyle {place} stroke-width:{width:.1f}px")
    return "\n".join(lines) + "\n"


def _said(move: Row) -> tuple[str, str, str]:
    median = duration(move["median_hours"])
    return (
        "customers unknown" if move["customer_count"] is None else plural(move["customer_count"], "customer"),
        percent(move["share"]),
        f"median {median}" if median != UNKNOWN else "median unknown",
    )


def escaped(text: str) -> str:
    """A text for within quotation marks: whatever is not a letter, a digit or plain punctuation as Mermaid's #code;."""
    spaced = text.replace("\u00a0", " ")
    return "".join(sign if sign.isalnum() or sign in _PLAIN else f"#{ord(sign)};" for sign in spaced)
