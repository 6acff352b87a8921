"""The public pages: subscribe, confirm, change, leave, and the archive of issues.

Every page works without JavaScript and is asked for by strangers, mail programs and
programs that open every link of a mail to see whether it is harmless: so a GET never
changes anything, only a button does.

    app          all of it as one application; what is where
    visits       one request: read, guarded, answered whatever happens
    guards       how often, from where, under which path
    pages        templates, words and looks; the headers of every answer
    tokens       whose link it is
    subscribing  the form, and what the link in its mail does
    front        what the views share: the newsroom, its pages and links
    preferences  what a reader gets
    keeping      what is kept about them: handed out, erased
    moving       another address
    leaving      unsubscribe and pause
    deciding     what an editor's links in a proof lead to
    archive      the issues that went out
    health       robots.txt, security.txt, is it alive
    running      the server
"""
