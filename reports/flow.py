"""The picture of how customers move between stages: an arc diagram, lying on desktops, standing on phones.

What belongs here: layout and drawing. Stages stand in their order; moves forward arc to one side (above, or
right when standing), moves back to the other; thickness is customers, labels are the table's own values.
What does not: counting, and which edges are worth showing.

Both drawings share one layout in two abstract directions: `along` the line of stages and `across` it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from reports.formatting import UNKNOWN, duration, number, percent, words
from reports.frames import Row
from reports.svg import NARROW, WIDE, both_widths, element, picture, shortened, text_width

_LABEL_HEIGHT = 32.0
_NAME, _SHARE, _TIME = 12.5, 12.5, 11.0  # text sizes in px
_THINNEST, _THICKEST = 1.5, 13.0
_MOST_WIDE, _MOST_NARROW = 36, 22  # arcs that fit without their labels hiding each other
_POSITIONS = (
    0.5,
    0.44,
    0.56,
    0.38,
    0.62,
    0.32,
    0.68,
    0.26,
    0.74,
    0.2,
    0.8,
)  # where on its arc a label may sit

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Node:
    """A stage; customer_count is how many are in it now, None when unknown."""

    name: str
    customer_count: float | None


@dataclass
class _Edge:
    """A move from node `source` to node `target` (positions in the line) and where it is drawn."""

    source: int
    target: int
    row: Row
    level: int = 0
    start: float = 0.0
    end: float = 0.0
    path: list[Point] = field(default_factory=list)

    @property
    def is_forward(self) -> bool:
        return self.target > self.source

    @property
    def ends(self) -> tuple[int, int]:
        return min(self.source, self.target), max(self.source, self.target)

    @property
    def span(self) -> int:
        return abs(self.target - self.source)


def edge_label(row: Row) -> tuple[str, str]:
    """The two lines of an arc's label: share of the moves out of the stage, and the median time."""
    return percent(row["share"]), duration(row["median_hours"])


def edge_title(row: Row) -> str:
    """One sentence about a move, for pointers and screen readers."""
    known = [
        f"{number(row['customer_count'])} customers",
        f"{percent(row['share'])} of the moves out of {words(row['from_name'])}",
        f"half of them within {duration(row['median_hours'])}",
        f"95 % within {duration(row['p95_hours'])}",
    ]
    said = ", ".join(part for part in known if UNKNOWN not in part.split())
    return f"{words(row['from_name'])} to {words(row['to_name'])}: {said or 'nothing is known'}"


def transition_picture(nodes: Sequence[Node], moves: Sequence[Row]) -> Markup | None:
    """The arc diagram of rows of `marts.rpt_transitions`; None without two stages or without a move.

    Moves whose ends are not among the nodes, moves from a stage to itself and, where there are too many, the
    rarest are left to the table; of the last a line beside the picture tells.
    """
    place = {node.name: position for position, node in enumerate(nodes)}
    drawn = [row for row in moves if row["from_name"] in place and row["to_name"] in place and row["from_name"] != row["to_name"]]
    if len(nodes) < 2 or not drawn:
        return None

    def draw(width: int, is_narrow: bool) -> Markup:
        most = _MOST_NARROW if is_narrow else _MOST_WIDE
        largest = sorted(drawn, key=lambda row: -float(row["customer_count"] or 0))[:most]
        edges = [_Edge(place[row["from_name"]], place[row["to_name"]], row) for row in largest]
        svg = _Drawing(nodes, edges, is_standing=is_narrow).svg()
        if len(largest) == len(drawn):
            return svg
        return svg + element("p", f"The {most} largest of {len(drawn)} moves are drawn.", class_="quiet small")

    return both_widths(draw)


class _Drawing:
    """One drawing: levels, ports, curves, then labels where they cover least."""

    def __init__(self, nodes: Sequence[Node], edges: list[_Edge], is_standing: bool) -> None:
        self.nodes, self.edges, self.is_standing = nodes, edges, is_standing
        self.most = max(float(edge.row["customer_count"] or 0) for edge in edges)
        forward = _assign_levels([edge for edge in edges if edge.is_forward])
        back = _assign_levels([edge for edge in edges if not edge.is_forward])
        count = len(nodes)
        if is_standing:
            self.node_along, self.node_across = 46.0, 112.0
            self.margin, self.first = 6.0, 26.0
            fuller = max(sum(edge.is_forward for edge in edges), sum(not edge.is_forward for edge in edges))
            self.pitch = max(112.0, 1.2 * _LABEL_HEIGHT * fuller / (count - 1))  # room for a side's labels in a row
            room = NARROW - self.node_across - 2 * 28  # half a label sticks out beyond the outermost arc
            self.step = min(34.0, (room - 2 * self.first) / max(1, forward + back - 2))
            self.axis = 28 + (self.first + (back - 1) * self.step if back else -22) + self.node_across / 2
            self.width = float(NARROW)
            self.height = 2 * self.margin + self.node_along + (count - 1) * self.pitch
        else:
            self.node_along, self.node_across = 118.0, 56.0
            self.pitch = max(146.0, min(230.0, (WIDE - self.node_along - 12) / (count - 1)))
            self.first, self.step = 56.0, 40.0
            above = self.first + (forward - 1) * self.step + 20 if forward else 8.0
            below = self.first + (back - 1) * self.step + 20 if back else 8.0
            self.width = max(float(WIDE), 12 + self.node_along + (count - 1) * self.pitch)
            self.margin = (self.width - self.node_along - (count - 1) * self.pitch) / 2
            self.axis = above + self.node_across / 2
            self.height = above + self.node_across + below
        self._assign_ports()
        for edge in edges:
            edge.path = [self._on_curve(edge, step / 40) for step in range(41)]

    def centre(self, position: int) -> float:
        """Where along the line a node's centre lies."""
        return self.margin + self.node_along / 2 + position * self.pitch

    def to_screen(self, along: float, across: float) -> Point:
        """Forward is up when lying, right when standing."""
        return (self.axis + across, along) if self.is_standing else (along, self.axis - across)

    def thickness(self, edge: _Edge) -> float:
        count = float(edge.row["customer_count"] or 0)
        return _THINNEST + (_THICKEST - _THINNEST) * (count / self.most if self.most else 0)

    def _assign_ports(self) -> None:
        """Spread a node's arcs over its side: leaving on the half they head for, long ones near the centre.

        That order keeps arcs of one node from crossing each other.
        """
        reach = self.node_along / 2 - 6
        for position in range(len(self.nodes)):
            for is_forward in (True, False):
                ahead = 1 if is_forward else -1
                leaving = [edge for edge in self.edges if edge.source == position and edge.is_forward == is_forward]
                coming = [edge for edge in self.edges if edge.target == position and edge.is_forward == is_forward]
                for rank, edge in enumerate(sorted(leaving, key=lambda edge: -edge.span)):
                    edge.start = self.centre(position) + ahead * reach * (rank + 0.75) / (len(leaving) + 0.5)
                for rank, edge in enumerate(sorted(coming, key=lambda edge: -edge.span)):
                    edge.end = self.centre(position) - ahead * reach * (rank + 0.75) / (len(coming) + 0.5)

    def _head_length(self, edge: _Edge) -> float:
        return max(7.0, self.thickness(edge) * 0.95)

    def _controls(self, edge: _Edge) -> list[Point]:
        """The four points of the arc's Bézier curve; it peaks at three quarters of the inner two."""
        side = 1.0 if edge.is_forward else -1.0
        base = self.node_across / 2
        peak = self.first + edge.level * self.step
        control = side * (base + peak * 4 / 3)
        foot, tip = side * base, side * (base + self._head_length(edge) - 1)
        return [(edge.start, foot), (edge.start, control), (edge.end, control), (edge.end, tip)]

    def _on_curve(self, edge: _Edge, t: float) -> Point:
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        points = self._controls(edge)
        return self.to_screen(
            sum(weight * along for weight, (along, _) in zip(weights, points, strict=True)),
            sum(weight * across for weight, (_, across) in zip(weights, points, strict=True)),
        )

    def _node_box(self, position: int) -> Box:
        half_along, half_across = self.node_along / 2, self.node_across / 2
        corners = [self.to_screen(self.centre(position) + s * half_along, s * half_across) for s in (-1, 1)]
        (x1, y1), (x2, y2) = corners
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)

    def _label_boxes(self) -> list[Box]:
        """A box per edge: the shortest arcs choose first, each where it covers least of what is there."""
        taken = [self._node_box(position) for position in range(len(self.nodes))]
        chosen: dict[int, Box] = {}
        for index in sorted(range(len(self.edges)), key=lambda i: (self.edges[i].level, self.edges[i].span)):
            edge = self.edges[index]
            share, time = edge_label(edge.row)
            half = max(text_width(share, _SHARE), text_width(time, _TIME)) / 2 + 4
            best: tuple[float, Box] | None = None
            for t in _POSITIONS:
                x, y = self._on_curve(edge, t)
                x = min(max(x, half), self.width - half)
                y = min(max(y, _LABEL_HEIGHT / 2), self.height - _LABEL_HEIGHT / 2)
                box = (x - half, y - _LABEL_HEIGHT / 2, x + half, y + _LABEL_HEIGHT / 2)
                cost = sum(5 * _overlap(box, other) for other in taken)
                cost += sum(8.0 for other in self.edges if other is not edge for p in other.path if _is_in(p, box))
                cost += 60 * abs(t - 0.5)
                if best is None or cost < best[0]:
                    best = (cost, box)
            if best is not None:
                chosen[index] = best[1]
                taken.append(best[1])
        return [chosen[index] for index in range(len(self.edges))]

    def svg(self) -> Markup:
        """The whole drawing: arcs, then boxes, then labels on top."""
        order = sorted(self.edges, key=lambda edge: -float(edge.row["customer_count"] or 0))
        labels = dict(zip(map(id, self.edges), self._label_boxes(), strict=True))
        arcs = [self._arc(edge) for edge in order]
        boxes = [self._node(position) for position in range(len(self.nodes))]
        texts = [self._label(edge, labels[id(edge)]) for edge in order]
        description = (
            f"How customers move between {len(self.nodes)} stages: {len(self.edges)} moves, "
            f"those forward {'on the right' if self.is_standing else 'above'}, "
            f"those back {'on the left' if self.is_standing else 'below'}. The table below lists each."
        )
        return picture(self.width, self.height, description, *arcs, *boxes, *texts, kind="flow")

    def _arc(self, edge: _Edge) -> Markup:
        start, *rest = (_written(self.to_screen(*point)) for point in self._controls(edge))
        curve = f"M{start} C{' '.join(rest)}"
        side = 1.0 if edge.is_forward else -1.0
        base = self.node_across / 2
        wing = max(4.5, self.thickness(edge) / 2 + 3)
        head = [(edge.end, side * base), (edge.end - wing, side * (base + self._head_length(edge)))]
        head.append((edge.end + wing, side * (base + self._head_length(edge))))
        points = " ".join(_written(self.to_screen(*point)) for point in head)
        return element(
            "g",
            element("title", edge_title(edge.row)),
            element("path", d=curve, stroke_width=self.thickness(edge)),
            element("polygon", points=points),
            class_="arc forward" if edge.is_forward else "arc back",
        )

    def _node(self, position: int) -> Markup:
        node = self.nodes[position]
        left, top, right, bottom = self._node_box(position)
        middle = (top + bottom) / 2
        now = "now unknown" if node.customer_count is None else f"{number(node.customer_count)} now"
        x = (left + right) / 2
        name = shortened(words(node.name), right - left - 4, _NAME)
        return element(
            "g",
            element("title", f"{words(node.name)}: {now}"),
            element("rect", x=left, y=top, width=right - left, height=bottom - top, rx=10.0),
            element("text", name, x=x, y=middle - 3, text_anchor="middle", class_="stage-name"),
            element("text", now, x=x, y=middle + 14, text_anchor="middle", class_="stage-now"),
            class_="stage",
        )

    def _label(self, edge: _Edge, box: Box) -> Markup:
        left, top, right, bottom = box
        share, time = edge_label(edge.row)
        x = (left + right) / 2
        return element(
            "g",
            element("title", edge_title(edge.row)),
            element("rect", x=left, y=top, width=right - left, height=bottom - top, rx=7.0),
            element("text", share, x=x, y=top + 14, text_anchor="middle", class_="arc-share"),
            element("text", time, x=x, y=top + 27, text_anchor="middle", class_="arc-time"),
            class_="arc-label forward" if edge.is_forward else "arc-label back",
            data_from=edge.row["from_name"],
            data_to=edge.row["to_name"],
        )


def _assign_levels(edges: list[_Edge]) -> int:
    """Give each arc the lowest level above those inside it and free of overlaps; returns how many."""
    placed: list[_Edge] = []
    for edge in sorted(edges, key=lambda edge: (edge.span, edge.ends)):
        low, high = edge.ends
        crossing = [other for other in placed if other.ends[0] < high and other.ends[1] > low]
        nested = [other.level for other in crossing if low <= other.ends[0] and other.ends[1] <= high]
        edge.level = 1 + max(nested) if nested else 0
        while any(other.level == edge.level for other in crossing):
            edge.level += 1
        placed.append(edge)
    return 1 + max((edge.level for edge in edges), default=-1)


def _written(point: Point) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"


def _overlap(one: Box, other: Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    return wide * tall if wide > 0 and tall > 0 else 0.0


def _is_in(point: Point, box: Box) -> bool:
    return box[0] < point[0] < box[2] and box[1] < point[1] < box[3]
