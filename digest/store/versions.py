"""What articles said, each version kept once by the hash of it.

The archive points at an article's current version, an issue at those it froze.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache

from digest.jsonform import dump, from_json, to_json
from digest.model import Article
from digest.store.database import Database, statements

SQL = statements("versions")


# The same articles are read for a draft, a plan and each page of the studio, and are
# asked after at each collect.
@lru_cache(maxsize=1024)
def read_article(content: str) -> Article:
    """Return the article a version holds."""
    return from_json(Article, json.loads(content))


@lru_cache(maxsize=1024)
def hash_of(article: Article) -> str:
    """Return the hash of everything an article says."""
    return hashlib.sha256(dump(to_json(article)).encode()).hexdigest()


def keep(database: Database, article: Article) -> str:
    """Store what an article says now, unless it is stored; return its hash."""
    text = dump(to_json(article))
    version = hashlib.sha256(text.encode()).hexdigest()
    database.run(SQL["insert"], hash=version, article=article.id, content=text)
    return version


def forget(database: Database, version: str) -> None:
    """Delete a version that is nobody's current one, unless an issue froze it."""
    database.run(SQL["delete"], version=version)
