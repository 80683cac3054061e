"""Stored data: per tenant, minimised.

`engine` opens stores; every module of `messages`, `market` and `privacy` owns one matter: its tables, their
policy, and the functions on them. All are imported in this module, so that every table is known before the
first store is opened.
"""

from gateway.records.engine import pending_publications
from gateway.records.market import (
    activations,
    bids,
    closings,
    compositions,
    demands,
    explanations,
    gate_tables,
    grid_models,
    reports,
    resources,
    results,
    runs,
    schedules,
)
from gateway.records.messages import (
    acknowledgements,
    bookmarks,
    claimed_names,
    documents,
    findings,
    forwardings,
    gate_notices,
    inbox,
    outbox,
    receiver_turns,
    transports,
    webhooks,
)
from gateway.records.privacy import former_tenants, used_client_assertions

MODULES = (
    inbox,
    documents,
    findings,
    claimed_names,
    outbox,
    receiver_turns,
    acknowledgements,
    transports,
    forwardings,
    webhooks,
    bookmarks,
    bids,
    grid_models,
    resources,
    compositions,
    schedules,
    activations,
    gate_tables,
    gate_notices,
    closings,
    demands,
    runs,
    results,
    explanations,
    reports,
    pending_publications,
    used_client_assertions,
    former_tenants,
)
"""Every module that owns tables."""
