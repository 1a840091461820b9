"""What operations keeps of its own: in the public schema what is the operators', in a tenant's what is the tenant's."""
