"""What was said: definitions of tools, schemas, texts and the secrets in them."""
