"""The one way to the tools: every call passes the same checks, and is made so that it is safe to make again."""
