"""Questions of one choice, which a reader answers on the page.

A question stands behind the directive's name. Each answer is a line that begins with ``+`` if it is
right and with ``-`` if it is not; the lines below it, indented, say why::

    ```{quiz} What is an epoch?
    + One pass over all training examples.
      Each of them was in one batch.
    - One step of training.
      A step looks at one batch.
    ```

The page works from disk: the reasons stand in it, and ``widgets.js`` shows the one that was asked
for. Without JavaScript the right answer can be unfolded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Answer(NamedTuple):
    """One of the answers to choose from, and why it is right or wrong."""

    text: str
    reason: str
    is_right: bool


def parse(lines: Iterable[str]) -> list[Answer]:
    """Return the answers of a question.

    Parameters
    ----------
    lines : iterable of str
        The content of the directive.

    Returns
    -------
    list of Answer
        In the order in which they are shown.

    Raises
    ------
    ValueError
        If not exactly one answer is right, one has no reason, or something stands before them.
    """
    found: list[list[str]] = []
    for line in lines:
        if line[:2] in ("+ ", "- "):
            found.append([line])
        elif line.strip():
            if not found:
                raise ValueError("a quiz begins with an answer, + or -")
            found[-1].append(line.strip())
    answers = [Answer(one[0][2:].strip(), " ".join(one[1:]), one[0][0] == "+") for one in found]
    if sum(one.is_right for one in answers) != 1 or len(answers) < 2:
        raise ValueError("a quiz has one right answer (+) and at least one wrong one (-)")
    if not all(one.reason for one in answers):
        raise ValueError("each answer of a quiz has its reason on the lines below it")
    return answers


def quiz_html(name: str, question: str, answers: Iterable[Answer]) -> str:
    """Return a question as a form, with the right answer for readers without JavaScript.

    Parameters
    ----------
    name : str
        What no other question of the page is called.
    question : str
        The question.
    answers : iterable of Answer
        The answers.

    Returns
    -------
    str
        HTML.
    """
    rows, right = [], ""
    for number, answer in enumerate(answers):
        mark = ' data-right="yes"' if answer.is_right else ""
        rows.append(
            f'<div class="nn-answer"><input type="radio" name="{name}" id="{name}-{number}"{mark} '
            f'data-reason="{escape(answer.reason)}"><label for="{name}-{number}">'
            f"{_inline(answer.text)}</label></div>"
        )
        if answer.is_right:
            right = f"<p>{_inline(answer.text)} {_inline(answer.reason)}</p>"
    return (
        f'<div class="nn-widget" data-nn="quiz"><form><fieldset><legend>{_inline(question)}'
        f'</legend>{"".join(rows)}</fieldset><button type="submit">Check</button></form><noscript>'
        f"<details><summary>The answer</summary>{right}</details></noscript></div>"
    )


def _inline(text: str) -> str:
    """Return text as HTML; what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


class Quiz(SphinxDirective):
    """Asks a question."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the form."""
        try:
            answers = parse(self.content)
        except ValueError as error:
            raise self.error(f"{self.arguments[0]!r}: {error}.") from error
        name = f"nn-quiz-{self.env.new_serialno('nn-quiz')}"
        question = " ".join(self.arguments[0].split())
        return [nodes.raw("", quiz_html(name, question, answers), format="html")]


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
    app.add_directive("quiz", Quiz)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
