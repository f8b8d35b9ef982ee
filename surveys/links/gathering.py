"""Pairs → groups of what hangs together. Pure."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def gather(pairs: Iterable[tuple[Node, Node]]) -> dict[Node, Node]:
    """Node → the one that stands for its group: connected components over the pairs."""
    leads: dict[Node, Node] = {}

    def head(node: Node) -> Node:
        while leads.setdefault(node, node) != node:
            leads[node] = leads[leads[node]]
            node = leads[node]
        return node

    for one, other in pairs:
        leads[head(one)] = head(other)
    return {node: head(node) for node in list(leads)}
