"""What a returned mail says: bytes in, a `Report` out, whatever the bytes are.

Delivery status notifications (RFC 3464), complaints (RFC 5965), unsubscribe mails, and
the prose of those many programs that follow no standard. Nothing is believed here: a
report only carries the tokens it found, and `digest.returning` asks whose they are.
"""

from __future__ import annotations

from digest.bounces.parts import LARGEST
from digest.bounces.report import Effect, Kind, Report
from digest.bounces.reports import read_returned

__all__ = ["LARGEST", "Effect", "Kind", "Report", "read_returned"]
