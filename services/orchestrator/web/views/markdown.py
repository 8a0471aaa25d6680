"""What a model wrote, as HTML: Markdown without pictures, scripts, styles and links that do not say where they lead.

A link shows its whole address, and leads to other sites only: a model must not have a person click this one's. What is
too long is shown as it was written. Rendering a large table takes a second, so it is done beside the event loop.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from shared.text.answers import visible

MAX_CHARS = 20_000

_TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "a", "span"),
}
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}


class _Renderer(RendererHTML):
    """Pictures as words, links with their address, headings below those of the page."""

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        return html.escape(f"[picture: {token.content or 'without words'}, {token.attrGet('src') or ''}]")

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        address = str(tokens[idx].attrGet("href") or "")
        env["links"].append(address if _leads_elsewhere(address, env["hosts"]) else None)
        return f'<a href="{html.escape(address, quote=True)}">' if env["links"][-1] else "<span>"

    def link_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        address = env["links"].pop()
        return f"</a> ({html.escape(address)})" if address else "</span>"

    def heading_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return f"<h{self._level(tokens[idx])}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return f"</h{self._level(tokens[idx])}>\n"

    @staticmethod
    def _level(token: Token) -> int:
        return min(6, int(token.tag[1:]) + 2)


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable(["table", "strikethrough"])


def _leads_elsewhere(address: str, hosts: Sequence[str]) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.netloc not in hosts
    except ValueError:
        return False


def rendered(text: str, hosts: Sequence[str] = ()) -> str:
    """The text as HTML that may stand on a page; `hosts` are this site's own."""
    shown = visible(text)
    if len(shown) > MAX_CHARS:
        return f"<pre>{html.escape(shown)}</pre>"
    made = _MARKDOWN.render(shown, {"hosts": tuple(hosts), "links": []})
    return nh3.clean(made, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https"})


async def to_html(text: str, hosts: Sequence[str] = ()) -> str:
    """As `rendered`, in a thread."""
    return await asyncio.to_thread(rendered, text, hosts) if text else ""
