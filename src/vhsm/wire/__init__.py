"""The contract with engine and module, in Python: messages, tables and limits generated from spec/."""
