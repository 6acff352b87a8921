"""Rendering: a reader's digest in, subject, text and HTML out.

Templates come in as values (`TemplateSet`), and so do the reader's own (`Personal`).
The way through the room, from what a template sees to what a reader gets:

    variables, view, whole   what templates print: of one choice, or of everything
    personal, later, marks   what is not known yet, and the words that stand for it
    templates, words         Jinja with `each` and `when`; the reader's language
    theme, contrast          fonts, colours and sizes an operator sets; what can be read
    bodies, plaintext        an article's body as HTML and as text
    pages, inlining          a whole page, its CSS inlined
    cutting, markup          the page cut at its marks
    nodes, settling, frames  what it is cut into, and what that becomes: places to fill
    stage, joining, flowing  what one reader's mail shows; their page; its line ends
    memory                   what is kept for the next reader, and how much of it
    compiling, proofs        an issue compiled for all readers, and compared before use
    fitting                  short enough for Gmail
    renderer                 one reader's mail, whichever way it comes about
"""

from digest.rendering.fitting import Shortened
from digest.rendering.personal import Personal
from digest.rendering.renderer import Rendered, Renderer
from digest.rendering.templates import TemplateFile, TemplateSet

__all__ = [
    "Personal",
    "Rendered",
    "Renderer",
    "Shortened",
    "TemplateFile",
    "TemplateSet",
]
