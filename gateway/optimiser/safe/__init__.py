"""Safe merit orders: composed of components and MTUs, checked, explained."""
