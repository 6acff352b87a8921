-- Who may be `bounced`, too.

alter table subscriber drop constraint subscriber_status_check;
alter table subscriber add constraint subscriber_status_check check (
  status in ('pending', 'active', 'unsubscribed', 'removed', 'bounced')
);
