"""One page about one's own network: its layers, its weights, and what it makes of images."""

from nnest.explain._page import write_page

__all__ = ["write_page"]
