"""REST: submit and fetch documents over HTTP."""
