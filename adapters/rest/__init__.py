"""Documents over REST: in by POST, out by pull with a cursor or by push to a webhook.

`documents`, `outbox` and `webhook_setting` are routes; `webhook` is the outlet that pushes.
"""

from adapters.rest import documents, outbox, webhook_setting
from adapters.rest.interface import REST

__all__ = ["REST", "ROUTERS"]

ROUTERS = (documents.submissions, documents.router, outbox.router, webhook_setting.router)
"""All routes of this adapter."""
