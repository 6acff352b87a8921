-- Each returned mail that was read, so that it counts once however often it comes.
create table returned_mail (
  mark text primary key, -- a hash of whose it is and its Message-ID, or of all of it
  outcome text not null, -- what came of it
  at_ms bigint not null
);
create index returned_mail_by_time on returned_mail (at_ms);

-- What came back about a delivery after its server had taken it: the delivery stays `sent`.
create table late_reply (
  issue text not null references issue (id),
  subscriber text not null references subscriber (id),
  kind text not null, -- hard, soft, refused, complaint
  provider text not null, -- who runs the mailbox
  was text not null, -- the reader's status before
  parked text not null, -- empty, or what became of a hard one among too many
  reply text not null, -- the server's words
  at_ms bigint not null,
  primary key (issue, subscriber, kind)
);
create index late_reply_by_subscriber on late_reply (subscriber);
