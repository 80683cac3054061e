"""Safe merit orders: composed of parts and MTUs, checked, explained."""
