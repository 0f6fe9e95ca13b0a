"""Who is who: customers, their keys and their timelines."""
