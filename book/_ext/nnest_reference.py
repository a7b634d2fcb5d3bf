"""What the pages of names need: methods that scikit-learn brings are described as far as they help.

Docstrings of scikit-learn point into its own user guide, which is not part of this book: such words
stay as words. The setters of metadata routing are the same for every estimator, and are left out.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

_ROUTING = re.compile(r"set_\w+_request|get_metadata_routing")
_ROLE = re.compile(r":(?:ref|term):`([^`<]+?)(?:\s*<[^`>]*>)?`")


def is_left_out(app: Sphinx, what: str, name: str, obj: object, skip: bool, options: Any) -> bool:
    """Tell Sphinx to leave out a member: the setters of metadata routing.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The application.
    what : str
        What the member belongs to: a module, a class.
    name : str
        The member's name.
    obj : object
        The member.
    skip : bool
        Whether Sphinx would leave it out.
    options : object
        The options of the directive.

    Returns
    -------
    bool
        Whether the member is left out.
    """
    return skip or _ROUTING.fullmatch(name) is not None


def without_foreign_links(text: str) -> str:
    """Replace links by label or glossary term by their words.

    Parameters
    ----------
    text : str
        A line of a docstring.

    Returns
    -------
    str
        The line.

    Examples
    --------
    >>> without_foreign_links("See :ref:`the guide <metadata_routing>` and :term:`classes_`.")
    'See the guide and classes_.'
    """
    return _ROLE.sub(lambda found: found[1].replace("_", r"\_"), text)


def _simplify(
    app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]
) -> None:
    """Take foreign links out of a docstring."""
    lines[:] = [without_foreign_links(line) for line in lines]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The application.

    Returns
    -------
    dict
        What Sphinx asks of an extension.
    """
    app.connect("autodoc-skip-member", is_left_out)
    app.connect("autodoc-process-docstring", _simplify)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
