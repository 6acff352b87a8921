"""Rendering: a reader's digest in, subject, text and HTML out.

Templates come in as values (`TemplateSet`), and so do the reader's own
(`Personal`). The way through the room: `renderer` (one reader) asks `pages` (one
page for many readers), which shows the `view` to `templates`, lets `inlining` and
`plaintext` do their work once, and cuts the page for `personal` values.
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
