"""What is kept: per tenant, minimised.

`store` opens the data rooms; every other module owns one matter: its tables, their policy, and the functions
on them. All are imported here, so that every table is known before the first room is opened.
"""

from gateway.records import (
    acknowledgements,
    activations,
    assertions,
    bids,
    bookmarks,
    claimed_names,
    closings,
    compositions,
    demands,
    documents,
    explanations,
    findings,
    former_tenants,
    forwardings,
    gates,
    grid_models,
    inbox,
    outbox,
    reports,
    resources,
    results,
    runs,
    schedules,
    transports,
    turns,
    webhooks,
)

MODULES = (
    inbox,
    documents,
    findings,
    claimed_names,
    outbox,
    turns,
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
    gates,
    closings,
    demands,
    runs,
    results,
    explanations,
    reports,
    assertions,
    former_tenants,
)
"""Every module that owns tables."""
