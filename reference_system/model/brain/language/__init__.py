"""What the travel model knows of languages: tables, and the little grammar that reads them."""
