"""Documents in other forms than XML, and what unreadable ones say of themselves."""
