"""Where readers come to: they ask, confirm, change, pause and leave by themselves.

The public pages are its face; it knows nothing of HTTP. Whoever asks by a form is
written down and answered by mail, later and from a thread of its own, so that nobody
learns from an answer, or from how long it takes, who is known here.

    wishes     what somebody asks for, and the record of it
    asking     subscribe, confirm, change of address: what a link in a mail does
    choosing   what a reader sees of topics, and what their choice means
    leaving    less, for a while, or nothing any more; and back
    showing    what a reader would have received; how often things appear
    mails      the mails that answer
    post       the thread that sends them
"""
