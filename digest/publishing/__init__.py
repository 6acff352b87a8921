"""The web archive: every issue that was sent as a static page, with lists and feeds.

What is published is the same for everybody: the whole issue, rendered by the
newsletter's own template, without a reader's name, address or link. It is laid out as
the mails say it is (`Archived-At`, "View in browser"):

    index.html                     newsletters and topics
    daily/index.html               the issues of a newsletter; feed.xml and feed.json
    daily/2026-11-23/index.html    an issue
    topics/climate/index.html      the stories of a topic; feed.xml and feed.json
    images/                        pictures of article folders

    editions     an issue as a page: what surrounds the mail on the web
    lists        the pages that list issues and stories
    feeds        Atom and JSON Feed
    folder       the folder it is written to: what is ours, what has changed
    archive      all of it in order
"""

from digest.publishing.archive import Published, publish

__all__ = ["Published", "publish"]
